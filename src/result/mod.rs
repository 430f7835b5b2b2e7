//! The vocabulary of `celery.result`: what a Python program does with an `AsyncResult`, under
//! the same names. Values are decoded here; how one waits is the engine's affair.

mod ancestors;
mod async_result;
mod background;
mod cache;
mod dispatch;
mod eager_result;
mod equality;
mod forget;
mod gather;
mod gather_look;
mod gather_survey;
mod gather_wait;
mod get;
mod get_options;
mod graph;
mod group_result;
mod iter_native;
mod join;
mod join_in_order;
mod kinds;
mod locate;
mod look;
mod member_list;
mod member_outcomes;
mod member_tree;
mod members;
mod message;
mod nesting;
mod outcome;
mod queue;
mod queue_link;
mod result_set;
mod revoke;
mod send;
mod set_waits;
mod snapshot;
mod states;
mod then;
mod tree;
mod wait_many;

pub use async_result::AsyncResult;
pub use eager_result::EagerResult;
pub use get_options::{Callback, GetOptions, OnInterval, OnMessage};
pub use graph::{Dependencies, Dependency, DependencyGraph, get_leaf};
pub use group_result::GroupResult;
pub use iter_native::{Finished, IterNative};
pub use join::{join_deny, join_is_denied};
pub use locate::{Located, Place};
pub use outcome::OutcomeIter;
pub use queue::{CompletionQueue, QueueEvent, QueueEventKind};
pub use result_set::ResultSet;
pub use revoke::{RevokeOptions, revoke_by_stamped_headers};
pub use send::{send_group, send_task};
pub use snapshot::{Outcome, Snapshot};
pub use wait_many::{wait_all, wait_any, wait_some};

use crate::{
    app::App,
    model::{Error, Id, MAX_TUPLE_DEPTH, Result, ResultTuple, Status, too_deep},
};

/// One of the classes of `celery.result`; parents and children mix them.
#[derive(Clone, Debug)]
pub enum ResultBase {
    /// The result of one task.
    Async(AsyncResult),
    /// The result of a task that was run at once.
    Eager(EagerResult),
    /// Several results.
    Set(ResultSet),
    /// The results of a group's tasks.
    Group(GroupResult),
}

impl ResultBase {
    /// The task or group id; a set has none.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Async(result) => Some(result.id()),
            Self::Eager(result) => Some(result.id()),
            Self::Set(_) => None,
            Self::Group(group) => Some(group.id()),
        }
    }

    /// The result whose task sent this one, where it is known: an id alone does not tell.
    pub fn parent(&self) -> Option<&Self> {
        match self {
            Self::Async(result) => result.parent(),
            Self::Eager(_) | Self::Set(_) => None,
            Self::Group(group) => group.parent(),
        }
    }

    /// The app it belongs to; a task that was run at once needed none.
    pub fn app(&self) -> Option<&App> {
        match self {
            Self::Async(result) => Some(result.app()),
            Self::Eager(_) => None,
            Self::Set(set) => Some(set.app()),
            Self::Group(group) => Some(group.app()),
        }
    }

    /// `as_tuple()`: id, parents and members as plain data, to be kept or sent elsewhere. Fails
    /// with `TooDeep` where more than a thousand results hang on each other.
    pub fn as_tuple(&self) -> Result<ResultTuple> {
        self.as_tuple_within(MAX_TUPLE_DEPTH)
    }

    fn as_tuple_within(&self, depth: usize) -> Result<ResultTuple> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep("as_tuple")) };
        let parent = self.parent().map(|parent| parent.as_tuple_within(depth)).transpose()?;
        let members = match self {
            Self::Async(_) | Self::Eager(_) | Self::Set(_) => None,
            Self::Group(group) => {
                let members = group.members();
                let members = members.iter().map(|member| member.as_tuple_within(depth));
                Some(members.collect::<Result<Vec<_>>>()?)
            }
        };
        let Some(id) = self.id() else {
            return Err(Error::new(Status::WrongKind, "a ResultSet has no id, and so no tuple form"));
        };
        Ok(ResultTuple { id: id.clone(), parent: parent.map(Box::new), members })
    }

    /// `result_from_tuple()`: the handles behind plain data. Does no I/O.
    ///
    /// Fails with `InvalidArgument` on an empty or overlong id, with `TooDeep` beyond a thousand levels.
    pub fn from_tuple(app: &App, tuple: &ResultTuple) -> Result<Self> {
        Self::from_tuple_within(app, tuple, MAX_TUPLE_DEPTH)
    }

    fn from_tuple_within(app: &App, tuple: &ResultTuple, depth: usize) -> Result<Self> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep("result_from_tuple")) };
        let parent =
            tuple.parent.as_ref().map(|parent| Self::from_tuple_within(app, parent, depth)).transpose()?;
        Ok(match &tuple.members {
            None => Self::Async(AsyncResult::with_parent(app, &tuple.id, parent)?),
            Some(members) => {
                let members = members.iter().map(|member| Self::from_tuple_within(app, member, depth));
                let members = members.collect::<Result<Vec<_>>>()?;
                Self::Group(GroupResult::of_checked(app, &tuple.id, members, parent)?)
            }
        })
    }
}

/// Drops results one by one: many thousand parents, or sets in sets, must not use up the stack.
fn unlink(mut rest: Vec<ResultBase>) {
    while let Some(result) = rest.pop() {
        match result {
            ResultBase::Async(result) => rest.extend(result.into_last_parts()),
            ResultBase::Group(group) => rest.extend(group.into_last_parts()),
            ResultBase::Set(set) => rest.extend(set.into_last_parts()),
            ResultBase::Eager(_) => {}
        }
    }
}
