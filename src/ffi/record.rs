//! `celery_record_t`: builds a record to store. The keys of `result_extended` are in `record_extended`.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Unique},
    result::celery_result_t,
    status::celery_status_t,
};
use crate::model::{Error, Record, RecordValue, Result, State, Status};
use std::ffi::c_char;

/// A record to store with celery_app_store(). Free it with celery_record_free().
pub struct celery_record_t {
    _private: [u8; 0],
}

impl Opaque for celery_record_t {
    type Body = Record;
    const NAME: &'static str = "celery_record_t";
}

impl Unique for celery_record_t {}

fn not_empty<'a>(text: &'a str, name: &str) -> Result<&'a str> {
    if text.is_empty() {
        return Err(Error::new(Status::InvalidArgument, format!("the parameter {name} must not be empty")));
    }
    Ok(text)
}

/// Makes a record with a null value. celery_app_store() does what Celery's `mark_as_started`,
/// `mark_as_done`, `mark_as_failure`, `mark_as_retry`, `mark_as_revoked` and `update_state` do, by the
/// state; a FAILURE or REVOKED needs celery_record_set_exception() before it can be stored.
///
/// @param task_id not nullable.
/// @param state not nullable: SUCCESS, FAILURE, a state of the user's own such as PROGRESS.
/// @param record not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an empty id or state; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *record with celery_record_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_new(
    task_id: *const c_char,
    state: *const c_char,
    record: *mut *mut celery_record_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_new", err) }.run(|call| {
        let record = call.out(record, "record")?;
        let task_id = not_empty(call.text(task_id, "task_id")?, "task_id")?;
        let state = not_empty(call.text(state, "state")?, "state")?;
        record.own(Record::new(task_id, State::from_name(state)));
        Ok(())
    })
}

/// Frees a record. NULL is fine.
///
/// @param record nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_free(record: *mut celery_record_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_record_free") }.act(|call| {
        call.destroy(record);
    });
}

/// Sets the value (`result`). The text is checked when the record is stored; NaN, Infinity and integers
/// of any size are allowed.
///
/// @param record not nullable.
/// @param json nullable where len is 0.
/// @param len the length of json in bytes; 0 is null.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_value_json(
    record: *mut celery_record_t,
    json: *const c_char,
    len: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_value_json", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        let json = call.payload(json, len, "json")?;
        record.value = RecordValue::Json(if json.is_empty() { "null" } else { json }.to_owned());
        Ok(())
    })
}

/// Makes the value an exception, as Celery's serializers other than pickle store it.
///
/// @param record not nullable.
/// @param class_name not nullable: `exc_type`, the qualified class name.
/// @param module not nullable: `exc_module`, "builtins" for Python's own.
/// @param args_json nullable where len is 0: `exc_message`, a JSON array of the arguments.
/// @param len the length of args_json in bytes; 0 is no argument.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an empty class name; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_exception(
    record: *mut celery_record_t,
    class_name: *const c_char,
    module: *const c_char,
    args_json: *const c_char,
    len: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_exception", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        let class = not_empty(call.text(class_name, "class_name")?, "class_name")?.to_owned();
        let module = call.text(module, "module")?.to_owned();
        let args = call.payload(args_json, len, "args_json")?;
        let args = if args.is_empty() { "[]" } else { args }.to_owned();
        record.value = RecordValue::Exception { class, module, args };
        Ok(())
    })
}

/// Sets the traceback text (`traceback`).
///
/// @param record not nullable.
/// @param traceback nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_traceback(
    record: *mut celery_record_t,
    traceback: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_traceback", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        record.traceback = call.text_or_null(traceback, "traceback")?.map(str::to_owned);
        Ok(())
    })
}

/// Adds the result of a task that this one has started (`children`), with its parents and members.
///
/// @param record not nullable.
/// @param child not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND for a set, which has no id, and for a group with a set among
/// its members; CELERY_ERR_TOO_DEEP; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the child stays the caller's; free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_add_child(
    record: *mut celery_record_t,
    child: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_add_child", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        let tuple = call.shared(child, "child")?.base().as_tuple()?;
        record.children.get_or_insert_default().push(tuple);
        Ok(())
    })
}

/// Sets the children to the empty list, as a worker stores it for a task that has started none. Without
/// this they are null.
///
/// @param record not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_clear_children(
    record: *mut celery_record_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_clear_children", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        record.children = Some(Vec::new());
        Ok(())
    })
}

/// Sets the id of the group that the task is part of (`group_id`).
///
/// @param record not nullable.
/// @param group_id nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_group_id(
    record: *mut celery_record_t,
    group_id: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_group_id", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        record.group_id = call.text_or_null(group_id, "group_id")?.map(Into::into);
        Ok(())
    })
}

/// Sets the id of the task that sent this one (`parent_id`).
///
/// @param record not nullable.
/// @param parent_id nullable: none.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_record_set_parent_id(
    record: *mut celery_record_t,
    parent_id: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_record_set_parent_id", err) }.run(|call| {
        let record = call.unique_mut(record, "record")?;
        record.parent_id = call.text_or_null(parent_id, "parent_id")?.map(Into::into);
        Ok(())
    })
}
