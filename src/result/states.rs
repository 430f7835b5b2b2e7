//! What the members of a set are like together: each question is one batched read of what the
//! handles do not know yet, and is then answered from member to member as Celery does it, up to
//! the first one that decides.

use super::{
    GetOptions, ResultBase, ResultSet,
    look::{Look, Wanted},
    tree::Tree,
};
use crate::model::{MAX_TUPLE_DEPTH, Result, State, too_deep};
use std::{
    collections::{HashMap, HashSet},
    slice,
};

impl ResultSet {
    /// Whether every task has finished, however it ended (`ResultSet.ready`); true for an empty set.
    ///
    /// One batched read, bounded by `operation_timeout_ms` (for every 8 192 members, where there are
    /// more). Fails like [`super::AsyncResult::state`], naming member and id, where a member cannot
    /// be asked on which the answer depends: Celery's order decides, so one behind a member that is
    /// not ready is of no matter.
    pub fn ready(&self) -> Result<bool> {
        self.all_or_any(Question::Ready)
    }

    /// Whether every task has ended in SUCCESS (`ResultSet.successful`); true for an empty set. One
    /// read, and fails, as [`Self::ready`].
    pub fn successful(&self) -> Result<bool> {
        self.all_or_any(Question::Successful)
    }

    /// Whether a task has ended in FAILURE (`ResultSet.failed`); a revoked one has not failed. One
    /// read, and fails, as [`Self::ready`].
    pub fn failed(&self) -> Result<bool> {
        self.all_or_any(Question::Failed)
    }

    /// Whether a task has not finished yet (`ResultSet.waiting`). One read, and fails, as
    /// [`Self::ready`].
    pub fn waiting(&self) -> Result<bool> {
        self.ready().map(|ready| !ready)
    }

    /// How many members are successful (`ResultSet.completed_count`): those that failed do not
    /// count, a group or set counts as one when all in it are. One read, and fails, as
    /// [`Self::ready`].
    pub fn completed_count(&self) -> Result<usize> {
        self.check_process()?;
        let members = self.members();
        let tree = Tree::new(&members);
        let mut judge = Judge::new(&tree, &members, Question::Successful);
        let mut count = 0;
        for (index, member) in members.iter().enumerate() {
            count += usize::from(judge.member(member).map_err(|error| error.with_member(index))?);
        }
        Ok(count)
    }

    /// Fails where a member has failed (`ResultSet.maybe_throw`): with `TaskFailed` or `TaskRevoked`
    /// of the first such one in the order of the set. Calls `callback` with the value of each
    /// member before it of which there is a record. Waits for nobody; one read as [`Self::ready`],
    /// and fails as [`super::AsyncResult::maybe_throw`], naming member and id.
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<()> {
        self.check_process()?;
        let members = self.members();
        let tree = Tree::new(&members);
        let needs_all = options.callback.is_some() || options.propagate_states.is_some();
        let wanted = if needs_all { Wanted::Records } else { Wanted::States };
        let look = Look::new(tree.tasks(&members), wanted);
        let mut seen = HashSet::new();
        for (index, member) in members.iter().enumerate() {
            throw(slice::from_ref(member), &tree, &look, options, &mut seen)
                .map_err(|error| error.with_member(index))?;
        }
        Ok(())
    }

    fn all_or_any(&self, question: Question) -> Result<bool> {
        self.check_process()?;
        let members = self.members();
        let tree = Tree::new(&members);
        let mut judge = Judge::new(&tree, &members, question);
        for (index, member) in members.iter().enumerate() {
            let answer = judge.member(member).map_err(|error| error.with_member(index))?;
            if answer == question.is_any() {
                return Ok(answer);
            }
        }
        Ok(!question.is_any())
    }
}

/// Goes through members in order, and through those of sets among them, up to the first failure.
fn throw(
    roots: &[ResultBase],
    tree: &Tree,
    look: &Look,
    options: &GetOptions,
    seen: &mut HashSet<usize>,
) -> Result<()> {
    let mut open = vec![roots.iter()];
    while let Some(level) = open.last_mut() {
        match level.next() {
            None => drop(open.pop()),
            Some(ResultBase::Eager(result)) => drop(result.maybe_throw(options)?),
            Some(ResultBase::Async(task)) => {
                if let Some(meta) = look.meta(task)? {
                    task.resolve(&meta, options)?;
                }
            }
            Some(set) => {
                // A set that came before has not failed, and only a callback would hear of it again.
                let set =
                    set.nested_set().filter(|set| seen.insert(set.address()) || options.callback.is_some());
                open.extend(set.map(|set| tree.members(set).iter()));
                if open.len() > MAX_TUPLE_DEPTH {
                    return Err(too_deep("a set"));
                }
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Question {
    Ready,
    Successful,
    Failed,
}

impl Question {
    /// Whether one member is enough for a yes; else one is enough for a no.
    fn is_any(self) -> bool {
        matches!(self, Self::Failed)
    }

    fn of(self, state: &State) -> bool {
        match self {
            Self::Ready => state.is_ready(),
            Self::Successful => *state == State::Success,
            Self::Failed => *state == State::Failure,
        }
    }
}

/// Answers one question for members, sets in sets included, each set once.
struct Judge<'a> {
    tree: &'a Tree,
    look: Look,
    question: Question,
    known: HashMap<usize, Result<bool>>,
}

/// A set whose answer is not known yet: those of its members in front of `at` left it open.
struct Open<'a> {
    address: usize,
    members: &'a [ResultBase],
    at: usize,
}

impl<'a> Judge<'a> {
    fn new(tree: &'a Tree, roots: &[ResultBase], question: Question) -> Self {
        let look = Look::new(tree.tasks(roots), Wanted::States);
        Self { tree, look, question, known: HashMap::new() }
    }

    fn member(&mut self, member: &ResultBase) -> Result<bool> {
        if let Some(answer) = self.known(member) {
            return answer;
        }
        let undecided = Ok(!self.question.is_any());
        let mut open: Vec<Open<'a>> = self.open(member).into_iter().collect();
        while let Some(set) = open.last_mut() {
            let answer = match set.members.get(set.at) {
                None => undecided.clone(),
                Some(asked) => match self.known(asked) {
                    Some(Ok(answer)) if answer != self.question.is_any() => {
                        set.at += 1;
                        continue;
                    }
                    Some(decided) => decided,
                    None if open.len() >= MAX_TUPLE_DEPTH => Err(too_deep("a set")),
                    None => {
                        open.extend(self.open(asked));
                        continue;
                    }
                },
            };
            self.known.extend(open.pop().map(|set| (set.address, answer)));
        }
        self.known(member).unwrap_or(undecided)
    }

    fn open(&self, member: &ResultBase) -> Option<Open<'a>> {
        let set = member.nested_set()?;
        Some(Open { address: set.address(), members: self.tree.members(set), at: 0 })
    }

    /// The answer of a task, or of a set that has been asked.
    fn known(&self, member: &ResultBase) -> Option<Result<bool>> {
        match member {
            ResultBase::Async(task) => Some(self.look.state(task).map(|state| self.question.of(&state))),
            ResultBase::Eager(result) => Some(Ok(match self.question {
                Question::Ready => true,
                Question::Successful => result.successful(),
                Question::Failed => result.failed(),
            })),
            ResultBase::Set(_) | ResultBase::Group(_) => {
                member.nested_set().and_then(|set| self.known.get(&set.address()).cloned())
            }
        }
    }
}
