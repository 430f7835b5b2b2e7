//! One look at many tasks: the records that no handle holds yet are read together, each id once,
//! and what has finished is kept in the handles.

use super::{AsyncResult, cache::Held};
use crate::{
    backend::Answer,
    engine::{CallOp, Engine, call_together},
    model::{Error, Id, Result, State, Status, Stored, TaskMeta},
    sys::{Cancel, Deadline},
};
use std::{collections::HashMap, sync::Arc};

/// How many operations are under way together and have one deadline, the option
/// `operation_timeout_ms`: what a server answers well within it, and in more than one burst. A million
/// take several of them, which bounds the memory as well.
const WINDOW: usize = 8192;

/// What was found of the tasks that have not finished, or cannot be read.
pub(super) struct Look {
    found: HashMap<TaskKey, Result<Found>>,
}

/// A task on an app: handles of the same are looked at once.
type TaskKey = (usize, Id);

struct Found {
    state: State,
    record: Option<Stored>,
}

/// Which records are of use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Of unfinished tasks the state alone.
    States,
    /// All.
    Records,
}

impl Look {
    /// Reads what is not known. What fails, fails for those who ask for it.
    pub(super) fn new<'a>(tasks: impl Iterator<Item = &'a AsyncResult>, wanted: Wanted) -> Self {
        let mut first = HashMap::new();
        let (mut unknown, mut again) = (Vec::new(), Vec::new());
        for task in tasks.filter(|task| task.cache().state().is_none()) {
            let place = *first.entry(key(task)).or_insert(unknown.len());
            if place == unknown.len() {
                unknown.push(task);
            } else {
                again.push((place, task));
            }
        }
        drop(first);
        let mut look = Self { found: HashMap::new() };
        let read = |task: &AsyncResult| CallOp::Read(task.key());
        each_answer(&unknown, read, None, |task, answer| look.enter(task, answer, wanted));
        for (place, task) in again {
            if let Some(Held::Finished(meta)) = unknown.get(place).map(|first| first.cache().held()) {
                task.cache().keep(&meta);
            }
        }
        look
    }

    fn enter(&mut self, task: &AsyncResult, answer: Result<Answer>, wanted: Wanted) {
        let Some(record) = answer.and_then(Answer::into_record).transpose() else { return };
        let found = record.and_then(|record| {
            let state = task.app().codec().glance(&record, task.id())?.state;
            if state.is_ready() && task.decode(record.clone()).is_ok() {
                return Ok(None);
            }
            // A finished record that cannot be decoded still has its state; who wants more is told why.
            let keeps = wanted == Wanted::Records || state.is_ready();
            Ok(Some(Found { state, record: keeps.then_some(record) }))
        });
        if let Some(found) = found.transpose() {
            self.found.insert(key(task), found.map_err(|error| error.with_task_id(task.id())));
        }
    }

    /// The state as it was found; PENDING where there was no record.
    pub(super) fn state(&self, task: &AsyncResult) -> Result<State> {
        if let Some(state) = task.cache().state() {
            return Ok(state);
        }
        match self.found.get(&key(task)) {
            None => Ok(State::Pending),
            Some(Ok(found)) => Ok(found.state.clone()),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// The record as it was found, where records were wanted; `None` where there was none.
    pub(super) fn meta(&self, task: &AsyncResult) -> Result<Option<Arc<TaskMeta>>> {
        if let Some(meta) = task.cache().finished().map_err(|error| error.with_task_id(task.id()))? {
            return Ok(Some(meta));
        }
        match self.found.get(&key(task)) {
            None => Ok(None),
            Some(Ok(found)) => found.record.clone().map(|record| task.decode(record)).transpose(),
            Some(Err(error)) => Err(error.clone()),
        }
    }
}

/// Carries out an operation for each of many tasks together, and hands on the answers in their
/// order. Of a store that cannot be reached the rest is not tried.
pub(super) fn each_answer(
    tasks: &[&AsyncResult],
    operation: impl Fn(&AsyncResult) -> CallOp,
    cancel: Option<&Cancel>,
    mut each: impl FnMut(&AsyncResult, Result<Answer>),
) {
    let mut unreachable: HashMap<usize, Error> = HashMap::new();
    for window in tasks.chunks(WINDOW) {
        let tried = window.iter().filter(|task| !unreachable.contains_key(&task.app().address()));
        let operations: Vec<_> = tried.map(|task| (task.app().engine(), operation(task))).collect();
        let mut answers = call_together(&operations, latest(&operations), cancel).into_iter();
        let lost = std::mem::take(&mut unreachable);
        for task in window {
            let app = task.app().address();
            let answer = match lost.get(&app) {
                Some(error) => Err(error.clone()),
                None => answers.next().unwrap_or_else(|| Err(no_answer())),
            };
            if let Err(error) = &answer
                && error.status() == Status::Unreachable
            {
                unreachable.entry(app).or_insert_with(|| error.clone());
            }
            each(task, answer.map_err(|error| error.with_task_id(task.id())));
        }
        unreachable.extend(lost);
    }
}

fn no_answer() -> Error {
    Error::new(Status::Panic, "an operation has no answer")
}

/// None of the engines is to have less time than it gives an operation.
fn latest(operations: &[(&Engine, CallOp)]) -> Deadline {
    let deadlines = operations.iter().map(|(engine, _)| engine.operation_deadline());
    deadlines.reduce(Deadline::max).unwrap_or(Deadline::NEVER)
}

fn key(task: &AsyncResult) -> TaskKey {
    (task.app().address(), task.id().clone())
}
