//! The vocabulary of `celery.result`: what a Python program does with an `AsyncResult`, under
//! the same names.

mod async_result;
mod get_options;
mod group_result;
mod join;
mod snapshot;

pub use async_result::AsyncResult;
pub use get_options::GetOptions;
pub use group_result::GroupResult;
pub use join::{join_deny, join_is_denied};
pub use snapshot::{Outcome, Snapshot};

use crate::{
    app::App,
    model::{Id, Result, ResultTuple},
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
        todo!()
    }
    /// The result this one's task was started by, as far as it is known.
    pub fn parent(&self) -> Option<&Self> {
        todo!()
    }
    /// `as_tuple()`: id, parents and members as plain data.
    pub fn as_tuple(&self) -> ResultTuple {
        todo!()
    }
    /// `result_from_tuple()`: the handles behind plain data.
    pub fn from_tuple(app: &App, tuple: &ResultTuple) -> Result<Self> {
        let _ = (app, tuple);
        todo!()
    }
    /// The app it belongs to.
    pub fn app(&self) -> &App {
        todo!()
    }
}
