//! `iterdeps`, `collect` and `get_leaf`: a result and what hangs on it, breadth first. What the
//! walk finds is made a graph in [`super::dependency_graph`].

use super::Identity;
use crate::{
    model::{Error, Result, Status},
    result::{
        AsyncResult, GetOptions, Outcome, ResultBase,
        look::{Look, Wanted},
    },
    sys::Deadline,
};
use std::{
    collections::{HashSet, VecDeque},
    iter,
    time::Instant,
    vec,
};

/// How many children of one result are looked at together.
const TOGETHER: usize = 256;

/// One step of a walk.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// On what it hangs; `None` for the root.
    pub parent: Option<ResultBase>,
    /// The result.
    pub node: ResultBase,
}

/// A walk from a result through its children (`AsyncResult.iterdeps` and `collect`), breadth
/// first. The children of a group are its members.
///
/// A result that is met again is given again, with the parent that it was met under, but its
/// children are not; so a walk ends also where results name each other in a circle. In Celery such
/// a walk has no end.
///
/// A call that fails changes nothing, and can be made again. One thread at a time; the results
/// that come out may be used by any.
#[derive(Debug)]
pub struct Dependencies {
    intermediate: bool,
    /// The result given last, while its children have not been asked for.
    given: Option<ResultBase>,
    ahead: VecDeque<Branch>,
    /// Those whose children are in `ahead`, or have been.
    expanded: HashSet<Identity>,
}

/// The children of one result that are still to be given.
#[derive(Debug)]
struct Branch {
    parent: Option<ResultBase>,
    children: vec::IntoIter<ResultBase>,
    /// How many of them were looked at together with one before.
    looked_at: usize,
}

impl Branch {
    fn new(parent: Option<ResultBase>, children: Vec<ResultBase>) -> Self {
        Self { parent, children: children.into_iter(), looked_at: 0 }
    }

    /// Whether the task that was given last is ready: its siblings are soon asked the same.
    fn is_ready(&mut self, given: &AsyncResult) -> Result<bool> {
        if given.cache().state().is_some() || self.looked_at > 0 {
            return given.ready();
        }
        let ahead = self.children.as_slice().iter().take(TOGETHER - 1);
        let count = ahead.len();
        let tasks = ahead.filter_map(|child| match child {
            ResultBase::Async(task) => Some(task),
            _ => None,
        });
        let look = Look::new(iter::once(given).chain(tasks), Wanted::States);
        let state = look.state(given)?;
        self.looked_at = count;
        Ok(state.is_ready())
    }
}

impl Dependencies {
    /// A walk that begins at this result. With `intermediate`, results that are not ready are
    /// passed over; without, the walk fails at the first one. Does no I/O.
    ///
    /// In Celery only tasks have it; here a group can be the root too. Fails with `WrongKind` for a
    /// `ResultSet`.
    pub fn new(root: &ResultBase, intermediate: bool) -> Result<Self> {
        Identity::of(root)?;
        let first = Branch::new(None, vec![root.clone()]);
        Ok(Self { intermediate, given: None, ahead: VecDeque::from([first]), expanded: HashSet::new() })
    }

    /// The next result; `None` at the end. As in Celery a result is given before it is looked at:
    /// the call after it asks whether it is ready and what its children are. One batched read for a
    /// group, and one for a task and what follows it under the same parent, bounded by
    /// `operation_timeout_ms`.
    ///
    /// Fails with `Incomplete`, naming the id, where the result before is not ready and the walk is
    /// not `intermediate`; with `WrongKind` where a member of a group is a `ResultSet`; and with what
    /// [`ResultBase::ready`] and [`ResultBase::children`] fail with.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail and be called again, which no iterator allows"
    )]
    pub fn next(&mut self) -> Result<Option<Dependency>> {
        self.look_at_given()?;
        let next = self.peek()?;
        self.advance();
        Ok(next)
    }

    /// The next result with its value (`AsyncResult.collect`); waits for it, so the results before
    /// it are always ready. `options` are those of [`ResultBase::get`], for this one result.
    ///
    /// Fails as [`Self::next`], and with what `get` fails with; the same result comes again then.
    /// [`Self::next`] passes it over.
    pub fn collect_next(&mut self, options: &GetOptions) -> Result<Option<(Dependency, Outcome)>> {
        self.look_at_given()?;
        let Some(next) = self.peek()? else { return Ok(None) };
        let outcome = next.node.get(options)?;
        self.advance();
        Ok(Some((next, outcome)))
    }

    fn look_at_given(&mut self) -> Result<()> {
        let Some(node) = &self.given else { return Ok(()) };
        let identity = Identity::of(node)?;
        if !self.expanded.contains(&identity) {
            // What was given last came from the first branch.
            let ready = match (node, self.ahead.front_mut()) {
                (ResultBase::Async(task), Some(branch)) => branch.is_ready(task)?,
                _ => node.ready()?,
            };
            if ready {
                let children = node.children()?.unwrap_or_default();
                self.ahead.push_back(Branch::new(Some(node.clone()), children));
                self.expanded.insert(identity);
            } else if !self.intermediate {
                return Err(incomplete(&identity));
            }
        }
        self.given = None;
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<Dependency>> {
        while let Some(branch) = self.ahead.front() {
            if let Some(node) = branch.children.as_slice().first() {
                Identity::of(node)?;
                return Ok(Some(Dependency { parent: branch.parent.clone(), node: node.clone() }));
            }
            self.ahead.pop_front();
        }
        Ok(None)
    }

    fn advance(&mut self) {
        let Some(branch) = self.ahead.front_mut() else { return };
        branch.looked_at = branch.looked_at.saturating_sub(1);
        self.given = branch.children.next();
    }
}

fn incomplete(identity: &Identity) -> Error {
    let what = if identity.is_group { "group" } else { "task" };
    let id = &identity.id;
    Error::new(Status::Incomplete, format!("{what} {id} is not ready, so what hangs on it is not known yet"))
        .with_task_id(id)
}

/// The value of the last result of the walk (`AsyncResult.get_leaf`); waits for each on the way.
/// `options` are those of [`ResultBase::get`], but the timeout is one budget for all of it. In
/// Celery there is none.
///
/// Fails as [`Dependencies::collect_next`].
pub fn get_leaf(root: &ResultBase, options: &GetOptions) -> Result<Outcome> {
    let mut walk = Dependencies::new(root, false)?;
    let deadline = Deadline::after(options.timeout);
    let mut last = None;
    loop {
        let timeout = deadline.instant().map(|at| at.saturating_duration_since(Instant::now()));
        match walk.collect_next(&GetOptions { timeout, ..options.clone() })? {
            Some((_, outcome)) => last = Some(outcome),
            None => return last.ok_or_else(|| Error::new(Status::Panic, "a walk without its root")),
        }
    }
}
