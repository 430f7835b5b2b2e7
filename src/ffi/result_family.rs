//! Parents, children and the plain-data forms of results.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    handle::OfProcess,
    result::{ResultBody, celery_result_t},
    result_list::celery_result_list_t,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::result::ResultBase;
use std::ffi::c_char;

/// Gives the result whose task started this one (`parent`), as far as the handle was told.
///
/// @param result not nullable.
/// @param parent not nullable: NULL comes out where none is known.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *parent with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_parent(
    result: *const celery_result_t,
    parent: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_parent", err) }.run(|call| {
        let parent = call.out(parent, "parent")?;
        if let Some(found) = call.shared(result, "result")?.base().parent() {
            parent.share(ResultBody::new(found.clone()));
        }
        Ok(())
    })
}

/// Gives the results of the tasks that the task has started (`children`), or the members of a group
/// (`results`). An EAGER result has none.
///
/// @param result not nullable.
/// @param children not nullable: NULL comes out where the record has none or null; an empty list stays
/// one.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED,
/// CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for this record;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
/// CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *children with celery_result_list_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_children(
    result: *const celery_result_t,
    children: *mut *mut celery_result_list_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_children", err) }.run(|call| {
        let children = call.out(children, "children")?;
        if let Some(found) = call.shared(result, "result")?.base().children()? {
            children.share(OfProcess::new(found.into()));
        }
        Ok(())
    })
}

/// Gives the result as plain data, with its parents and members (`as_tuple()`): what
/// celery_result_from_tuple() and Python's `result_from_tuple` read.
///
/// @param result not nullable.
/// @param tuple not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND for a set, which has no id, and for a
/// group with a set among its members; CELERY_ERR_TOO_LARGE where the text is larger than
/// max_payload_bytes allows; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *tuple with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_as_tuple(
    result: *const celery_result_t,
    tuple: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_as_tuple", err) }.run(|call| {
        let tuple = call.out(tuple, "tuple")?;
        let result = call.shared(result, "result")?;
        let codec = result.base().codec();
        let json = codec.tuple_json(&result.base().as_tuple()?);
        tuple.share(ValueBody::new(codec.value(&json)?));
        Ok(())
    })
}

/// Gives the ids of the result and of its ancestors as a JSON array, its own first (`as_list()`).
///
/// @param result not nullable.
/// @param list not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *list with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_as_list(
    result: *const celery_result_t,
    list: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_as_list", err) }.run(|call| {
        let list = call.out(list, "list")?;
        let result = call.shared(result, "result")?;
        let ids = result.base().as_list()?;
        let ids: serde_json::Value = ids.iter().map(|id| &**id).collect();
        list.share(ValueBody::new(result.base().codec().value(&ids.to_string())?));
        Ok(())
    })
}

/// Makes a result of plain data: the JSON text of `as_tuple()`, of this library's or of Python's.
///
/// @param app not nullable.
/// @param json nullable where len is 0.
/// @param len the length of json in bytes.
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, also for an id that is empty or longer than 16384 bytes;
/// CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *result with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_from_tuple(
    app: *mut celery_app_t,
    json: *const c_char,
    len: usize,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_from_tuple", err) }.run(|call| {
        let result = call.out(result, "result")?;
        let app = call.shared(app, "app")?;
        let tuple = app.app().codec().tuple(call.payload(json, len, "json")?)?;
        result.share(ResultBody::new(ResultBase::from_tuple(app.app(), &tuple)?));
        Ok(())
    })
}
