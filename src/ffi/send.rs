//! Sending tasks: `celery_send_options_t`, and what uses it.

use super::{
    app::celery_app_t,
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Unique},
    result::{ResultBody, celery_result_t},
    status::celery_status_t,
};
use crate::{
    message::SendOptions,
    result::{ResultBase, send_group, send_task},
};
use std::ffi::c_char;

/// How a task is sent. Free it with celery_send_options_free().
pub struct celery_send_options_t {
    _private: [u8; 0],
}

impl Opaque for celery_send_options_t {
    type Body = SendOptions;
    const NAME: &'static str = "celery_send_options_t";
}

impl Unique for celery_send_options_t {}

/// Makes options that say nothing: the app's settings apply.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *options with celery_send_options_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_send_options_new(
    options: *mut *mut celery_send_options_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_send_options_new", err) }.run(|call| {
        call.out(options, "options")?.own(SendOptions::new());
        Ok(())
    })
}

/// Frees options. NULL is fine. A call that uses them goes on with its own copy.
///
/// @param options nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_send_options_free(options: *mut celery_send_options_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_send_options_free") }.act(|call| {
        call.destroy(options);
    });
}

/// Sets an option by the name that it has in Python, where it is a keyword argument of `send_task` and
/// `apply_async`, to the value of a JSON text: name "queue" and value_json "\"video\"", or "countdown" and
/// "2.5".
///
/// Where to: queue; or exchange and routing_key, which count only both together; priority, 0 to 255, of
/// which a Redis serves 0 first and takes more than 9 for 9; delivery_mode.
///
/// When: countdown, seconds; eta, ISO text or seconds of Unix time; expires, seconds or ISO text. ISO
/// text without an offset is in UTC.
///
/// How: time_limit, soft_time_limit, seconds; ignore_result; retries; serializer, compression; shadow,
/// argsrepr, kwargsrepr.
///
/// Who: task_id, without which each task gets a new one; root_id, parent_id, group_id, group_index,
/// replaced_task_nesting; reply_to; headers, an object; stamped_headers, an array of names, with stamps,
/// an object of their values.
///
/// What then: link and link_error, a signature ({"task": "proj.tasks.add", "args": [1]}) or an array of
/// them; chain, an array, the last one first; chord, a signature. add_to_parent is accepted and means
/// nothing here.
///
/// @param options not nullable.
/// @param name not nullable.
/// @param value_json not nullable: null takes the option back.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name; CELERY_ERR_INVALID_OPTION where
/// the value is no JSON or none for this option; CELERY_ERR_TOO_DEEP; CELERY_ERR_TOO_LARGE;
/// CELERY_ERR_NOT_BUILT_IN for a serializer or compression; CELERY_ERR_INVALID_UTF8;
/// CELERY_ERR_NULL_ARGUMENT. A failed call changes nothing.
/// Ownership: nothing is kept of the texts; free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_send_options_set(
    options: *mut celery_send_options_t,
    name: *const c_char,
    value_json: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_send_options_set", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        options.set(call.text(name, "name")?, call.text(value_json, "value_json")?)
    })
}

/// Sends a task by its name (`app.send_task`) and gives its result. Nothing is subscribed to: a wait does
/// that, and then reads, so that nothing is missed however long after the sending it begins. Without a
/// serializer in options the app's task_serializer is used; the queue is task_default_queue.
///
/// @param app not nullable.
/// @param name not nullable: the name that the task has in Python, such as proj.tasks.add.
/// @param args_json nullable: none; a JSON array.
/// @param kwargs_json nullable: none; a JSON object.
/// @param options nullable: the app's settings.
/// @param result nullable: not wanted.
/// @param err nullable.
/// @return CELERY_OK when it is in its queue. Nothing was sent: CELERY_ERR_INVALID_ARGUMENT where the name is
/// empty or the arguments are no JSON array or object; CELERY_ERR_INVALID_OPTION, also where no queue is
/// bound to exchange and routing_key; CELERY_ERR_UNKNOWN_OPTION for one in task_routes; CELERY_ERR_ENCODE
/// where the serializer cannot hold the arguments; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_UNSUPPORTED where the app has no broker, or the queue an exchange that
/// is neither direct nor topic; CELERY_ERR_NOT_BUILT_IN where it has a broker that this library cannot speak
/// to; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH;
/// CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_LIMIT; CELERY_ERR_CLOSED;
/// CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_NULL_ARGUMENT. It may or may not have been sent:
/// CELERY_ERR_UNCERTAIN, CELERY_ERR_PANIC.
/// Ownership: free *result with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_send_task(
    app: *const celery_app_t,
    name: *const c_char,
    args_json: *const c_char,
    kwargs_json: *const c_char,
    options: *const celery_send_options_t,
    result: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_send_task", err) }.run(|call| {
        let slot = call.out_or_null(result);
        let app = call.shared(app, "app")?;
        let name = call.text(name, "name")?;
        let args = call.text_or_null(args_json, "args_json")?.unwrap_or_default();
        let kwargs = call.text_or_null(kwargs_json, "kwargs_json")?.unwrap_or_default();
        let options = call.glance(options).cloned().unwrap_or_default();
        let sent = send_task(app.app(), name, args, kwargs, &options)?;
        if let Some(slot) = slot {
            slot.share(ResultBody::new(ResultBase::Async(sent)));
        }
        Ok(())
    })
}

/// Sends tasks as a group (`group(...).apply_async()`) and gives its result, whose members are in the
/// order of the tasks. All of them are checked before the first is sent.
///
/// @param app not nullable.
/// @param tasks_json not nullable: a JSON array of signatures, as Celery's canvas writes them:
/// {"task": "proj.tasks.add", "args": [1, 2], "kwargs": {}, "options": {"queue": "video"}}; all but the
/// task may be left out. A chain, group or chord among them is refused.
/// @param options nullable: what each is sent with where its own options say nothing else; task_id, or else
/// group_id, is the id of the group, a new one where both are missing.
/// @param group nullable: not wanted.
/// @param err nullable.
/// @return as celery_app_send_task(): CELERY_OK; CELERY_ERR_INVALID_ARGUMENT; CELERY_ERR_UNKNOWN_OPTION;
/// CELERY_ERR_INVALID_OPTION; CELERY_ERR_ENCODE; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_INVALID_UTF8; CELERY_ERR_UNSUPPORTED, also for a signature that is no plain task; CELERY_ERR_NOT_BUILT_IN;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN, whose message tells how many were sent for certain;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_LIMIT;
/// CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_NULL_ARGUMENT. What is wrong with one task bears its index as the member.
/// Ownership: free *group with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms, for every 1 MiB of messages where there are more.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_send_group(
    app: *const celery_app_t,
    tasks_json: *const c_char,
    options: *const celery_send_options_t,
    group: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_send_group", err) }.run(|call| {
        let slot = call.out_or_null(group);
        let app = call.shared(app, "app")?;
        let tasks = call.text(tasks_json, "tasks_json")?;
        let options = call.glance(options).cloned().unwrap_or_default();
        let sent = send_group(app.app(), tasks, &options)?;
        if let Some(slot) = slot {
            slot.share(ResultBody::new(ResultBase::Group(sent)));
        }
        Ok(())
    })
}
