//! `celery_batch_t`: events taken from a queue.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Shared},
    meta::{MetaBody, celery_meta_t},
    result_list::no_such_index,
    status::{CELERY_ERR_PANIC, CELERY_OK, celery_status_t},
    text::{LazyText, Text, raw},
};
use crate::{
    model::{Error, Result, State, Stored},
    result::{QueueEvent, QueueEventKind, Snapshot},
};
use std::{ffi::c_char, ptr};

/// The result has finished, whatever the outcome.
pub const CELERY_EVENT_READY: i32 = 1;
/// The task has stored an intermediate state; comes after celery_queue_report_progress() only.
pub const CELERY_EVENT_PROGRESS: i32 = 2;
/// The result cannot be waited for: its record cannot be read, or the server refuses access.
pub const CELERY_EVENT_FAILED: i32 = 3;
/// The app of the result was closed.
pub const CELERY_EVENT_CLOSED: i32 = 4;
/// The app has a connection to its store; comes after celery_queue_report_connection() only.
pub const CELERY_EVENT_CONNECTED: i32 = 5;
/// The app has no connection to its store, and goes on trying; comes after
/// celery_queue_report_connection() only.
pub const CELERY_EVENT_DISCONNECTED: i32 = 6;

/// Events of a queue, which never change: plain data that also a forked child may read. Free it with
/// celery_batch_free().
pub struct celery_batch_t {
    _private: [u8; 0],
}

pub(super) struct BatchBody {
    events: Vec<EventBody>,
}

struct EventBody {
    event: QueueEvent,
    id: LazyText,
    message: LazyText,
}

impl BatchBody {
    pub(super) fn new(events: Vec<QueueEvent>) -> Self {
        let body = |event| EventBody { event, id: LazyText::default(), message: LazyText::default() };
        Self { events: events.into_iter().map(body).collect() }
    }

    fn event(&self, index: usize) -> Result<&EventBody> {
        self.events.get(index).ok_or_else(|| no_such_index(index, self.events.len(), "events"))
    }
}

impl EventBody {
    fn tag(&self) -> u64 {
        self.event.tag
    }

    fn kind(&self) -> i32 {
        match self.event.kind {
            QueueEventKind::Ready(_) => CELERY_EVENT_READY,
            QueueEventKind::Progress(_) => CELERY_EVENT_PROGRESS,
            QueueEventKind::Failed(_) => CELERY_EVENT_FAILED,
            QueueEventKind::Closed(_) => CELERY_EVENT_CLOSED,
            QueueEventKind::Connected => CELERY_EVENT_CONNECTED,
            QueueEventKind::Disconnected(_) => CELERY_EVENT_DISCONNECTED,
        }
    }

    fn state(&self) -> i32 {
        self.event.state().map_or(-1, State::code)
    }

    fn error(&self) -> Option<&Error> {
        match &self.event.kind {
            QueueEventKind::Failed(error)
            | QueueEventKind::Closed(error)
            | QueueEventKind::Disconnected(error) => Some(error),
            QueueEventKind::Ready(_) | QueueEventKind::Progress(_) | QueueEventKind::Connected => None,
        }
    }

    fn status(&self) -> celery_status_t {
        self.error().map_or(CELERY_OK, |error| error.status().code())
    }

    fn message(&self) -> *const c_char {
        self.message.pointer(|| self.error().map(|error| Text::new(error.message())))
    }

    fn id(&self) -> *const c_char {
        self.id.pointer(|| self.event.id.as_ref().map(|id| Text::new(id.as_bytes())))
    }

    fn after_gap(&self) -> bool {
        self.event.after_gap
    }

    fn record(&self) -> Option<&Stored> {
        match &self.event.kind {
            QueueEventKind::Ready(Some(meta)) | QueueEventKind::Progress(meta) => Some(meta.stored()),
            _ => self.error().and_then(Error::record),
        }
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let (QueueEventKind::Ready(Some(meta)) | QueueEventKind::Progress(meta)) = &self.event.kind else {
            return None;
        };
        Some(Snapshot::of_record(self.event.id.as_ref()?, meta))
    }
}

impl Opaque for celery_batch_t {
    type Body = BatchBody;
    const NAME: &'static str = "celery_batch_t";
}

impl Shared for celery_batch_t {}

/// Gives the number of events in a batch.
///
/// @param batch not nullable.
/// @return how many indexes there are; 0 for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_count(batch: *const celery_batch_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_count") }
        .answer(0, |call| Ok(call.shared(batch, "batch")?.events.len()))
}

/// Gives the tag with which the result was added.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return the tag; 0 for NULL, and where there is no such index.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_tag(batch: *const celery_batch_t, index: usize) -> u64 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_tag") }
        .answer(0, |call| Ok(call.shared(batch, "batch")?.event(index)?.tag()))
}

/// Tells what has happened.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return one of the constants CELERY_EVENT_READY to CELERY_EVENT_DISCONNECTED; later versions may have
/// more, which a program must ignore; 0 for NULL, and where there is no such index.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_kind(batch: *const celery_batch_t, index: usize) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_kind") }
        .answer(0, |call| Ok(call.shared(batch, "batch")?.event(index)?.kind()))
}

/// Gives the state of the task, for the events READY and PROGRESS of the result of one task.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return CELERY_STATE_PENDING to CELERY_STATE_CUSTOM; -1 for NULL, for the events of sets and groups,
/// for those without a record, and where there is no such index.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_state(batch: *const celery_batch_t, index: usize) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_state") }
        .answer(-1, |call| Ok(call.shared(batch, "batch")?.event(index)?.state()))
}

/// Tells why the result cannot be waited for, for the events FAILED and CLOSED: the queue has dropped
/// it. For DISCONNECTED it tells why there is no connection.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return the reason; CELERY_OK for all other events; CELERY_ERR_NO_SUCH_VALUE where there is no such
/// index; CELERY_ERR_NULL_ARGUMENT for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_status(batch: *const celery_batch_t, index: usize) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_status") }.answer(CELERY_ERR_PANIC, |call| {
        let status = call.shared(batch, "batch").and_then(|batch| batch.event(index).map(EventBody::status));
        Ok(status.unwrap_or_else(|error| error.status().code()))
    })
}

/// Gives a sentence for people about celery_batch_status().
///
/// @param batch not nullable.
/// @param index from 0.
/// @return the text; NULL for NULL, for all other events, and where there is no such index.
/// Ownership: borrowed, until the batch is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_message(batch: *const celery_batch_t, index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_message") }
        .answer(ptr::null(), |call| Ok(call.shared(batch, "batch")?.event(index)?.message()))
}

/// Gives the id of the task or group.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return the id; NULL for NULL, for a set, which has none, and where there is no such index.
/// Ownership: borrowed, until the batch is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_id(batch: *const celery_batch_t, index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_id") }
        .answer(ptr::null(), |call| Ok(call.shared(batch, "batch")?.event(index)?.id()))
}

/// Tells whether intermediate states may have been missed before this event, because the connection to
/// the store was lost meanwhile.
///
/// @param batch not nullable.
/// @param index from 0.
/// @return true if so; false for NULL, and where there is no such index.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_after_gap(batch: *const celery_batch_t, index: usize) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_after_gap") }
        .answer(false, |call| Ok(call.shared(batch, "batch")?.event(index)?.after_gap()))
}

/// Gives the record of the task as it was when the event arose.
///
/// @param batch not nullable.
/// @param index from 0.
/// @param meta not nullable: NULL comes out for the events of sets, groups, ignored results and
/// connections, FAILED and CLOSED.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *meta with celery_meta_free(); it outlives the batch; free *err with
/// celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_meta(
    batch: *const celery_batch_t,
    index: usize,
    meta: *mut *mut celery_meta_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_batch_meta", err) }.run(|call| {
        let meta = call.out(meta, "meta")?;
        if let Some(snapshot) = call.shared(batch, "batch")?.event(index)?.snapshot() {
            meta.share(MetaBody::new(snapshot));
        }
        Ok(())
    })
}

/// Gives the bytes of the record as it was when the event arose, as the worker stored them; no NUL follows
/// them. Unlike celery_batch_meta() it gives them also where FAILED says that they cannot be read; of a
/// set or group they are those of the member that celery_batch_message() is about.
///
/// @param batch not nullable.
/// @param index from 0.
/// @param len not nullable: gets the number of bytes.
/// @return the bytes; NULL for NULL, for events without a record, where the stored bytes alone are more
/// than max_payload_bytes allows, and where there is no such index; then nothing is written.
/// Ownership: borrowed, until the batch is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_raw(
    batch: *const celery_batch_t,
    index: usize,
    len: *mut usize,
) -> *const u8 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_raw") }.answer(ptr::null(), |call| {
        let len = call.data(len, "len")?;
        Ok(raw(len, call.shared(batch, "batch")?.event(index)?.record()))
    })
}

/// Frees a batch. NULL is fine. Metas taken from it stay.
///
/// @param batch nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_batch_free(batch: *mut celery_batch_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_batch_free") }.act(|call| {
        call.release(batch);
    });
}
