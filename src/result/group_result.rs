//! `GroupResult`: a set of results that has an id and perhaps a parent.

use super::{ResultBase, ResultSet, result_set::names, unlink};
use crate::{
    app::App,
    model::{Id, Result, check_id},
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
    /// A handle for a group with these members. Does no I/O and subscribes to nothing. Fails with
    /// `InvalidArgument` where the id is empty.
    pub fn new(
        app: &App,
        group_id: &str,
        members: Vec<ResultBase>,
        parent: Option<ResultBase>,
    ) -> Result<Self> {
        let id = check_id("group_id", group_id)?;
        Ok(Self { inner: Arc::new(Inner { id, set: ResultSet::new(app, members)?, parent }) })
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

    /// `restore`
    pub fn restore(_app: &App, _group_id: &str) -> Result<Self> {
        Err(crate::model::Error::new(crate::model::Status::Unsupported, "stub"))
    }

    /// `save`, to the group's own app or another one.
    pub fn save(&self, _app: Option<&App>) -> Result<()> {
        Err(crate::model::Error::new(crate::model::Status::Unsupported, "stub"))
    }

    /// `delete`
    pub fn delete(&self, _app: Option<&App>) -> Result<()> {
        Err(crate::model::Error::new(crate::model::Status::Unsupported, "stub"))
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
