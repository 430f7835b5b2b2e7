//! The log of an app: which function gets its lines, from which level on.

use super::{
    boundary::Call,
    callback::{Env, celery_env_free_t},
    error::celery_error_t,
    options::celery_options_t,
    status::celery_status_t,
    text::Text,
};
use crate::{
    model::{Error, Result, Status},
    sys::{Level, Log},
};
use std::ffi::{c_char, c_void};

/// Results may be late or missing until somebody acts.
pub const CELERY_LOG_ERROR: i32 = 1;
/// Something went wrong and was dealt with.
pub const CELERY_LOG_WARNING: i32 = 2;
/// Connections made and lost.
pub const CELERY_LOG_INFO: i32 = 3;
/// What an engineer wants to see.
pub const CELERY_LOG_DEBUG: i32 = 4;

/// Gets one line of the log. The texts are borrowed for the length of the call. Called on threads of
/// the library and of the program, several at once; must not block, unwind or longjmp, nor call a
/// function of the library that blocks.
pub type celery_log_callback_t =
    Option<unsafe extern "C" fn(env: *mut c_void, level: i32, target: *const c_char, message: *const c_char)>;

/// A log function of the C program with its threshold.
pub(super) struct LogSetting {
    log: Log,
}

impl LogSetting {
    pub(super) fn log(&self) -> Log {
        self.log.clone()
    }
}

fn level(number: i32) -> Result<Level> {
    [Level::Error, Level::Warning, Level::Info, Level::Debug]
        .into_iter()
        .find(|level| *level as i32 == number)
        .ok_or_else(|| {
            let message =
                format!("the level {number} is none of CELERY_LOG_ERROR (1) to CELERY_LOG_DEBUG (4)");
            Error::new(Status::InvalidArgument, message)
        })
}

/// Sets the function that gets the log lines of the apps opened with these options. There is none by
/// default, and the library never prints anything.
///
/// @param options not nullable.
/// @param level the least grave level wanted, CELERY_LOG_ERROR to CELERY_LOG_DEBUG.
/// @param callback nullable: no log.
/// @param env nullable: handed to the callback.
/// @param env_free nullable: frees env.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT for another level; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: env is the library's from here on, also on failure: env_free is called exactly once,
/// after the last line of the last app and when the options are freed or get another log; free *err
/// with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_set_log(
    options: *mut celery_options_t,
    level: i32,
    callback: celery_log_callback_t,
    env: *mut c_void,
    env_free: celery_env_free_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_set_log", err) }.run(|call| {
        let env = Env::new(env, env_free);
        let options = call.unique_mut(options, "options")?;
        let threshold = self::level(level)?;
        options.set_log(callback.map(|callback| {
            let log = Log::new(move |level, target, message| {
                if level <= threshold {
                    let (target, message) = (Text::new(target), Text::new(message));
                    // SAFETY: the C program gave this function for this environment; the texts live on.
                    unsafe { callback(env.pointer(), level as i32, target.pointer(), message.pointer()) };
                }
            });
            LogSetting { log }
        }));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_log() {
        let constants = [CELERY_LOG_ERROR, CELERY_LOG_WARNING, CELERY_LOG_INFO, CELERY_LOG_DEBUG];
        let levels = [Level::Error, Level::Warning, Level::Info, Level::Debug];
        assert_eq!(constants, levels.map(|level| level as i32));
        assert!(level(0).is_err() && level(5).is_err());
    }
}
