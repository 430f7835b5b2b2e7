//! What a record to store has more where the option `result_extended` is on.

use super::{boundary::Call, error::celery_error_t, record::celery_record_t, status::celery_status_t};
use crate::model::{Extended, Record};
use std::ffi::c_char;

fn extended(record: &mut Record) -> &mut Extended {
    record.extended.get_or_insert_default()
}

/// Sets the name of the task (`name`); stored where the option `result_extended` is on.
///
/// @param record not nullable.
/// @param name nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_name(
    record: *mut celery_record_t,
    name: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_name", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        extended(record).name = call.text_or_null(name, "name")?.map(str::to_owned);
        Ok(())
    })
}

/// Sets the positional arguments (`args`), JSON text; checked and stored where the option
/// `result_extended` is on.
///
/// @param record not nullable.
/// @param args nullable where len is 0.
/// @param len the length of args in bytes; 0 is null.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_args(
    record: *mut celery_record_t,
    args: *const c_char,
    len: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_args", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        let args = call.payload(args, len, "args")?;
        extended(record).args = (!args.is_empty()).then(|| args.to_owned());
        Ok(())
    })
}

/// Sets the keyword arguments (`kwargs`), JSON text; checked and stored where the option
/// `result_extended` is on.
///
/// @param record not nullable.
/// @param kwargs nullable where len is 0.
/// @param len the length of kwargs in bytes; 0 is null.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_kwargs(
    record: *mut celery_record_t,
    kwargs: *const c_char,
    len: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_kwargs", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        let kwargs = call.payload(kwargs, len, "kwargs")?;
        extended(record).kwargs = (!kwargs.is_empty()).then(|| kwargs.to_owned());
        Ok(())
    })
}

/// Sets the host name of the worker (`worker`); stored where the option `result_extended` is on.
///
/// @param record not nullable.
/// @param worker nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_worker(
    record: *mut celery_record_t,
    worker: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_worker", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        extended(record).worker = call.text_or_null(worker, "worker")?.map(str::to_owned);
        Ok(())
    })
}

/// Sets how often the task was retried (`retries`); stored where the option `result_extended` is on.
///
/// @param record not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_retries(
    record: *mut celery_record_t,
    retries: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_retries", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        extended(record).retries = Some(retries);
        Ok(())
    })
}

/// Sets the routing key of the delivery (`queue`); stored where the option `result_extended` is on.
///
/// @param record not nullable.
/// @param queue nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_queue(
    record: *mut celery_record_t,
    queue: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_queue", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        extended(record).queue = call.text_or_null(queue, "queue")?.map(str::to_owned);
        Ok(())
    })
}
