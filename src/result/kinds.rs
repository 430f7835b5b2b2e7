//! What applies to some kinds of results only, asked of any: the others answer with `WrongKind`.

use super::{AsyncResult, ResultBase, ResultSet, Snapshot};
use crate::{
    codec::{Codec, Limits},
    model::{Error, Id, Result, State, Status, TaskMeta},
};
use std::sync::Arc;

impl ResultBase {
    /// The result of one task that a worker executes.
    pub fn task(&self) -> Result<&AsyncResult> {
        match self {
            Self::Async(result) => Ok(result),
            _ => Err(self.wrong_kind("results of one task (AsyncResult)")),
        }
    }

    /// The set; of a group the set of its members.
    pub fn set(&self) -> Result<&ResultSet> {
        self.nested_set().ok_or_else(|| self.wrong_kind("sets and groups"))
    }

    /// The group.
    pub fn group(&self) -> Result<&super::GroupResult> {
        match self {
            Self::Group(group) => Ok(group),
            _ => Err(self.wrong_kind("groups (GroupResult)")),
        }
    }

    /// `state`, of the results of one task.
    pub fn state(&self) -> Result<State> {
        match self {
            Self::Eager(result) => Ok(result.state()),
            _ => self.read_task()?.state(),
        }
    }

    /// The record of the task, of the results of one task.
    pub fn meta(&self) -> Result<Snapshot> {
        match self {
            Self::Eager(result) => Ok(result.meta()),
            _ => self.read_task()?.meta(),
        }
    }

    /// The record of the finished task if the handle has seen it, of the results of one task.
    pub fn peek(&self) -> Result<Option<Snapshot>> {
        match self {
            Self::Eager(result) => Ok(Some(result.meta())),
            _ => Ok(self.read_task()?.peek()),
        }
    }

    /// `as_list()`, of the results of one task.
    pub fn as_list(&self) -> Result<Vec<Id>> {
        match self {
            Self::Eager(result) => Ok(vec![result.id().clone()]),
            _ => Ok(self.read_task()?.as_list()),
        }
    }

    /// The codec with the limits of the result's app; of a result without one, with the default limits.
    pub fn codec(&self) -> Codec {
        self.app().map_or_else(|| Codec::new(Limits::default()), |app| app.codec().clone())
    }

    /// `then`: calls `callback` once when the result is ready, or with the error that ended the
    /// wait. The record is that of one task; sets, groups and ignored results have none. The app's
    /// callback thread calls; for an eager result, which has no app, the calling thread does so at once.
    pub fn then(
        &self,
        callback: impl FnOnce(&Self, Result<Option<Arc<TaskMeta>>>) + Send + 'static,
    ) -> Result<()> {
        let this = self.clone();
        match self {
            Self::Async(result) => result.then(move |_, end| callback(&this, end)),
            Self::Set(set) => set.then(move |_, end| callback(&this, end.map(|()| None))),
            Self::Group(group) => group.set().then(move |_, end| callback(&this, end.map(|()| None))),
            Self::Eager(result) => {
                result.then(|_, end| callback(self, end.map(Some)));
                Ok(())
            }
        }
    }

    fn read_task(&self) -> Result<&AsyncResult> {
        match self {
            Self::Async(result) => Ok(result),
            _ => Err(self.wrong_kind("results of one task (AsyncResult and EagerResult)")),
        }
    }

    fn wrong_kind(&self, applies_to: &str) -> Error {
        let kind = match self {
            Self::Async(_) => "an AsyncResult",
            Self::Eager(_) => "an EagerResult",
            Self::Set(_) => "a ResultSet",
            Self::Group(_) => "a GroupResult",
        };
        Error::new(Status::WrongKind, format!("the function applies to {applies_to}; this is {kind}"))
    }
}
