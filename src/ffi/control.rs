//! Asking the workers: any command of Celery's remote control, and where a task is.

use super::{
    app::celery_app_t,
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    result::celery_result_t,
    revoke_options::bounded,
    status::celery_status_t,
    value::{ValueBody, celery_value_t},
};
use crate::{app::ControlOptions, message::Command, model::Result, result::Place, sys::Cancel};
use std::ffi::c_char;

/// The task has finished: its record says so.
pub const CELERY_PLACE_FINISHED: i32 = 1;
/// A worker runs it.
pub const CELERY_PLACE_RUNNING: i32 = 2;
/// A worker holds it and has not begun.
pub const CELERY_PLACE_RESERVED: i32 = 3;
/// A worker holds it until the time that it was sent for (`eta`, `countdown`, a retry).
pub const CELERY_PLACE_SCHEDULED: i32 = 4;
/// No worker that answered knows it: it may wait in a queue, may have vanished with its worker, may never
/// have been sent, or a worker that knows it has not answered.
pub const CELERY_PLACE_UNKNOWN: i32 = 5;

/// Sends any command of Celery's remote control to the workers (`app.control.broadcast`), such as ping,
/// active, reserved, scheduled, revoked, registered, stats, report, query_task, rate_limit or shutdown, and
/// gives what they answer. It is over when all who heard have answered, or at the timeout. A command that
/// asks (active, stats and the like) is answered with what was asked for, one that does something with
/// {"ok": ...}, and both with {"error": ...} where the worker could not.
///
/// @param app not nullable.
/// @param method not nullable: the name of the command.
/// @param arguments_json nullable: none; a JSON object of the command's keyword arguments.
/// @param nodes nullable where count is 0: names of the workers that are to obey.
/// @param count the number of names; 0 is all workers.
/// @param timeout_ms 0 waits for no answers.
/// @param cancel nullable.
/// @param replies nullable: not wanted; an object, as of celery_result_revoke().
/// @param err nullable.
/// @return CELERY_OK, also where nobody heard or answered; CELERY_ERR_INVALID_ARGUMENT where the method is
/// empty, the arguments are no JSON object or timeout_ms is negative; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_NULL_ARGUMENT, also for a name that is NULL; all others of
/// celery_result_revoke().
/// Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms; where that is 0, up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_control(
    app: *const celery_app_t,
    method: *const c_char,
    arguments_json: *const c_char,
    nodes: *const *const c_char,
    count: usize,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    replies: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_control", err) }.run(|call| {
        let replies = call.out_or_null(replies);
        let app = call.shared(app, "app")?;
        let arguments = call.text_or_null(arguments_json, "arguments_json")?.unwrap_or_default();
        let command = Command::new(app.app().codec(), call.text(method, "method")?, arguments)?;
        let mut options = control_options(call, timeout_ms, cancel)?;
        let nodes = call.texts(nodes, count, "nodes")?.into_iter().map(str::to_owned);
        options.destination = (count > 0).then(|| nodes.collect());
        let found = app.app().control(&command, &options)?;
        if let Some(slot) = replies {
            slot.share(ValueBody::new(found.to_value()?));
        }
        Ok(())
    })
}

/// Tells where a task is: looks at its record, asks the workers (`query_task`) where that does not say that
/// it has finished, and looks again where none of them has it. So one can tell a task that runs from one
/// that has vanished. A worker that runs it is believed at once, and "complete" is false then where others
/// have not answered; one that only holds it is not enough, as a task that was delivered twice may run
/// elsewhere.
///
/// What it cannot know: a task that waits in a queue and no worker has taken is UNKNOWN, and so is one
/// whose worker does not answer in time or has remote control turned off; "heard", "complete" and "nodes"
/// of the answers show who was asked. "node" there is the name of the worker that has it.
///
/// @param result not nullable.
/// @param timeout_ms 0 or more: how long answers are waited for at most.
/// @param cancel nullable.
/// @param place not nullable: one of CELERY_PLACE_....
/// @param replies nullable: not wanted; an object, as of celery_result_revoke(), with "node" where the
/// place is a worker. NULL comes out where the record told.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT where timeout_ms is negative; CELERY_ERR_WRONG_KIND for a
/// set or group; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED and CELERY_ERR_TOO_DEEP where the
/// state cannot be read; CELERY_ERR_NULL_ARGUMENT; all others of celery_result_revoke().
/// Ownership: free *replies with celery_value_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms, and twice up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_locate(
    result: *const celery_result_t,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    place: *mut i32,
    replies: *mut *mut celery_value_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_locate", err) }.run(|call| {
        let replies = call.out_or_null(replies);
        let place = call.data(place, "place")?;
        let result = call.shared(result, "result")?;
        let options = ControlOptions { wait: true, ..control_options(call, timeout_ms, cancel)? };
        let located = result.base().locate(&options)?;
        if let (Some(slot), Some(found)) = (replies, &located.answers) {
            slot.share(ValueBody::new(found.to_value()?));
        }
        place.set(number(located.place));
        Ok(())
    })
}

fn control_options(call: &Call, timeout_ms: i64, cancel: *const celery_cancel_t) -> Result<ControlOptions> {
    let timeout = bounded(timeout_ms)?;
    let cancel = call.shared_or_null(cancel)?.map(|cancel| Cancel::clone(&cancel));
    Ok(ControlOptions { wait: timeout_ms > 0, timeout, cancel, ..ControlOptions::default() })
}

fn number(place: Place) -> i32 {
    match place {
        Place::Finished => CELERY_PLACE_FINISHED,
        Place::Running => CELERY_PLACE_RUNNING,
        Place::Reserved => CELERY_PLACE_RESERVED,
        Place::Scheduled => CELERY_PLACE_SCHEDULED,
        Place::Unknown => CELERY_PLACE_UNKNOWN,
    }
}
