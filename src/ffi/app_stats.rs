//! `celery_stats_t`: figures about an app, by index and by name, so that a new figure needs no
//! new function.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Shared},
    status::celery_status_t,
};
use crate::{
    app::Stats,
    model::{Error, Status},
};
use std::{
    ffi::{CStr, c_char},
    ptr,
};

/// Figures about an app at one moment. Free it with celery_stats_free().
pub struct celery_stats_t {
    _private: [u8; 0],
}

impl Opaque for celery_stats_t {
    type Body = Stats;
    const NAME: &'static str = "celery_stats_t";
}

impl Shared for celery_stats_t {}

type Figure = (&'static CStr, fn(&Stats) -> u64);

const FIGURES: [Figure; 8] = [
    (c"waiters", |stats| stats.waiters),
    (c"subscriptions", |stats| stats.subscriptions),
    (c"sockets", |stats| stats.sockets),
    (c"connects", |stats| stats.connects),
    (c"messages", |stats| stats.messages),
    (c"bytes_received", |stats| stats.bytes_received),
    (c"bytes_sent", |stats| stats.bytes_sent),
    (c"recovered_by_reread", |stats| stats.recovered_by_reread),
];

/// Takes the figures of an app, for monitoring.
///
/// @param app not nullable.
/// @param stats not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *stats with celery_stats_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_stats(
    app: *mut celery_app_t,
    stats: *mut *mut celery_stats_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_stats", err) }.run(|call| {
        let stats = call.out(stats, "stats")?;
        stats.share(call.shared(app, "app")?.app().stats());
        Ok(())
    })
}

/// Gives the number of figures there are.
///
/// @return how many indexes celery_stats_name() and celery_stats_value() know.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_stats_count() -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_stats_count") }.answer(0, |_| Ok(FIGURES.len()))
}

/// Gives the name of a figure: waiters, subscriptions, sockets, connects, messages, bytes_received,
/// bytes_sent, recovered_by_reread.
///
/// waiters: waits in progress. subscriptions: ids subscribed to, as the server confirmed. sockets: open
/// now. connects, messages, bytes_received, bytes_sent: since the app was opened. recovered_by_reread:
/// results that only the periodic re-read found, each a lost or missing PUBLISH.
///
/// @return static text; NULL for an index beyond the end.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_stats_name(index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_stats_name") }
        .answer(ptr::null(), |_| Ok(FIGURES.get(index).map_or(ptr::null(), |(name, _)| name.as_ptr())))
}

/// Gives a figure by its index.
///
/// @param stats not nullable.
/// @return the figure; 0 for NULL and for an index beyond the end.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_stats_value(stats: *const celery_stats_t, index: usize) -> u64 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_stats_value") }.answer(0, |call| {
        let stats = call.shared(stats, "stats")?;
        Ok(FIGURES.get(index).map_or(0, |(_, figure)| figure(&stats)))
    })
}

/// Gives a figure by its name.
///
/// @param stats not nullable.
/// @param name not nullable.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE for an unknown name; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_stats_get(
    stats: *const celery_stats_t,
    name: *const c_char,
    value: *mut u64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_stats_get", err) }.run(|call| {
        let value = call.data(value, "value")?;
        let stats = call.shared(stats, "stats")?;
        let name = call.text(name, "name")?;
        let found = FIGURES.iter().find(|(figure, _)| figure.to_bytes() == name.as_bytes());
        let (_, figure) =
            found.ok_or_else(|| Error::new(Status::NoSuchValue, format!("there is no figure {name:?}")))?;
        value.set(figure(&stats));
        Ok(())
    })
}

/// Frees figures. NULL is fine.
///
/// @param stats nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_stats_free(stats: *mut celery_stats_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_stats_free") }.act(|call| {
        call.release(stats);
    });
}
