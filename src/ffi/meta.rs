//! `celery_meta_t`: an immutable snapshot of one stored record. Its further fields are in
//! `meta_fields`, the exception in it in `meta_exception`.

use super::{
    boundary::Call,
    error::celery_error_t,
    exception::ExceptionView,
    handle::{Opaque, Shared},
    status::celery_status_t,
    text::{LazyText, Text, raw},
    value::{ValueBody, celery_value_t},
};
use crate::{
    model::{Error, Id, Result, Status, TaskMeta},
    result::Snapshot,
};
use once_cell::race::OnceBox;
use std::{ffi::c_char, ptr, sync::Arc};

/// What one read of a record found; it never changes. Free it with celery_meta_free().
pub struct celery_meta_t {
    _private: [u8; 0],
}

pub(super) struct MetaBody {
    snapshot: Snapshot,
    exception: OnceBox<ExceptionView>,
    texts: Texts,
}

#[derive(Default)]
pub(super) struct Texts {
    state: LazyText,
    task_id: LazyText,
    traceback: LazyText,
    date_done: LazyText,
    pub(super) name: LazyText,
    pub(super) worker: LazyText,
    pub(super) queue: LazyText,
    pub(super) parent_id: LazyText,
    pub(super) group_id: LazyText,
}

impl MetaBody {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, exception: OnceBox::new(), texts: Texts::default() }
    }

    /// A record that came without being asked for; its own `task_id` names it.
    pub(super) fn of_message(meta: &Arc<TaskMeta>) -> Self {
        let task_id = meta.task_id().cloned().unwrap_or_else(|| Id::from(""));
        Self::new(Snapshot { task_id, meta: Some(Arc::clone(meta)) })
    }

    pub(super) fn record(&self) -> Option<&TaskMeta> {
        self.snapshot.meta.as_deref()
    }

    /// The record, for what has no neutral form of "no record".
    fn stored(&self) -> Result<&TaskMeta> {
        self.record().ok_or_else(|| {
            let message = "there was no record when the meta was taken";
            Error::new(Status::NotFound, message).with_task_id(&self.snapshot.task_id)
        })
    }

    pub(super) fn exception(&self) -> &ExceptionView {
        self.exception
            .get_or_init(|| Box::new(ExceptionView::new(self.record().and_then(TaskMeta::exception))))
    }

    fn value(&self) -> Result<ValueBody> {
        let record = self.stored()?;
        Ok(ValueBody::with_exception(record.value()?, record.exception()))
    }
}

impl Opaque for celery_meta_t {
    type Body = MetaBody;
    const NAME: &'static str = "celery_meta_t";
}

impl Shared for celery_meta_t {}

/// One text of the record, kept for C to borrow.
pub(super) fn text(
    call: &Call,
    meta: *const celery_meta_t,
    kept: fn(&Texts) -> &LazyText,
    read: fn(&TaskMeta) -> Option<&str>,
) -> Result<*const c_char> {
    let body = call.shared(meta, "meta")?;
    Ok(kept(&body.texts).pointer(|| body.record().and_then(read).map(Text::new)))
}

/// Tells whether there was a record. Without one the state is PENDING.
///
/// @param meta not nullable.
/// @return true if there was; false for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exists(meta: *const celery_meta_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exists") }
        .answer(false, |call| Ok(call.shared(meta, "meta")?.snapshot.exists()))
}

/// Gives the state as a number.
///
/// @param meta not nullable.
/// @return CELERY_STATE_PENDING to CELERY_STATE_CUSTOM; -1 for NULL.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_state(meta: *const celery_meta_t) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_state") }
        .answer(-1, |call| Ok(call.shared(meta, "meta")?.snapshot.state().code()))
}

/// Gives the state as text (`status`), also where it is of the user's own.
///
/// @param meta not nullable.
/// @return the text; NULL for NULL.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_state_text(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_state_text") }.answer(ptr::null(), |call| {
        let body = call.shared(meta, "meta")?;
        Ok(body.texts.state.pointer(|| Some(Text::new(body.snapshot.state().as_str()))))
    })
}

/// Gives the id of the task that was asked for.
///
/// @param meta not nullable.
/// @return the id; NULL for NULL.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_task_id(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_task_id") }.answer(ptr::null(), |call| {
        let body = call.shared(meta, "meta")?;
        Ok(body.texts.task_id.pointer(|| Some(Text::new(body.snapshot.task_id.as_bytes()))))
    })
}

/// Decodes the value (`result`). In an EXCEPTION state it is the exception, with the exception view of
/// celery_value_is_exception().
///
/// @param meta not nullable.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NOT_FOUND where there was no record; CELERY_ERR_DECODE,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP, with key and position in the message;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_value(
    meta: *const celery_meta_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_value", err) }.run(|call| {
        let value = call.out(value, "value")?;
        value.share(call.shared(meta, "meta")?.value()?);
        Ok(())
    })
}

/// Gives the traceback text that the worker stored (`traceback`).
///
/// @param meta not nullable.
/// @return the text; NULL where null or absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_traceback(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_traceback") }
        .answer(ptr::null(), |call| text(call, meta, |texts| &texts.traceback, TaskMeta::traceback))
}

/// Gives the time when the task finished, as stored: ISO 8601 text (`date_done`).
///
/// @param meta not nullable.
/// @return the text; NULL where null or absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_date_done(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_date_done") }
        .answer(ptr::null(), |call| text(call, meta, |texts| &texts.date_done, TaskMeta::date_done))
}

/// Gives the time when the task finished as a number. Celery before 5.5 wrote no offset; such a time is
/// taken for UTC.
///
/// @param meta not nullable.
/// @param micros not nullable: microseconds since 1970-01-01 UTC.
/// @return true where there is one; false otherwise, with nothing written.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_date_done_micros(meta: *const celery_meta_t, micros: *mut i64) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_date_done_micros") }.answer(false, |call| {
        let micros = call.data(micros, "micros")?;
        let body = call.shared(meta, "meta")?;
        let found = body.record().and_then(|record| record.date_done_time().map(|done| done.unix_micros));
        Ok(found.map(|found| micros.set(found)).is_some())
    })
}

/// Gives the bytes of the record as the worker stored them; no NUL follows them. Of a record that cannot
/// be read at all, so that there is no meta, they are celery_error_raw()'s and celery_batch_raw()'s.
///
/// @param meta not nullable.
/// @param len not nullable: gets the number of bytes.
/// @return the bytes; NULL where there was no record, with nothing written.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_raw(meta: *const celery_meta_t, len: *mut usize) -> *const u8 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_raw") }.answer(ptr::null(), |call| {
        let len = call.data(len, "len")?;
        let body = call.shared(meta, "meta")?;
        Ok(raw(len, body.record().map(TaskMeta::stored)))
    })
}

/// Gives another reference to the same meta.
///
/// @param meta not nullable.
/// @return the meta; NULL for NULL.
/// Ownership: free it with celery_meta_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_ref(meta: *const celery_meta_t) -> *mut celery_meta_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_ref") }.answer(ptr::null_mut(), |call| Ok(call.reference(meta)))
}

/// Gives a reference back. NULL is fine.
///
/// @param meta nullable.
/// Ownership: the reference is gone, and with the last one every text borrowed from the meta.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_free(meta: *mut celery_meta_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_free") }.act(|call| {
        call.release(meta);
    });
}
