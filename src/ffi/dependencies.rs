//! `celery_dependencies_t`: a walk over what hangs on a result.

use super::{
    boundary::Call,
    error::celery_error_t,
    get_options::celery_get_options_t,
    handle::{OfProcess, Opaque, Unique},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::result::{Dependencies, get_leaf};

/// Where a walk over a result and what hangs on it stands. Free it with celery_dependencies_free().
pub struct celery_dependencies_t {
    _private: [u8; 0],
}

impl Opaque for celery_dependencies_t {
    type Body = OfProcess<Dependencies>;
    const NAME: &'static str = "celery_dependencies_t";

    fn is_forked(body: &Self::Body) -> bool {
        body.is_forked()
    }
}

impl Unique for celery_dependencies_t {}

/// Begins a walk over a result and all that hangs on it: the tasks that it has started, what they have
/// started, and the members of groups, breadth first (`iterdeps`). Every result is expanded once, so
/// that cycles end. Does no I/O yet.
///
/// @param result not nullable.
/// @param intermediate whether results that are not ready may come: their children are not followed.
/// Without it the walk fails after one.
/// @param dependencies not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *dependencies with celery_dependencies_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_iterdeps(
    result: *const celery_result_t,
    intermediate: bool,
    dependencies: *mut *mut celery_dependencies_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_iterdeps", err) }.run(|call| {
        let dependencies = call.out(dependencies, "dependencies")?;
        let walk = Dependencies::new(call.shared(result, "result")?.base(), intermediate)?;
        dependencies.own(OfProcess::new(walk));
        Ok(())
    })
}

/// Gives the next result of the walk and the one on which it hangs. A result that is met again comes
/// again. A call that fails changes nothing and may be made again.
///
/// @param dependencies not nullable.
/// @param parent nullable: not wanted. NULL comes out for the first result, and at the end.
/// @param node not nullable: NULL comes out at the end.
/// @param err nullable.
/// @return CELERY_OK, also at the end; CELERY_ERR_INCOMPLETE after a result that is not ready, with its
/// id in *err; CELERY_ERR_WRONG_KIND where a member of a group is a set; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for the record of one of them; CELERY_ERR_RELEASED; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *parent and *node with celery_result_free(); free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_dependencies_next(
    dependencies: *mut celery_dependencies_t,
    parent: *mut *mut celery_result_t,
    node: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_dependencies_next", err) }.run(|call| {
        let parent = call.out_or_null(parent);
        let node = call.out(node, "node")?;
        let Some(found) = call.unique_mut(dependencies, "dependencies")?.next()? else { return Ok(()) };
        if let (Some(parent), Some(found)) = (parent, found.parent) {
            parent.share(ResultBody::new(found));
        }
        node.share(ResultBody::new(found.node));
        Ok(())
    })
}

/// Gives the next result of the walk with its value, waiting for it (`collect`). A call that fails
/// changes nothing: it may be made again, and celery_dependencies_next() passes the result over.
///
/// @param dependencies not nullable.
/// @param options nullable: every default; for each result anew.
/// @param node not nullable: NULL comes out at the end.
/// @param value not nullable: NULL comes out at the end.
/// @param err nullable.
/// @return CELERY_OK, also at the end; CELERY_ERR_INCOMPLETE after a result that is not ready;
/// CELERY_ERR_TASK_FAILED and CELERY_ERR_TASK_REVOKED, with the exception in *err; CELERY_ERR_TIMEOUT;
/// CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED;
/// CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and
/// CELERY_ERR_TOO_DEEP for the record of one of them; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *node with celery_result_free() and *value with celery_value_free(); free *err with
/// celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: up to the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_dependencies_collect(
    dependencies: *mut celery_dependencies_t,
    options: *const celery_get_options_t,
    node: *mut *mut celery_result_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_dependencies_collect", err) }.run(|call| {
        let (node, value) = (call.out(node, "node"), call.out(value, "value"));
        let (node, value) = (node?, value?);
        let options = call.glance(options).cloned().unwrap_or_default();
        let walk = call.unique_mut(dependencies, "dependencies")?;
        let Some((found, outcome)) = walk.collect_next(&options)? else { return Ok(()) };
        node.share(ResultBody::new(found.node));
        value.share(ValueBody::of_outcome(outcome));
        Ok(())
    })
}

/// Ends a walk. NULL is fine. In a forked child it does nothing.
///
/// @param dependencies nullable.
/// Ownership: the handle is gone; results and values taken from it stay.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_dependencies_free(dependencies: *mut celery_dependencies_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_dependencies_free") }.act(|call| {
        call.destroy(dependencies);
    });
}

/// Waits for the task and all that hangs on it and gives the value of the last result of the walk
/// (`get_leaf`): of a chain that was sent by its first task, the last task's.
///
/// @param result not nullable.
/// @param options nullable: every default; for each result anew.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INCOMPLETE where one of them is not ready; CELERY_ERR_TASK_FAILED and
/// CELERY_ERR_TASK_REVOKED, with the exception in *err; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED;
/// CELERY_ERR_NOT_FOUND; CELERY_ERR_JOIN_DENIED; CELERY_ERR_RELEASED; CELERY_ERR_DECODE,
/// CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP
/// for the record of one of them; CELERY_ERR_LIMIT; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_WRONG_KIND; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *value with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_get_leaf(
    result: *const celery_result_t,
    options: *const celery_get_options_t,
    value: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_get_leaf", err) }.run(|call| {
        let value = call.out(value, "value")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        let leaf = get_leaf(call.shared(result, "result")?.base(), &options)?;
        value.share(ValueBody::of_outcome(leaf));
        Ok(())
    })
}
