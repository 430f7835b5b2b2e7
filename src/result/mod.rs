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
    model::{Error, Id, Result, ResultTuple, Status},
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

    /// `as_tuple()`: id, parents and members as plain data, to be kept or sent elsewhere.
    pub fn as_tuple(&self) -> ResultTuple {
        // Root first, so that a long chain needs no recursion.
        let mut chain = vec![self];
        while let Some(parent) = chain.last().and_then(|result| result.parent()) {
            chain.push(parent);
        }
        let mut tuple: Option<Box<ResultTuple>> = None;
        for result in chain.iter().rev() {
            let members = match result {
                Self::Async(_) => None,
                Self::Group(group) => Some(group.members().iter().map(Self::as_tuple).collect()),
            };
            tuple = Some(Box::new(ResultTuple { id: result.id().clone(), parent: tuple, members }));
        }
        // The chain holds `self` at least.
        tuple.map_or_else(
            || ResultTuple { id: self.id().clone(), parent: None, members: None },
            |tuple| *tuple,
        )
    }

    /// `result_from_tuple()`: the handles behind plain data. Does no I/O.
    ///
    /// Fails with `InvalidArgument` on an empty id.
    pub fn from_tuple(app: &App, tuple: &ResultTuple) -> Result<Self> {
        let mut chain = vec![tuple];
        while let Some(parent) = chain.last().and_then(|tuple| tuple.parent.as_deref()) {
            chain.push(parent);
        }
        let mut result: Option<Self> = None;
        for tuple in chain.iter().rev() {
            let next = match &tuple.members {
                None => Self::Async(AsyncResult::with_parent(app, &tuple.id, result.take())?),
                Some(members) => {
                    let members: Result<Vec<Self>> =
                        members.iter().map(|member| Self::from_tuple(app, member)).collect();
                    Self::Group(GroupResult::new(app, &tuple.id, members?, result.take())?)
                }
            };
            result = Some(next);
        }
        result.ok_or_else(|| Error::new(Status::InvalidArgument, "the tuple form is empty"))
    }
}

fn check_id(what: &str, id: &str) -> Result<Id> {
    if id.is_empty() {
        return Err(Error::new(
            Status::InvalidArgument,
            format!("{what} is empty; it must name a task or group"),
        ));
    }
    Ok(id.into())
}
