//! `GroupResult`: a set of results that has an id and perhaps a parent.

use super::{ResultBase, ResultSet, nesting, result_set::names, unlink};
use crate::{
    app::App,
    model::{Error, Id, Result, Status, check_id},
};
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The results of a group's tasks (`celery.result.GroupResult`). Cloning gives another reference.
#[derive(Clone)]
pub struct GroupResult {
    inner: Arc<Inner>,
}

struct Inner {
    id: Id,
    set: ResultSet,
    parent: Option<ResultBase>,
}

impl GroupResult {
    /// A handle for a group with these members. Does no I/O and subscribes to nothing.
    ///
    /// Fails with `InvalidArgument` where the id is empty, and with `TooDeep` where more than a
    /// thousand sets would be inside each other.
    pub fn new(
        app: &App,
        group_id: &str,
        members: Vec<ResultBase>,
        parent: Option<ResultBase>,
    ) -> Result<Self> {
        nesting::check(None, &members)?;
        Self::of_checked(app, group_id, members, parent)
    }

    /// A group of members that are known not to be nested too deep.
    pub(super) fn of_checked(
        app: &App,
        group_id: &str,
        members: Vec<ResultBase>,
        parent: Option<ResultBase>,
    ) -> Result<Self> {
        let id = check_id("group_id", group_id)?;
        Ok(Self { inner: Arc::new(Inner { id, set: ResultSet::of_checked(app, members), parent }) })
    }

    /// The group that was saved under this id, by this library or by Python
    /// (`GroupResult.restore`). One read; nothing is subscribed to.
    ///
    /// Fails with `NotFound` where none is saved, or not any longer; with `Decode` or `TooDeep` where
    /// the saved record is no group's; with `Unsupported` where the store keeps no groups; and as
    /// [`super::AsyncResult::meta`].
    pub fn restore(app: &App, group_id: &str) -> Result<Self> {
        let id = check_id("group_id", group_id)?;
        let restored = app.restore_group(&id).and_then(|tuple| ResultBase::from_tuple(app, &tuple));
        match restored.map_err(|error| error.with_task_id(&id))? {
            ResultBase::Group(group) => Ok(group),
            other => {
                let message = format!("what is saved under the id {id} is no group: {other:?}");
                Err(Error::new(Status::Decode, message).with_task_id(&id))
            }
        }
    }

    /// Saves the ids of the group, its members and their parents under the group's id
    /// (`GroupResult.save`), in this app's store, or the group's own; it stays as long as
    /// `result_expires` says.
    ///
    /// Fails with `WrongKind` where a member is a set without an id, with `TooDeep` beyond a
    /// thousand levels, with `Unsupported` where the store keeps no groups, and as [`App::store`].
    pub fn save(&self, app: Option<&App>) -> Result<()> {
        let app = app.unwrap_or_else(|| self.app());
        let tuple = ResultBase::Group(self.clone()).as_tuple();
        tuple.and_then(|tuple| app.save_group(&tuple)).map_err(|error| error.with_task_id(self.id()))
    }

    /// Removes what [`Self::save`] saved (`GroupResult.delete`). The members' own records stay.
    ///
    /// Fails with `Unsupported` where the store keeps no groups, and as
    /// [`super::AsyncResult::exists`].
    pub fn delete(&self, app: Option<&App>) -> Result<()> {
        let app = app.unwrap_or_else(|| self.app());
        app.delete_group(self.id()).map_err(|error| error.with_task_id(self.id()))
    }

    /// The group's id.
    pub fn id(&self) -> &Id {
        &self.inner.id
    }

    /// The members in the group's order (`GroupResult.results`).
    pub fn members(&self) -> Arc<Vec<ResultBase>> {
        self.inner.set.members()
    }

    /// The group as a set of its members: what can be asked of and changed in a set.
    pub fn set(&self) -> &ResultSet {
        &self.inner.set
    }

    /// The result whose task came before the group, where it is known.
    pub fn parent(&self) -> Option<&ResultBase> {
        self.inner.parent.as_ref()
    }

    /// The app it belongs to.
    pub fn app(&self) -> &App {
        self.inner.set.app()
    }

    /// What the handle held, if this was the last reference to it.
    pub(super) fn into_last_parts(self) -> Vec<ResultBase> {
        Arc::into_inner(self.inner).map(|mut inner| inner.take_parts()).unwrap_or_default()
    }
}

impl Inner {
    fn take_parts(&mut self) -> Vec<ResultBase> {
        // Of the set another reference: it goes with the last of them.
        self.parent.take().into_iter().chain([ResultBase::Set(self.set.clone())]).collect()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        unlink(self.take_parts());
    }
}

impl Hash for GroupResult {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for GroupResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<GroupResult: {} [{}]>", self.id(), names(&self.members()))
    }
}
