//! `then`: a function that is called when the task has finished, on the app's callback thread.

use super::AsyncResult;
use crate::{
    engine::{Event, Waiter},
    model::{Result, Stored, TaskMeta},
    sys::Mutex,
};
use std::{sync::Arc, time::Duration};

type End = Result<Option<Arc<TaskMeta>>>;
type Callback = Box<dyn FnOnce(&AsyncResult, End) + Send>;

impl AsyncResult {
    /// Calls `callback` once, on the callback thread: with the record when the task has finished,
    /// however it ended, or with the error that ended the wait for it (the app was closed, the
    /// record cannot be read). Unlike in Celery nobody has to wait or poll for that to happen. A
    /// result that has finished already is no exception: the callback thread calls, not this one.
    /// One that is ignored has finished, and has no record.
    ///
    /// The registration holds its own reference to the handle. Fails with `Closed`, `Forked`, or
    /// `Limit`; the callback is then dropped uncalled.
    pub fn then(&self, callback: impl FnOnce(&Self, End) + Send + 'static) -> Result<()> {
        self.app().start_callbacks()?;
        let waiter =
            ThenWaiter { result: self.clone(), callback: Mutex::new(Some(Box::new(callback) as Callback)) };
        if self.is_ignored() {
            waiter.call(Ok(None));
            return Ok(());
        }
        match self.cache().finished() {
            Ok(Some(meta)) => waiter.call(Ok(Some(meta))),
            Err(released) => waiter.call(Err(released)),
            Ok(None) => return self.app().engine().watch(self.id(), Arc::new(waiter), 0),
        }
        Ok(())
    }
}

/// Waits for the end on behalf of a callback.
struct ThenWaiter {
    result: AsyncResult,
    callback: Mutex<Option<Callback>>,
}

impl ThenWaiter {
    fn call(&self, end: End) {
        let Some(callback) = self.callback.lock().take() else { return };
        let result = self.result.clone();
        self.result.app().run_callback(move || callback(&result, end));
    }

    fn call_with_record(&self, record: Stored) {
        let Some(callback) = self.callback.lock().take() else { return };
        let result = self.result.clone();
        // Decoding a large record is the callback thread's work, not the storing thread's.
        self.result.app().run_callback(move || {
            let meta = result.decode(record);
            callback(&result, meta.map(Some));
        });
    }
}

impl Waiter for ThenWaiter {
    fn notify(&self, _: u64, event: &Event) {
        match event {
            Event::Ready { record, .. } => self.call_with_record(record.clone()),
            Event::Failed(error) => self.call(Err(error.clone().with_task_id(self.result.id()))),
            Event::Unfinished { .. } => {}
        }
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_millis(500)
    }
}
