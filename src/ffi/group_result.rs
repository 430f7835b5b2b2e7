//! Groups: making them, and keeping them in the result store as Celery does.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use crate::result::{GroupResult, ResultBase};
use std::ffi::c_char;

/// Makes the results of a group (`GroupResult(id, results, parent=…)`). Does no I/O and subscribes to
/// nothing. Every function for sets applies to it too.
///
/// @param app not nullable.
/// @param group_id not nullable.
/// @param members nullable where count is 0.
/// @param count the number of members.
/// @param parent nullable: no parent.
/// @param group not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
/// CELERY_ERR_TOO_DEEP where more than a thousand sets are nested; CELERY_ERR_FORKED;
/// CELERY_ERR_NULL_ARGUMENT, also for a member that is NULL; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *group with celery_result_free(); it holds references of its own to the members and
/// the parent; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_group_result_new(
    app: *mut celery_app_t,
    group_id: *const c_char,
    members: *const *mut celery_result_t,
    count: usize,
    parent: *const celery_result_t,
    group: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_group_result_new", err) }.run(|call| {
        let group = call.out(group, "group")?;
        let app = call.shared(app, "app")?;
        let group_id = call.text(group_id, "group_id")?;
        let members = call.results(members, count, "members")?;
        let parent = call.shared_or_null(parent)?.map(|parent| parent.base().clone());
        let made = GroupResult::new(app.app(), group_id, members, parent)?;
        group.share(ResultBody::new(ResultBase::Group(made)));
        Ok(())
    })
}

/// Reads a group that celery_group_result_save(), or Python's `GroupResult.save()`, has saved
/// (`GroupResult.restore`). Subscribes to nothing.
///
/// @param app not nullable.
/// @param group_id not nullable.
/// @param group not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NOT_FOUND where no group is saved under this id; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for this record; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
/// CELERY_ERR_UNSUPPORTED where the backend keeps no groups; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *group with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_group_result_restore(
    app: *mut celery_app_t,
    group_id: *const c_char,
    group: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_group_result_restore", err) }.run(|call| {
        let group = call.out(group, "group")?;
        let app = call.shared(app, "app")?;
        let found = GroupResult::restore(app.app(), call.text(group_id, "group_id")?)?;
        group.share(ResultBody::new(ResultBase::Group(found)));
        Ok(())
    })
}

/// Saves the ids of the group's members (`save()`), for celery_group_result_restore() and for Python.
/// They expire as results do.
///
/// @param group not nullable: a GROUP.
/// @param app nullable: where to save it, instead of in the group's own app.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND, also where a member is a set, which has no id;
/// CELERY_ERR_TOO_DEEP; CELERY_ERR_ENCODE; CELERY_ERR_UNSUPPORTED where the backend keeps no groups;
/// CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_group_result_save(
    group: *const celery_result_t,
    app: *mut celery_app_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_group_result_save", err) }.run(|call| {
        let group = call.shared(group, "group")?;
        let app = call.shared_or_null(app)?;
        group.base().group()?.save(app.as_ref().map(|app| app.app()))
    })
}

/// Deletes what celery_group_result_save() has saved (`delete()`). The results of the members stay.
///
/// @param group not nullable: a GROUP.
/// @param app nullable: where it was saved, if not in the group's own app.
/// @param err nullable.
/// @return CELERY_OK, also where nothing was saved; CELERY_ERR_WRONG_KIND; CELERY_ERR_UNSUPPORTED where
/// the backend keeps no groups; CELERY_ERR_UNCERTAIN; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_group_result_delete(
    group: *const celery_result_t,
    app: *mut celery_app_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_group_result_delete", err) }.run(|call| {
        let group = call.shared(group, "group")?;
        let app = call.shared_or_null(app)?;
        group.base().group()?.delete(app.as_ref().map(|app| app.app()))
    })
}
