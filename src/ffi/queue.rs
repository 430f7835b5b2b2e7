//! `celery_queue_t`: one thread, or a poll loop, serves the results of any number of tasks and apps.
//! What comes out is in `batch`.

use super::{
    app::{celery_app_t, timeout},
    batch::{BatchBody, celery_batch_t},
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    handle::{Opaque, Shared},
    result::celery_result_t,
    status::celery_status_t,
};
use crate::result::CompletionQueue;
use std::{ffi::c_char, ptr};

/// Where the events of many results come together. Free it with celery_queue_free().
pub struct celery_queue_t {
    _private: [u8; 0],
}

impl Opaque for celery_queue_t {
    type Body = CompletionQueue;
    const NAME: &'static str = "celery_queue_t";

    fn is_forked(body: &CompletionQueue) -> bool {
        body.is_forked()
    }
}

impl Shared for celery_queue_t {}

/// Ids with their tags, which are their indexes where there are none.
fn tagged<'a>(ids: &[&'a str], tags: Option<&[u64]>) -> Vec<(&'a str, u64)> {
    match tags {
        Some(tags) => ids.iter().copied().zip(tags.iter().copied()).collect(),
        None => ids.iter().copied().zip(0..).collect(),
    }
}

/// Makes a queue. It belongs to no app and takes one file descriptor, and no thread.
///
/// @param queue not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_LIMIT when the process has no file descriptor left;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *queue with celery_queue_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_new(
    queue: *mut *mut celery_queue_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_new", err) }.run(|call| {
        let queue = call.out(queue, "queue")?;
        queue.share(CompletionQueue::new()?);
        Ok(())
    })
}

/// Gives another reference to the same queue.
///
/// @param queue not nullable.
/// @return the queue; NULL for NULL, and in a forked child.
/// Ownership: free it with celery_queue_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_ref(queue: *const celery_queue_t) -> *mut celery_queue_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_ref") }.answer(ptr::null_mut(), |call| Ok(call.reference(queue)))
}

/// Gives a reference back. NULL is fine. With the last one the queue no longer waits for anything,
/// which takes time in proportion to what it waited for; a call that is running on another thread
/// keeps its own and goes on. In a forked child it does nothing.
///
/// @param queue nullable.
/// Ownership: the reference is gone; batches taken from the queue stay.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_free(queue: *mut celery_queue_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_free") }.act(|call| {
        call.release(queue);
    });
}

/// Adds a result of any kind and app: when it has finished, an event with this tag comes. One that has
/// finished already queues its event at once. A set or group has one event, when all its members have
/// finished. The same result may be added again, also with the same tag: each has its own event.
///
/// @param queue not nullable.
/// @param result not nullable.
/// @param tag any number: it comes back in the event.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_CLOSED where the app is closed and the handle has not seen the task
/// finished: a set or group has the event CLOSED instead; CELERY_ERR_LIMIT; CELERY_ERR_FORKED;
/// CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
/// once; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_add(
    queue: *mut celery_queue_t,
    result: *const celery_result_t,
    tag: u64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_add", err) }.run(|call| {
        let queue = call.shared(queue, "queue")?;
        queue.add(call.shared(result, "result")?.base(), tag)
    })
}

/// Adds the results of many tasks by their ids, all of them or, where one cannot be added, none. No
/// handle is needed; it is the way to add a million.
///
/// @param queue not nullable.
/// @param app not nullable.
/// @param ids nullable where count is 0.
/// @param tags nullable: the tags are 0, 1, 2 and so on; else as many as there are ids.
/// @param count the number of ids.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for an id that is empty or longer than 16384 bytes;
/// CELERY_ERR_CLOSED; CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT,
/// also for an id that is NULL; CELERY_ERR_INVALID_UTF8.
/// Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
/// once; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_add_ids(
    queue: *mut celery_queue_t,
    app: *mut celery_app_t,
    ids: *const *const c_char,
    tags: *const u64,
    count: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_add_ids", err) }.run(|call| {
        let queue = call.shared(queue, "queue")?;
        let app = call.shared(app, "app")?;
        let ids = call.texts(ids, count, "ids")?;
        let tags = call.array_or_null(tags, count, "tags")?;
        queue.add_ids(app.app(), &tagged(&ids, tags))
    })
}

/// Adds the members of a set or group as it is now, each with its own event: the tag of a member is
/// first_tag plus its index. Members that are sets have one event each. All of them are added or, where
/// one cannot be added, none: of two apps of which one is closed, too.
///
/// @param queue not nullable.
/// @param set not nullable: a SET or GROUP.
/// @param first_tag the tag of the first member.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_WRONG_KIND; CELERY_ERR_INVALID_ARGUMENT where first_tag leaves too few
/// tags, of which UINT64_MAX is the last; CELERY_ERR_CLOSED where the app of a member is closed that is
/// no set and whose handle has not seen the task finished: celery_error_member() tells the first;
/// CELERY_ERR_LIMIT; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the queue holds a reference of its own to what it waits for: handles may be freed at
/// once; free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_add_members(
    queue: *mut celery_queue_t,
    set: *const celery_result_t,
    first_tag: u64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_add_members", err) }.run(|call| {
        let queue = call.shared(queue, "queue")?;
        queue.add_members(call.shared(set, "set")?.base(), first_tag)
    })
}

/// Takes out everything that was added with this tag: it is no longer waited for, and its events that
/// are still queued are dropped. What another thread is adding at this moment, in a call that has not
/// returned, stays.
///
/// @param queue not nullable.
/// @param tag as it was given when something was added.
/// @param removed nullable: gets how many were taken out whose last event was not yet taken.
/// @param err nullable.
/// @return CELERY_OK, also where there is none; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_remove(
    queue: *mut celery_queue_t,
    tag: u64,
    removed: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_remove", err) }.run(|call| {
        let count = call.shared(queue, "queue")?.remove(tag);
        call.fill(removed, count);
        Ok(())
    })
}

/// Makes the queue report intermediate states too, as STARTED, PROGRESS and the program's own: from now
/// on, of everything in it. Each that is stored while the queue waits comes, in order and none after a
/// newer one; of what is added later, the state found at first comes once too. After the connection was
/// lost, the first that comes is the state stored then, for which celery_batch_after_gap() is true. Of one
/// result at most so many are kept until they are taken, the newest; the last event has room always.
///
/// @param queue not nullable.
/// @param history 0 turns it off, states that are queued stay; 1 keeps the newest state of each result; a
/// larger number that many.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_report_progress(
    queue: *mut celery_queue_t,
    history: usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_report_progress", err) }.run(|call| {
        call.shared(queue, "queue")?.report_progress(history);
        Ok(())
    })
}

/// Makes the queue report the connection of an app to its store: CELERY_EVENT_CONNECTED at once where
/// there is one, then an event each time that it comes or goes; of several changes that were not taken
/// the last one counts. Whatever is waited for goes on by itself. The last event is
/// CELERY_EVENT_CLOSED, when the app is closed; celery_queue_remove() ends it before. Stores without
/// connections (memory://) have nothing else to report.
///
/// @param queue not nullable.
/// @param app not nullable: it is not kept open by this.
/// @param tag comes with the events.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_report_connection(
    queue: *mut celery_queue_t,
    app: *mut celery_app_t,
    tag: u64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_report_connection", err) }.run(|call| {
        let queue = call.shared(queue, "queue")?;
        queue.report_connection(call.shared(app, "app")?.app(), tag)
    })
}

/// Takes events, waiting for the first one if need be.
///
/// Waiting, and nothing else, is refused on the callback thread of an app. Of several threads that
/// wait, one gets each event.
///
/// @param queue not nullable.
/// @param timeout_ms < 0 for ever, 0 only what is queued.
/// @param cancel nullable.
/// @param max how many events at most, at least 1.
/// @param batch not nullable: at least one event comes out with CELERY_OK, NULL otherwise.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TIMEOUT where no event came; CELERY_ERR_WAKEUP after
/// celery_queue_wakeup(), before events; CELERY_ERR_CANCELLED, after the events that are queued;
/// CELERY_ERR_INVALID_ARGUMENT where max is 0; CELERY_ERR_RECURSIVE; CELERY_ERR_LIMIT;
/// CELERY_ERR_FORKED; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *batch with celery_batch_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_next(
    queue: *mut celery_queue_t,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    max: usize,
    batch: *mut *mut celery_batch_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_queue_next", err) }.run(|call| {
        let batch = call.out(batch, "batch")?;
        let queue = call.shared(queue, "queue")?;
        let cancel = call.shared_or_null(cancel)?;
        let cancel = cancel.as_deref().map(|cancel| &**cancel);
        batch.share(BatchBody::new(queue.next(timeout(timeout_ms), cancel, max)?));
        Ok(())
    })
}

/// Makes one celery_queue_next(), the one that waits or else the next one, return CELERY_ERR_WAKEUP. It
/// does not make the descriptor readable.
///
/// @param queue not nullable: NULL does nothing.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_wakeup(queue: *mut celery_queue_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_wakeup") }.act(|call| {
        if let Ok(Some(queue)) = call.shared_or_null(queue) {
            queue.wakeup();
        }
    });
}

/// Counts the events that are queued.
///
/// @param queue not nullable.
/// @return how many; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_length(queue: *const celery_queue_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_length") }.answer(0, |call| Ok(call.shared(queue, "queue")?.len()))
}

/// Counts what has been added and has not finished yet.
///
/// @param queue not nullable.
/// @return how many; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_pending(queue: *const celery_queue_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_pending") }
        .answer(0, |call| Ok(call.shared(queue, "queue")?.pending()))
}

/// Gives a file descriptor for poll, select or epoll. It is readable exactly while events are queued:
/// whoever polls it, level-triggered, and calls celery_queue_next() with a timeout of 0 misses none.
/// Edge-triggered polling must take events until CELERY_ERR_TIMEOUT. It is non-blocking and closed on
/// exec. Never read, write or close it.
///
/// @param queue not nullable.
/// @return the descriptor, always the same; -1 for NULL, and in a forked child.
/// Ownership: the queue's; it is closed when the queue is gone: take it out of the poll set before
/// celery_queue_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_queue_fd(queue: *const celery_queue_t) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_queue_fd") }
        .answer(-1, |call| Ok(call.shared(queue, "queue")?.fd().unwrap_or(-1)))
}
