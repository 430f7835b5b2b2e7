//! `AsyncResult`: the result of one task, as a handle that many threads may share. Waiting and
//! getting are in [`super::get`], callbacks in [`super::then`], forgetting in [`super::forget`].

use super::{
    Outcome, ResultBase, Snapshot,
    cache::{Cache, Held},
    unlink,
};
use crate::{
    app::App,
    backend::Answer,
    engine::CallOp,
    model::{Id, Key, Result, State, Stored, TaskMeta, check_id},
};
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The result of one task (`celery.result.AsyncResult`). Cloning gives another reference to the
/// same handle; making one does no I/O. All methods may be called from any thread at once.
#[derive(Clone)]
pub struct AsyncResult {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    id: Id,
    parent: Option<ResultBase>,
    ignored: AtomicBool,
    cache: Cache,
}

impl AsyncResult {
    /// A handle for this id. Fails with `InvalidArgument` where the id is empty.
    pub fn new(app: &App, task_id: &str) -> Result<Self> {
        Self::with_parent(app, task_id, None)
    }

    /// A handle that knows its parent, for `get` with `follow_parents` and for `forget`.
    pub fn with_parent(app: &App, task_id: &str, parent: Option<ResultBase>) -> Result<Self> {
        let id = check_id("task_id", task_id)?;
        let (ignored, cache) = (AtomicBool::new(false), Cache::default());
        Ok(Self { inner: Arc::new(Inner { app: app.clone(), id, parent, ignored, cache }) })
    }

    /// The task's id.
    pub fn id(&self) -> &Id {
        &self.inner.id
    }

    /// The app it belongs to.
    pub fn app(&self) -> &App {
        &self.inner.app
    }

    /// The result whose task sent this one, where it is known.
    pub fn parent(&self) -> Option<&ResultBase> {
        self.inner.parent.as_ref()
    }

    /// `ignored = True`: nobody will store a record, so whoever waits from now on does not: for
    /// [`Self::get`], [`Self::wait`], [`Self::then`], queues, and the values and waits of sets it has
    /// finished, with null as its value and without a record. Nobody looks for one. What asks for the
    /// state or the record (`state`, `ready`, `meta`, `maybe_throw` and the like, also of sets) looks,
    /// as ever; a wait that has begun goes on.
    pub fn ignore(&self) {
        self.inner.ignored.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::ignore`] was called.
    pub fn is_ignored(&self) -> bool {
        self.inner.ignored.load(Ordering::Relaxed)
    }

    /// The record as it is stored now, or as it was when the task was seen finished. One read at
    /// most, bounded by `operation_timeout_ms`.
    ///
    /// Fails with `Unreachable`, `Decode`, `TooLarge`, `Released` and what the server refuses.
    pub fn meta(&self) -> Result<Snapshot> {
        let meta = match self.inner.cache.finished()? {
            Some(meta) => Some(meta),
            None => self.read()?.map(|record| self.decode(record)).transpose()?,
        };
        Ok(self.snapshot(meta))
    }

    /// The finished record, if this handle has seen it. No I/O.
    pub fn peek(&self) -> Option<Snapshot> {
        match self.inner.cache.held() {
            Held::Finished(meta) => Some(self.snapshot(Some(meta))),
            Held::Nothing | Held::Released(_) => None,
        }
    }

    /// The state (`AsyncResult.state`); PENDING where there is no record. Readable also where the
    /// value is not. One read at most.
    pub fn state(&self) -> Result<State> {
        if let Some(state) = self.inner.cache.state() {
            return Ok(state);
        }
        let Some(record) = self.read()? else { return Ok(State::Pending) };
        let glance = self.app().codec().glance(&record, self.id());
        let state = glance.map_err(|error| error.with_task_id(self.id()))?.state;
        if state.is_ready() {
            // A record that cannot be decoded still has its state.
            let _ = self.decode(record);
        }
        Ok(state)
    }

    /// Whether the task has finished, however it ended. One read at most.
    pub fn ready(&self) -> Result<bool> {
        self.state().map(|state| state.is_ready())
    }

    /// Whether the state is SUCCESS. One read at most.
    pub fn successful(&self) -> Result<bool> {
        self.state().map(|state| state == State::Success)
    }

    /// Whether the state is FAILURE; a revoked task has not failed. One read at most.
    pub fn failed(&self) -> Result<bool> {
        self.state().map(|state| state == State::Failure)
    }

    /// Whether there is a record, be it one of state PENDING (`AsyncResult.exists`). Always asks
    /// the store.
    pub fn exists(&self) -> Result<bool> {
        let answer = self.call(CallOp::Exists(self.key()))?;
        Ok(matches!(answer, Answer::Exists(true)))
    }

    /// The results of the tasks that this one sent; `None` where the record says nothing. In Celery
    /// they are handles for a finished task only; here in every state. One read at most.
    pub fn children(&self) -> Result<Option<Vec<ResultBase>>> {
        let Some(meta) = self.meta()?.meta else { return Ok(None) };
        let tuples = meta.children().map_err(|error| error.with_task_id(self.id()))?;
        tuples
            .map(|tuples| tuples.iter().map(|tuple| ResultBase::from_tuple(self.app(), tuple)).collect())
            .transpose()
    }

    /// `as_list()`: the own id, then the ancestors', nearest first. Celery fails on a group among
    /// them; here its id is listed too.
    pub fn as_list(&self) -> Vec<Id> {
        let mut ids = vec![self.id().clone()];
        let mut next = self.parent();
        while let Some(parent) = next {
            ids.extend(parent.id().cloned());
            next = parent.parent();
        }
        ids
    }

    /// Drops the finished record but keeps its state: values that were taken out stay valid, later
    /// ones fail with `Released`.
    pub fn release_payload(&self) {
        self.inner.cache.release();
    }

    /// Tells references to one handle from those to others, as long as one is held.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.inner.cache
    }

    pub(super) fn key(&self) -> Key {
        Key::Task(self.id().clone())
    }

    pub(super) fn read(&self) -> Result<Option<Stored>> {
        self.call(CallOp::Read(self.key()))?.into_record()
    }

    /// Decodes a record of this task and remembers it when it is a finished one.
    pub(super) fn decode(&self, record: Stored) -> Result<Arc<TaskMeta>> {
        let meta = self.app().codec().decode(record).map_err(|error| error.with_task_id(self.id()))?;
        self.inner.cache.keep(&meta);
        Ok(meta)
    }

    pub(super) fn snapshot(&self, meta: Option<Arc<TaskMeta>>) -> Snapshot {
        Snapshot { task_id: self.id().clone(), meta }
    }

    /// A null value, where there is nothing to read.
    pub(super) fn nothing(&self) -> Result<Outcome> {
        Ok(Outcome { value: self.app().codec().value("null")?, exception: None, members: None })
    }

    /// What the handle held, if this was the last reference to it.
    pub(super) fn into_last_parts(self) -> Option<ResultBase> {
        Arc::into_inner(self.inner).and_then(|mut inner| inner.parent.take())
    }

    fn call(&self, op: CallOp) -> Result<Answer> {
        self.app().engine().call(op).map_err(|error| error.with_task_id(self.id()))
    }
}

/// Equal are handles for the same id, as in Celery.
impl PartialEq for AsyncResult {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for AsyncResult {}

impl Hash for AsyncResult {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for AsyncResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<AsyncResult: {}>", self.id())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        unlink(self.parent.take().into_iter().collect());
    }
}
