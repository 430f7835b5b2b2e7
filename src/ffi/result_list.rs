//! `celery_result_list_t`: children of a result, or members of a set, as handles.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{OfProcess, Opaque, Shared},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use crate::{
    model::{Error, Status},
    result::ResultBase,
};
use std::sync::Arc;

/// A list of results that never changes. Free it with celery_result_list_free().
pub struct celery_result_list_t {
    _private: [u8; 0],
}

impl Opaque for celery_result_list_t {
    type Body = OfProcess<Arc<Vec<ResultBase>>>;
    const NAME: &'static str = "celery_result_list_t";

    fn is_forked(body: &Self::Body) -> bool {
        body.is_forked()
    }
}

impl Shared for celery_result_list_t {}

pub(super) fn no_such_index(index: usize, count: usize, of: &str) -> Error {
    Error::new(Status::NoSuchValue, format!("there is no index {index} among {count} {of}"))
}

/// Gives the number of results in a list.
///
/// @param list not nullable.
/// @return how many indexes celery_result_list_at() knows; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_list_count(list: *const celery_result_list_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_list_count") }.answer(0, |call| Ok(call.shared(list, "list")?.len()))
}

/// Gives one result of a list.
///
/// @param list not nullable.
/// @param index from 0.
/// @param result not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *result with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_list_at(
    list: *const celery_result_list_t,
    index: usize,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_list_at", err) }.run(|call| {
        let result = call.out(result, "result")?;
        let list = call.shared(list, "list")?;
        let found = list.get(index).ok_or_else(|| no_such_index(index, list.len(), "results"))?;
        result.share(ResultBody::new(found.clone()));
        Ok(())
    })
}

/// Frees a list. NULL is fine. Results taken from it stay. In a forked child it does nothing.
///
/// @param list nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_list_free(list: *mut celery_result_list_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_list_free") }.act(|call| {
        call.release(list);
    });
}
