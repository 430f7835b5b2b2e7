//! `celery_result_iter_t`: the members of a set or group as they finish.

use super::{
    boundary::Call,
    error::celery_error_t,
    get_options::celery_get_options_t,
    handle::{OfProcess, Opaque, Unique},
    meta::{MetaBody, celery_meta_t},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use crate::result::{IterNative, Snapshot};

/// Where a walk over the members of a set stands. Free it with celery_result_iter_free().
pub struct celery_result_iter_t {
    _private: [u8; 0],
}

impl Opaque for celery_result_iter_t {
    type Body = OfProcess<IterNative>;
    const NAME: &'static str = "celery_result_iter_t";

    fn is_forked(body: &Self::Body) -> bool {
        body.is_forked()
    }
}

impl Unique for celery_result_iter_t {}

/// Begins a walk over the members in the order in which they finish (`iter_native`), those that have
/// finished first. A nested group comes once, when all its members have finished. Nothing is asked or
/// subscribed before the first celery_result_iter_next().
///
/// @param set not nullable: a SET or GROUP.
/// @param options nullable: every default. The timeout is one budget for the whole walk and begins with
/// the first step; propagate and the callback do not matter.
/// @param iter not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_LIMIT; CELERY_ERR_FORKED;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *iter with celery_result_iter_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_iter_native(
    set: *const celery_result_t,
    options: *const celery_get_options_t,
    iter: *mut *mut celery_result_iter_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_iter_native", err) }.run(|call| {
        let iter = call.out(iter, "iter")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        let walk = call.shared(set, "set")?.base().set()?.iter_native(&options)?;
        iter.own(OfProcess::new(walk));
        Ok(())
    })
}

/// Gives the next member that has finished, waiting for it if need be. A failed task is no failure of
/// waiting for it: its state is in the meta.
///
/// @param iter not nullable.
/// @param index nullable: gets the member's position in the set.
/// @param member not nullable: NULL comes out at the end.
/// @param meta nullable: gets the member's record; NULL comes out for a set or group, for an ignored
/// result, and at the end.
/// @param err nullable.
/// @return CELERY_OK, also at the end; CELERY_ERR_TIMEOUT; CELERY_ERR_CANCELLED; CELERY_ERR_NOT_FOUND;
/// CELERY_ERR_RELEASED; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED, CELERY_ERR_NOT_BUILT_IN,
/// CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for the record of a member; CELERY_ERR_LIMIT;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *member with celery_result_free() and *meta with celery_meta_free(); free *err with
/// celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: up to what is left of the timeout in the options.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_iter_next(
    iter: *mut celery_result_iter_t,
    index: *mut usize,
    member: *mut *mut celery_result_t,
    meta: *mut *mut celery_meta_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_iter_next", err) }.run(|call| {
        let meta = call.out_or_null(meta);
        let member = call.out(member, "member")?;
        let Some(finished) = call.unique_mut(iter, "iter")?.next()? else { return Ok(()) };
        call.fill(index, finished.index);
        if let (Some(out), Some(id), Some(meta)) = (meta, finished.member.id(), &finished.meta) {
            out.share(MetaBody::new(Snapshot::of_record(id, meta)));
        }
        member.share(ResultBody::new(finished.member));
        Ok(())
    })
}

/// Ends a walk. NULL is fine. What it still waited for is no longer subscribed to. In a forked child it
/// does nothing.
///
/// @param iter nullable.
/// Ownership: the handle is gone; results and metas taken from it stay.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_iter_free(iter: *mut celery_result_iter_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_result_iter_free") }.act(|call| {
        call.destroy(iter);
    });
}
