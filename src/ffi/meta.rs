//! `celery_meta_t`: an immutable snapshot of one stored record.

use super::{
    boundary::Call,
    error::celery_error_t,
    exception::ExceptionView,
    handle::{Opaque, Shared, null},
    status::celery_status_t,
    text::{LazyText, Text},
    value::{ValueBody, celery_value_t},
};
use crate::{
    model::{Error, Id, Result, Status, TaskMeta, Value},
    result::Snapshot,
};
use std::{
    ffi::c_char,
    ptr,
    sync::{Arc, OnceLock},
};

/// What one read of a record found; it never changes. Free it with celery_meta_free().
pub struct celery_meta_t {
    _private: [u8; 0],
}

pub(super) struct MetaBody {
    snapshot: Snapshot,
    exception: OnceLock<ExceptionView>,
    texts: Texts,
}

#[derive(Default)]
struct Texts {
    state: LazyText,
    task_id: LazyText,
    traceback: LazyText,
    date_done: LazyText,
    name: LazyText,
    worker: LazyText,
    queue: LazyText,
    parent_id: LazyText,
    group_id: LazyText,
}

impl MetaBody {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, exception: OnceLock::new(), texts: Texts::default() }
    }

    /// A record that came without being asked for; its own `task_id` names it.
    pub(super) fn of_message(meta: &Arc<TaskMeta>) -> Self {
        let task_id = meta.task_id().cloned().unwrap_or_else(|| Id::from(""));
        Self::new(Snapshot { task_id, meta: Some(Arc::clone(meta)) })
    }

    fn record(&self) -> Option<&TaskMeta> {
        self.snapshot.meta.as_deref()
    }

    /// The record, for what has no neutral form of "no record".
    fn stored(&self) -> Result<&TaskMeta> {
        self.record().ok_or_else(|| {
            let message = "there was no record when the meta was taken";
            Error::new(Status::NotFound, message).with_task_id(&self.snapshot.task_id)
        })
    }

    fn exception(&self) -> &ExceptionView {
        self.exception.get_or_init(|| ExceptionView::new(self.record().and_then(TaskMeta::exception)))
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

fn view(call: &Call, meta: *const celery_meta_t) -> Option<&ExceptionView> {
    call.glance(meta).map(MetaBody::exception)
}

/// One text of the record, kept for C to borrow.
fn text(
    call: &Call,
    meta: *const celery_meta_t,
    kept: fn(&Texts) -> &LazyText,
    read: fn(&TaskMeta) -> Option<&str>,
) -> Result<*const c_char> {
    let body = call.shared(meta, "meta")?;
    Ok(kept(&body.texts).pointer(|| body.record().and_then(read).map(Text::new)))
}

/// One value of the record; NULL comes out where it is null or absent.
fn optional(
    call: &Call,
    meta: *const celery_meta_t,
    out: *mut *mut celery_value_t,
    name: &str,
    read: impl FnOnce(&TaskMeta) -> Result<Option<Value>>,
) -> Result<()> {
    let out = call.out(out, name)?;
    let body = call.shared(meta, "meta")?;
    if let Some(value) = body.record().map(read).transpose()?.flatten() {
        out.share(ValueBody::new(value));
    }
    Ok(())
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
/// @return CELERY_OK; CELERY_ERR_NOT_FOUND where there was no record; CELERY_ERR_DECODE and
/// CELERY_ERR_TOO_DEEP, with key and position in the message; CELERY_ERR_NULL_ARGUMENT.
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

/// Gives the name of the task (`name`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @return the text; NULL where null or absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_name(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_name") }
        .answer(ptr::null(), |call| text(call, meta, |texts| &texts.name, TaskMeta::name))
}

/// Gives the positional arguments (`args`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @param args not nullable: NULL comes out where null or absent.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_DEEP; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *args with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_args(
    meta: *const celery_meta_t,
    args: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_args", err) }
        .run(|call| optional(call, meta, args, "args", TaskMeta::args))
}

/// Gives the keyword arguments (`kwargs`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @param kwargs not nullable: NULL comes out where null or absent.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_DEEP; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *kwargs with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_kwargs(
    meta: *const celery_meta_t,
    kwargs: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_kwargs", err) }
        .run(|call| optional(call, meta, kwargs, "kwargs", TaskMeta::kwargs))
}

/// Gives the host name of the worker (`worker`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @return the text; NULL where null or absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_worker(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_worker") }
        .answer(ptr::null(), |call| text(call, meta, |texts| &texts.worker, TaskMeta::worker))
}

/// Gives how often the task was retried (`retries`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @param retries not nullable.
/// @return true where there is one; false otherwise, with nothing written.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_retries(meta: *const celery_meta_t, retries: *mut i64) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_retries") }.answer(false, |call| {
        let retries = call.data(retries, "retries")?;
        let body = call.shared(meta, "meta")?;
        let found = body.record().and_then(TaskMeta::retries);
        Ok(found.map(|found| retries.set(found)).is_some())
    })
}

/// Gives the routing key of the delivery (`queue`, written by workers with `result_extended`).
///
/// @param meta not nullable.
/// @return the text; NULL where null or absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_queue(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_queue") }
        .answer(ptr::null(), |call| text(call, meta, |texts| &texts.queue, TaskMeta::queue))
}

/// Gives the id of the task that sent this one (`parent_id`).
///
/// @param meta not nullable.
/// @return the id; NULL where absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_parent_id(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_parent_id") }.answer(ptr::null(), |call| {
        text(call, meta, |texts| &texts.parent_id, |record| record.parent_id().map(|id| &**id))
    })
}

/// Gives the id of the group that the task is part of (`group_id`); for a chord's body that of its
/// header.
///
/// @param meta not nullable.
/// @return the id; NULL where absent.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_group_id(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_group_id") }.answer(ptr::null(), |call| {
        text(call, meta, |texts| &texts.group_id, |record| record.group_id().map(|id| &**id))
    })
}

/// Gives the results of the tasks that the task has started, as plain data (`children`);
/// celery_result_from_tuple() and celery_result_children() make handles of them.
///
/// @param meta not nullable.
/// @param children not nullable: NULL comes out where null or absent.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_DEEP; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *children with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_children(
    meta: *const celery_meta_t,
    children: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_children", err) }.run(|call| {
        optional(call, meta, children, "children", |record| {
            Ok(record.field("children")?.filter(|value| !value.is_null()))
        })
    })
}

/// Gives any key of the record, stamps included.
///
/// @param meta not nullable.
/// @param name not nullable.
/// @param value not nullable: NULL comes out where the key is absent.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_DEEP; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_field(
    meta: *const celery_meta_t,
    name: *const c_char,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_field", err) }.run(|call| {
        let slot = call.out(value, "value").map(drop);
        let name = call.text(name, "name")?;
        slot?;
        optional(call, meta, value, "value", |record| record.field(name))
    })
}

/// Gives the bytes of the record as the worker stored them; no NUL follows them.
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
        let Some(record) = body.record() else { return Ok(ptr::null()) };
        let bytes = record.stored().bytes();
        len.set(bytes.len());
        Ok(bytes.as_ptr())
    })
}

/// Gives the class name of the exception of a failed, revoked or retried task: `exc_type`, as
/// "Outer.InnerError".
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_type(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_type") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::class)))
}

/// Gives the module of the class of the exception of a failed, revoked or retried task: `exc_module`.
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception, or in a record of Celery 4.2 and older.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_module(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_module") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::module)))
}

/// Gives the exception of a failed, revoked or retried task in one line, as the last line of a Python
/// traceback: "ValueError: x".
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_message(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_message") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::message)))
}

/// Gives the traceback that the worker stored with the exception of a failed, revoked or retried task.
///
/// @param meta not nullable.
/// @return the text; NULL where there is no exception, or no traceback was stored.
/// Ownership: borrowed, until the meta is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_traceback(meta: *const celery_meta_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_traceback") }
        .answer(ptr::null(), |call| Ok(view(call, meta).map_or(ptr::null(), ExceptionView::traceback)))
}

/// Tells whether the worker could not store the exception of a failed, revoked or retried task itself:
/// it came in Celery's `UnpickleableExceptionWrapper`, or what is stored is no exception at all.
///
/// @param meta not nullable.
/// @return true where type and arguments may be less than what was raised; false where there is no
/// exception.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_is_degraded(meta: *const celery_meta_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_meta_exception_is_degraded") }
        .answer(false, |call| Ok(view(call, meta).is_some_and(ExceptionView::is_degraded)))
}

/// Gives the arguments of the exception of a failed, revoked or retried task: `exc_message`, an array,
/// or what an old worker stored
/// instead of one.
///
/// @param meta not nullable.
/// @param args not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_TYPE where there is no exception; CELERY_ERR_NO_SUCH_VALUE where
/// it
/// was stored without arguments; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *args with celery_value_free(), *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_meta_exception_args(
    meta: *const celery_meta_t,
    args: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_meta_exception_args", err) }.run(|call| {
        let args = call.out(args, "args")?;
        let view = view(call, meta).ok_or_else(|| null("meta"))?;
        args.share(ValueBody::new(view.args()?));
        Ok(())
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
