//! Sets of results, groups included: making them, their members, and what is asked of all at once.
//! Waiting for them is in `result_join`.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    handle::OfProcess,
    result::{ResultBody, celery_result_t},
    result_list::{celery_result_list_t, no_such_index},
    status::celery_status_t,
};
use crate::result::{ResultBase, ResultSet};
use std::ffi::c_char;

/// Makes a set of results (`ResultSet(results)`). Does no I/O and subscribes to nothing. A result may
/// stand in it twice: Celery's constructor keeps duplicates. Members may be of any kind, sets and
/// groups included, and of any app.
///
/// @param app not nullable: what the set itself belongs to.
/// @param members nullable where count is 0.
/// @param count the number of members.
/// @param set not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TOO_DEEP where more than a thousand sets are nested;
/// CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT, also for a member that is NULL.
/// Ownership: free *set with celery_result_free(); it holds references of its own to the members; free
/// *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_new(
    app: *mut celery_app_t,
    members: *const *mut celery_result_t,
    count: usize,
    set: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_new", err) }.run(|call| {
        let set = call.out(set, "set")?;
        let app = call.shared(app, "app")?;
        let members = call.results(members, count, "members")?;
        let made = ResultSet::new(app.app(), members)?;
        set.share(ResultBody::new(ResultBase::Set(made)));
        Ok(())
    })
}

/// Adds a member at the end, unless an equal one is there (`add`). Waits for the set that are in
/// progress wait for it too.
///
/// @param set not nullable: a SET or GROUP.
/// @param member not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where the set would come to hold itself;
/// CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_add(
    set: *const celery_result_t,
    member: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_add", err) }.run(|call| {
        let set = call.shared(set, "set")?;
        set.base().set()?.add(call.shared(member, "member")?.base())
    })
}

/// Adds those members that have no equal in the set yet (`update`), all or, where one cannot be added,
/// none. Unlike in Celery, waits that are in progress wait for them too.
///
/// @param set not nullable: a SET or GROUP.
/// @param members nullable where count is 0.
/// @param count the number of members.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where the set would come to hold itself;
/// CELERY_ERR_TOO_DEEP; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT, also for a
/// member that is NULL.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_update(
    set: *const celery_result_t,
    members: *const *mut celery_result_t,
    count: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_update", err) }.run(|call| {
        let set = call.shared(set, "set")?;
        set.base().set()?.update(&call.results(members, count, "members")?)
    })
}

/// Takes out the first member that is equal to this one (`remove`). Waits that are in progress no
/// longer wait for it.
///
/// @param set not nullable: a SET or GROUP.
/// @param member not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE where there is none; CELERY_ERR_WRONG_KIND;
/// CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_remove(
    set: *const celery_result_t,
    member: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_remove", err) }.run(|call| {
        let set = call.shared(set, "set")?;
        set.base().set()?.remove(call.shared(member, "member")?.base())
    })
}

/// Takes out the first member with this id (`remove` with a text).
///
/// @param set not nullable: a SET or GROUP.
/// @param task_id not nullable: the id of a task or group.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE where there is none; CELERY_ERR_WRONG_KIND;
/// CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_remove_id(
    set: *const celery_result_t,
    task_id: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_remove_id", err) }.run(|call| {
        let set = call.shared(set, "set")?;
        set.base().set()?.remove_id(call.text(task_id, "task_id")?)
    })
}

/// Takes out the first member that is equal to this one, if there is one (`discard`).
///
/// @param set not nullable: a SET or GROUP.
/// @param member not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where there is none; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_discard(
    set: *const celery_result_t,
    member: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_discard", err) }.run(|call| {
        let set = call.shared(set, "set")?;
        set.base().set()?.discard(call.shared(member, "member")?.base());
        Ok(())
    })
}

/// Takes out all members (`clear`). Waits that are in progress end: nothing is left to wait for.
///
/// @param set not nullable: a SET or GROUP.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_set_clear(
    set: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_set_clear", err) }.run(|call| {
        call.shared(set, "set")?.base().set()?.clear();
        Ok(())
    })
}

/// Gives the number of members of a set or group (`len(set.results)`).
///
/// @param set not nullable: a SET or GROUP.
/// @param count not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_member_count(
    set: *const celery_result_t,
    count: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_member_count", err) }.run(|call| {
        let count = call.data(count, "count")?;
        count.set(call.shared(set, "set")?.base().set()?.len());
        Ok(())
    })
}

/// Gives one member of a set or group (`set.results[index]`). While other threads change the set,
/// celery_result_members() is the way to walk it.
///
/// @param set not nullable: a SET or GROUP.
/// @param index from 0.
/// @param member not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *member with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_member(
    set: *const celery_result_t,
    index: usize,
    member: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_member", err) }.run(|call| {
        let member = call.out(member, "member")?;
        let set = call.shared(set, "set")?;
        let set = set.base().set()?;
        let found = set.get_member(index).ok_or_else(|| no_such_index(index, set.len(), "members"))?;
        member.share(ResultBody::new(found));
        Ok(())
    })
}

/// Gives all members as they are now (`results`). The list does not change when the set does, and costs
/// nothing to take, however many there are.
///
/// @param set not nullable: a SET or GROUP.
/// @param list not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *list with celery_result_list_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_members(
    set: *const celery_result_t,
    list: *mut *mut celery_result_list_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_members", err) }.run(|call| {
        let list = call.out(list, "list")?;
        list.share(OfProcess::new(call.shared(set, "set")?.base().set()?.members()));
        Ok(())
    })
}

/// Tells whether any member has not finished (`waiting()`), by one batched read; false for none.
/// celery_result_ready(), celery_result_successful() and celery_result_failed() work on sets too.
///
/// @param set not nullable: a SET or GROUP.
/// @param waiting not nullable: true if so.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state of a member cannot be read;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
/// CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_waiting(
    set: *const celery_result_t,
    waiting: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_waiting", err) }.run(|call| {
        let waiting = call.data(waiting, "waiting")?;
        waiting.set(call.shared(set, "set")?.base().set()?.waiting()?);
        Ok(())
    })
}

/// Counts the members that have returned a value (`completed_count()`), by one batched read. As in
/// Celery those that failed do not count.
///
/// @param set not nullable: a SET or GROUP.
/// @param count not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP where the state of a member cannot be read;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE;
/// CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_completed_count(
    set: *const celery_result_t,
    count: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_completed_count", err) }.run(|call| {
        let count = call.data(count, "count")?;
        count.set(call.shared(set, "set")?.base().set()?.completed_count()?);
        Ok(())
    })
}
