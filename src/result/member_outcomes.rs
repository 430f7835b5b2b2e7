//! The values of finished members: of a task what it returned or raised, of a set the array of its
//! members' values.

use super::{
    Outcome, ResultBase,
    gather_wait::GatherWait,
    member_tree::{Child, Leaf, ROOT, TaskEnd},
};
use crate::model::{Error, Result, Status, Value, value::Assembly};
use std::collections::HashMap;

/// What the array of values is called in errors.
pub(super) const MEMBERS_VALUES: &str = "the array of the members' values";

impl GatherWait {
    /// What makes `get` fail, where this task has failed and `propagate` is on.
    pub(super) fn failure(&self, leaf: usize) -> Option<Error> {
        let task = self.gather.tree.leaf(leaf)?;
        let failure = match (&task.result, &task.end) {
            (ResultBase::Async(result), TaskEnd::Finished(meta)) => result.failure_in(meta, &self.options),
            (ResultBase::Eager(result), _) if self.options.propagate => result.get(&self.options).err(),
            _ => None,
        };
        failure.map(|error| self.gather.about(leaf, error))
    }

    /// The value of the member at this position, or the array of its members' values.
    pub(super) fn outcome(&self, position: usize) -> Result<Outcome> {
        match self.gather.tree.child(position) {
            Child::Leaf(leaf) => self.task_outcome(leaf),
            Child::Node(node) => self.set_outcome(node),
            Child::Gone => Ok(null()),
        }
    }

    /// Hands the value of the member at this position to `callback`.
    pub(super) fn call_back(&self, position: usize) -> Result<()> {
        if let Some(callback) = &self.options.callback
            && let Some(member) = self.gather.tree.member(position)
        {
            let id = member.id().cloned().unwrap_or_default();
            callback(&id, &self.outcome(position)?.value);
        }
        Ok(())
    }

    /// The array of all members' values.
    pub(super) fn outcomes(&self) -> Result<Outcome> {
        self.set_outcome(ROOT)
    }

    /// Why a task has no value.
    fn unreadable(&self, leaf: usize) -> Option<Error> {
        let task = self.gather.tree.leaf(leaf)?;
        match &task.end {
            TaskEnd::Finished(meta) => meta.value_ref().err().map(|error| self.gather.about(leaf, error)),
            _ => self.task_outcome(leaf).err(),
        }
    }

    /// The value of a task.
    pub(super) fn task_outcome(&self, leaf: usize) -> Result<Outcome> {
        let Some(task) = self.gather.tree.leaf(leaf) else { return Ok(null()) };
        let outcome = match (&task.result, &task.end) {
            (ResultBase::Async(result), TaskEnd::Finished(meta)) => result.outcome(meta, &self.options),
            (ResultBase::Eager(result), _) => result.get(&self.options),
            (_, TaskEnd::Unreadable(error) | TaskEnd::Failed(error)) => Err(error.clone()),
            _ => Ok(null()),
        };
        outcome.map_err(|error| self.gather.about(leaf, error))
    }

    fn set_outcome(&self, node: usize) -> Result<Outcome> {
        let (array, are_plain) = self.write(node)?;
        let array = array.finish(MEMBERS_VALUES)?;
        if are_plain { Ok(Outcome::plain(array)) } else { self.build(node, array) }
    }

    /// The array, and whether none of its values is an exception. It is written in one go: sets can be
    /// nested deep.
    fn write(&self, node: usize) -> Result<(Assembly, bool)> {
        let (mut array, mut are_plain) = (Assembly::default(), true);
        let mut open = vec![(node, 0_usize)];
        array.open();
        while let Some((node, at)) = open.last_mut() {
            let child = self.gather.tree.children(*node).get(*at);
            *at += 1;
            match child {
                Some(Child::Gone) => {}
                Some(Child::Leaf(leaf)) => {
                    are_plain &= self.write_task(*leaf, &mut array)?;
                }
                Some(Child::Node(inner)) => {
                    array.open();
                    open.push((*inner, 0));
                }
                None => {
                    array.close();
                    open.pop();
                }
            }
        }
        Ok((array, are_plain))
    }

    /// Appends the value of a task; tells whether that is no exception.
    fn write_task(&self, leaf: usize, array: &mut Assembly) -> Result<bool> {
        if let Some(Leaf { result: ResultBase::Async(_), end: TaskEnd::Finished(meta), .. }) =
            self.gather.tree.leaf(leaf)
            && !self.options.is_exception(meta.state())
        {
            array.push(meta.value_ref().map_err(|error| self.gather.about(leaf, error))?);
            return Ok(true);
        }
        let outcome = self.task_outcome(leaf)?;
        array.push(&outcome.value);
        Ok(outcome.exception.is_none())
    }

    /// Gives each set in the array its part of it.
    fn build(&self, node: usize, value: Value) -> Result<Outcome> {
        let mut open = vec![Building::new(node, value)];
        loop {
            let Some(building) = open.last_mut() else { return Ok(null()) };
            let child = self.gather.tree.children(building.node).get(building.at);
            building.at += 1;
            match child {
                Some(Child::Gone) => {}
                Some(Child::Leaf(leaf)) => building.members.push(self.task_outcome(*leaf)?),
                Some(Child::Node(inner)) => {
                    // Members and elements stand at the same places.
                    let value = building.value.get(building.members.len());
                    open.push(Building::new(*inner, value.unwrap_or_else(|_| Value::null())));
                }
                None => {
                    let Some(Building { value, members, .. }) = open.pop() else { return Ok(null()) };
                    let outcome = Outcome { value, exception: None, members: Some(members.into()) };
                    match open.last_mut() {
                        Some(outer) => outer.members.push(outcome),
                        None => return Ok(outcome),
                    }
                }
            }
        }
    }
}

/// A set whose members' values are being put together.
struct Building {
    node: usize,
    at: usize,
    value: Value,
    members: Vec<Outcome>,
}

impl Building {
    fn new(node: usize, value: Value) -> Self {
        Self { node, at: 0, value, members: Vec::new() }
    }
}

/// What an ignored result gives, and `get` with a callback.
pub(super) fn null() -> Outcome {
    Outcome { value: Value::null(), exception: None, members: None }
}

/// What keeps members from having a value: the first reason for each.
#[derive(Default)]
pub(super) struct Failures {
    members: HashMap<usize, Error>,
    first: Option<usize>,
}

impl Failures {
    /// Looks at a task that has ended. Gives what is wrong with it, if anything is.
    pub(super) fn note(&mut self, wait: &GatherWait, leaf: usize) -> Option<&Error> {
        let position = wait.gather.tree.leaf(leaf)?.top?;
        let error = wait.gather.trouble(leaf).or_else(|| wait.failure(leaf));
        let error = error.or_else(|| wait.unreadable(leaf))?;
        self.first.get_or_insert(position);
        Some(self.members.entry(position).or_insert(error))
    }

    /// What is wrong with the member at this position.
    pub(super) fn of(&self, position: usize) -> Option<&Error> {
        self.members.get(&position)
    }

    /// What was wrong first.
    pub(super) fn first(&self) -> Option<&Error> {
        self.of(self.first?)
    }
}

/// Whether the task itself has failed; anything else can wait for nobody.
pub(super) fn is_failure(error: &Error) -> bool {
    matches!(error.status(), Status::TaskFailed | Status::TaskRevoked)
}
