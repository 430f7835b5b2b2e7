//! The vocabulary of `celery.result`: what a Python program does with an `AsyncResult`, under
//! the same names. Values are decoded here; how one waits is the engine's affair.

mod ancestors;
mod async_result;
mod cache;
mod get;
mod get_options;
mod group_result;
mod join;
mod snapshot;
mod then;

pub use async_result::AsyncResult;
pub use get_options::{Callback, GetOptions, OnInterval, OnMessage};
pub use group_result::GroupResult;
pub use join::{join_deny, join_is_denied};
pub use snapshot::{Outcome, Snapshot};

use crate::{
    app::App,
    model::{Id, MAX_TUPLE_DEPTH, Result, ResultTuple, too_deep},
};

/// One of the classes of `celery.result`; parents and children mix them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResultBase {
    /// The result of one task.
    Async(AsyncResult),
    /// The results of a group's tasks.
    Group(GroupResult),
}

impl ResultBase {
    /// The task or group id.
    pub fn id(&self) -> &Id {
        match self {
            Self::Async(result) => result.id(),
            Self::Group(group) => group.id(),
        }
    }

    /// The result whose task sent this one, where it is known: an id alone does not tell.
    pub fn parent(&self) -> Option<&Self> {
        match self {
            Self::Async(result) => result.parent(),
            Self::Group(group) => group.parent(),
        }
    }

    /// The app it belongs to.
    pub fn app(&self) -> &App {
        match self {
            Self::Async(result) => result.app(),
            Self::Group(group) => group.app(),
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
            Self::Async(_) => None,
            Self::Group(group) => {
                let members = group.members().iter().map(|member| member.as_tuple_within(depth));
                Some(members.collect::<Result<Vec<_>>>()?)
            }
        };
        Ok(ResultTuple { id: self.id().clone(), parent: parent.map(Box::new), members })
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
                Self::Group(GroupResult::new(app, &tuple.id, members, parent)?)
            }
        })
    }
}

/// Drops results one by one: a chain of many thousand parents must not use up the stack.
fn unlink(mut rest: Vec<ResultBase>) {
    while let Some(result) = rest.pop() {
        match result {
            ResultBase::Async(result) => rest.extend(result.into_last_parts()),
            ResultBase::Group(group) => rest.extend(group.into_last_parts()),
        }
    }
}
