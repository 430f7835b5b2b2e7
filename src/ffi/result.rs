//! `celery_result_t`: making handles, and what they are. Waiting is in `result_wait`, reading in
//! `result_state`, parents and children in `result_family`, what only sets and groups have in
//! `result_set` and `group_result`.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Shared},
    status::celery_status_t,
    text::Text,
};
use crate::{
    model::Result,
    result::{AsyncResult, ResultBase, join_deny},
};
use std::{
    ffi::c_char,
    hash::{DefaultHasher, Hash, Hasher},
    ptr,
};

/// The result of one task, of celery.result's `AsyncResult`.
pub const CELERY_RESULT_ASYNC: i32 = 1;
/// The result of a task that was run at once, celery.result's `EagerResult`.
pub const CELERY_RESULT_EAGER: i32 = 2;
/// Several results, celery.result's `ResultSet`.
pub const CELERY_RESULT_SET: i32 = 3;
/// The results of a group, celery.result's `GroupResult`.
pub const CELERY_RESULT_GROUP: i32 = 4;

/// A result: one type for all classes of `celery.result`, because parents and children mix them.
/// Free it with celery_result_free().
pub struct celery_result_t {
    _private: [u8; 0],
}

pub(super) struct ResultBody {
    base: ResultBase,
    id: Option<Text>,
}

impl ResultBody {
    pub(super) fn new(base: ResultBase) -> Self {
        Self { id: base.id().map(|id| Text::new(id.as_bytes())), base }
    }

    pub(super) fn base(&self) -> &ResultBase {
        &self.base
    }
}

impl Call {
    /// The results of an array.
    pub(super) fn results(
        &self,
        pointer: *const *mut celery_result_t,
        count: usize,
        name: &str,
    ) -> Result<Vec<ResultBase>> {
        let handles = self.all_shared(pointer, count, name)?;
        Ok(handles.into_iter().map(|handle| handle.base.clone()).collect())
    }
}

impl Opaque for celery_result_t {
    type Body = ResultBody;
    const NAME: &'static str = "celery_result_t";

    fn is_forked(body: &ResultBody) -> bool {
        body.base.app().is_some_and(crate::app::App::is_forked)
    }
}

impl Shared for celery_result_t {}

fn kind(base: &ResultBase) -> i32 {
    match base {
        ResultBase::Async(_) => CELERY_RESULT_ASYNC,
        ResultBase::Eager(_) => CELERY_RESULT_EAGER,
        ResultBase::Set(_) => CELERY_RESULT_SET,
        ResultBase::Group(_) => CELERY_RESULT_GROUP,
    }
}

/// Makes the result of a task (`AsyncResult(id)`). Does no I/O: every text is an id, and nobody knows
/// whether the task exists.
///
/// @param app not nullable.
/// @param task_id not nullable.
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where the app is closed; CELERY_ERR_INVALID_ARGUMENT for an id that is
/// empty or longer than 16384 bytes; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *result with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_async_result_new(
    app: *mut celery_app_t,
    task_id: *const c_char,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_async_result_new", err) }.run(|call| {
        let result = call.out(result, "result")?;
        let app = call.shared(app, "app")?;
        let made = AsyncResult::new(app.app(), call.text(task_id, "task_id")?)?;
        result.share(ResultBody::new(ResultBase::Async(made)));
        Ok(())
    })
}

/// Makes the result of a task with its parent (`AsyncResult(id, parent=…)`): celery_result_get() fails
/// when the parent has failed, and celery_result_forget() forgets it too.
///
/// @param app not nullable.
/// @param task_id not nullable.
/// @param parent nullable: no parent.
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK, also where the app is closed; CELERY_ERR_INVALID_ARGUMENT for an id that is
/// empty or longer than 16384 bytes; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *result with celery_result_free(); it holds a reference to the parent of its own;
/// free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_async_result_new_with_parent(
    app: *mut celery_app_t,
    task_id: *const c_char,
    parent: *const celery_result_t,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_async_result_new_with_parent", err) }.run(|call| {
        let result = call.out(result, "result")?;
        let app = call.shared(app, "app")?;
        let task_id = call.text(task_id, "task_id")?;
        let parent = call.shared_or_null(parent)?.map(|parent| parent.base.clone());
        let made = AsyncResult::with_parent(app.app(), task_id, parent)?;
        result.share(ResultBody::new(ResultBase::Async(made)));
        Ok(())
    })
}

/// Gives another reference to the same result.
///
/// @param result not nullable.
/// @return the result; NULL for NULL, and in a forked child.
/// Ownership: free it with celery_result_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_ref(result: *const celery_result_t) -> *mut celery_result_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_ref") }.answer(ptr::null_mut(), |call| Ok(call.reference(result)))
}

/// Gives a reference back. NULL is fine. A call that is running on another thread keeps its own and
/// goes on; no network I/O is done. In a forked child it does nothing.
///
/// @param result nullable.
/// Ownership: the reference is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_free(result: *mut celery_result_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_free") }.act(|call| {
        call.release(result);
    });
}

/// Gives the id of the task or group.
///
/// @param result not nullable.
/// @return the id; NULL for NULL, for a set, which has none, and in a forked child.
/// Ownership: borrowed, until the result is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_id(result: *const celery_result_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_id") }.answer(ptr::null(), |call| {
        Ok(call.shared(result, "result")?.id.as_ref().map_or(ptr::null(), Text::pointer))
    })
}

/// Tells which class of `celery.result` this is.
///
/// @param result not nullable.
/// @return CELERY_RESULT_ASYNC, CELERY_RESULT_EAGER, CELERY_RESULT_SET or CELERY_RESULT_GROUP; 0 for
/// NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_kind(result: *const celery_result_t) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_kind") }
        .answer(0, |call| Ok(kind(&call.shared(result, "result")?.base)))
}

/// Tells whether two results are equal as Celery's are: results of tasks by their ids, sets by their
/// members in order, groups by id, members and parent.
///
/// @param left not nullable.
/// @param right not nullable.
/// @return true if so; false where one is NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_equal(
    left: *const celery_result_t,
    right: *const celery_result_t,
) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_equal") }
        .answer(false, |call| Ok(call.shared(left, "left")?.base == call.shared(right, "right")?.base))
}

/// Gives a number that equal results share, for hash tables. It may differ between versions of the
/// library.
///
/// @param result not nullable.
/// @return the number; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_hash(result: *const celery_result_t) -> u64 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_hash") }.answer(0, |call| {
        let mut hasher = DefaultHasher::new();
        call.shared(result, "result")?.base.id().hash(&mut hasher);
        Ok(hasher.finish())
    })
}

/// Marks the result as ignored (`ignored = True`): nobody will store a record, and nobody is to wait for
/// one. From now on the result counts as finished, with null as its value and without a record, for
/// everything that waits or gives values: celery_result_get(), celery_result_wait(),
/// celery_result_then(), celery_wait_any(), celery_wait_all(), celery_wait_some(), queues, and joining,
/// waiting for and iterating over a set that it is in. None of these looks at the store for it.
///
/// What asks for the state or the record looks at the store as ever, where an ignored result is PENDING:
/// celery_result_state(), celery_result_ready(), celery_result_meta(), celery_result_exists(),
/// celery_result_maybe_throw() and the like, also those of a set that it is in. A wait that has begun
/// goes on.
///
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_ignore(
    result: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_ignore", err) }.run(|call| {
        call.shared(result, "result")?.base.task()?.ignore();
        Ok(())
    })
}

/// Tells whether the result was marked as ignored.
///
/// @param result not nullable.
/// @return true if so; false for NULL, for other kinds than ASYNC, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_is_ignored(result: *const celery_result_t) -> bool {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_is_ignored") }
        .answer(false, |call| Ok(call.shared(result, "result")?.base.task()?.is_ignored()))
}

/// Drops the record that a finished result keeps, and keeps its state: for garbage-collected languages
/// that have copied it. Later calls that need more than the state (get, meta, children) give
/// CELERY_ERR_RELEASED; values and metas already taken stay valid, and another handle for the same id
/// reads the record again. Does nothing to a result that has not been seen finished.
///
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_release_payload(
    result: *const celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_release_payload", err) }.run(|call| {
        call.shared(result, "result")?.base.task()?.release_payload();
        Ok(())
    })
}

/// Denies or allows waiting on the calling thread (Celery's `denied_join_result`): while it is
/// denied, celery_result_get() gives CELERY_ERR_JOIN_DENIED. Celery keeps one flag per process;
/// here each thread has its own.
///
/// @return the flag as it was, to be put back.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_join_deny(deny: bool) -> bool {
    // SAFETY: there are no pointers.
    unsafe { Call::plain("celery_join_deny") }.answer(false, |_| Ok(join_deny(deny)))
}
