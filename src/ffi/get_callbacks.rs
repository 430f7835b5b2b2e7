//! The arguments of `get` that are functions: they run on the thread that called it. The other
//! arguments are in `get_options`.

use super::{
    boundary::Call,
    callback::{Env, celery_env_free_t},
    error::celery_error_t,
    get_options::celery_get_options_t,
    handle::lend,
    meta::{MetaBody, celery_meta_t},
    status::celery_status_t,
    text::Text,
    value::{ValueBody, celery_value_t},
};
use std::{
    ffi::{c_char, c_void},
    sync::Arc,
};

/// Gets the id and the value when `get` has a result, on the thread that called it; of a set or group
/// once for each member. Both are borrowed for the length of the call.
pub type celery_get_callback_t =
    Option<unsafe extern "C" fn(env: *mut c_void, task_id: *const c_char, value: *const celery_value_t)>;

/// Gets each record of the task, or of a member, that arrives while `get` waits, on the thread that
/// called it. The meta is borrowed for the length of the call.
pub type celery_message_callback_t =
    Option<unsafe extern "C" fn(env: *mut c_void, meta: *const celery_meta_t)>;

/// Called after each interval of waiting, on the thread that called `get`.
pub type celery_interval_callback_t = Option<unsafe extern "C" fn(env: *mut c_void)>;

/// Sets the function that gets the value before `get` returns it (`callback`).
///
/// It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
/// this library.
///
/// @param options not nullable.
/// @param callback nullable: none.
/// @param env nullable: handed to the callback.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
/// after the last call, when the options are freed or get another callback; free *err with
/// celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_callback(
    options: *mut celery_get_options_t,
    callback: celery_get_callback_t,
    env: *mut c_void,
    env_free: celery_env_free_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_callback", err) }.run(|call| {
        let env = Env::new(env, env_free);
        let options = call.unique_mut(options, "options")?;
        options.callback = None;
        if let Some(callback) = callback {
            options.callback = Some(Arc::new(move |id, value| {
                let id = Text::new(id);
                // SAFETY: the C program gave this function for this environment; both arguments live on.
                lend(ValueBody::new(value.clone()), |value| unsafe {
                    callback(env.pointer(), id.pointer(), value);
                });
            }));
        }
        Ok(())
    })
}

/// Sets the function that gets each record of the task that arrives meanwhile (`on_message`), states of
/// the user's own included.
///
/// It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
/// this library.
///
/// @param options not nullable.
/// @param callback nullable: none.
/// @param env nullable: handed to the callback.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
/// after the last call, when the options are freed or get another callback; free *err with
/// celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_on_message(
    options: *mut celery_get_options_t,
    callback: celery_message_callback_t,
    env: *mut c_void,
    env_free: celery_env_free_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_on_message", err) }.run(|call| {
        let env = Env::new(env, env_free);
        let options = call.unique_mut(options, "options")?;
        options.on_message = None;
        if let Some(callback) = callback {
            options.on_message = Some(Arc::new(move |meta| {
                // SAFETY: the C program gave this function for this environment; the meta lives on.
                lend(MetaBody::of_message(meta), |meta| unsafe { callback(env.pointer(), meta) });
            }));
        }
        Ok(())
    })
}

/// Sets the function that is called after each interval of waiting (`on_interval`).
///
/// It runs on the thread that called `get`, must not unwind or longjmp, and may call every function of
/// this library.
///
/// @param options not nullable.
/// @param callback nullable: none.
/// @param env nullable: handed to the callback.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
/// after the last call, when the options are freed or get another callback; free *err with
/// celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_get_options_set_on_interval(
    options: *mut celery_get_options_t,
    callback: celery_interval_callback_t,
    env: *mut c_void,
    env_free: celery_env_free_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_get_options_set_on_interval", err) }.run(|call| {
        let env = Env::new(env, env_free);
        let options = call.unique_mut(options, "options")?;
        options.on_interval = None;
        if let Some(callback) = callback {
            options.on_interval = Some(Arc::new(move || {
                // SAFETY: the C program gave this function for this environment.
                unsafe { callback(env.pointer()) };
            }));
        }
        Ok(())
    })
}
