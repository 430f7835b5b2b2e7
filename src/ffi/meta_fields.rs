//! The further fields of a record: its relations, those of `result_extended`, and any key.

use super::{
    boundary::Call,
    error::celery_error_t,
    meta::{celery_meta_t, text},
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::model::{Result, TaskMeta, Value};
use std::{ffi::c_char, ptr};

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
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_NULL_ARGUMENT.
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
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_NULL_ARGUMENT.
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
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_NULL_ARGUMENT.
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

/// Gives any key of the record, those included that have no function of their own (the headers that a
/// program stamped on the task).
///
/// @param meta not nullable.
/// @param name not nullable.
/// @param value not nullable: NULL comes out where the key is absent.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
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
