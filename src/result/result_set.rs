//! `ResultSet`: several results that are asked and waited for together.

use super::{GetOptions, ResultBase};
use crate::{
    app::App,
    model::{Error, Result, Status},
    sys::Mutex,
};
use std::sync::Arc;

/// Several results (`celery.result.ResultSet`). Cloning gives another reference to the same set.
/// All methods may be called from any thread at once.
#[derive(Clone)]
pub struct ResultSet {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    members: Mutex<Arc<Vec<ResultBase>>>,
}

fn stub<T>() -> Result<T> {
    Err(Error::new(Status::Unsupported, "stub"))
}

#[allow(unused, missing_docs, clippy::unused_self)]
impl ResultSet {
    pub fn new(app: &App, members: Vec<ResultBase>) -> Result<Self> {
        Ok(Self { inner: Arc::new(Inner { app: app.clone(), members: Mutex::new(Arc::new(members)) }) })
    }
    pub fn app(&self) -> &App {
        &self.inner.app
    }
    pub fn members(&self) -> Arc<Vec<ResultBase>> {
        Arc::clone(&self.inner.members.lock())
    }
    pub fn len(&self) -> usize {
        self.inner.members.lock().len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn get_member(&self, index: usize) -> Option<ResultBase> {
        self.inner.members.lock().get(index).cloned()
    }
    pub fn add(&self, member: &ResultBase) -> Result<()> {
        stub()
    }
    pub fn update(&self, members: &[ResultBase]) -> Result<()> {
        stub()
    }
    pub fn remove(&self, member: &ResultBase) -> Result<()> {
        stub()
    }
    pub fn remove_id(&self, task_id: &str) -> Result<()> {
        stub()
    }
    pub fn discard(&self, member: &ResultBase) {}
    pub fn clear(&self) {}
    pub fn ready(&self) -> Result<bool> {
        stub()
    }
    pub fn successful(&self) -> Result<bool> {
        stub()
    }
    pub fn failed(&self) -> Result<bool> {
        stub()
    }
    pub fn waiting(&self) -> Result<bool> {
        stub()
    }
    pub fn completed_count(&self) -> Result<usize> {
        stub()
    }
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<()> {
        stub()
    }
    pub fn forget(&self) -> Result<()> {
        stub()
    }
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

/// Equal are sets with the same members in the same order, as in Celery.
impl PartialEq for ResultSet {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.members() == other.members()
    }
}

impl Eq for ResultSet {}

impl std::fmt::Debug for ResultSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<ResultSet: {:?}>", self.members())
    }
}
