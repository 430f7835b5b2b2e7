//! The numbers of task states, and the sets of `celery.states` by number.

use super::boundary::Call;
use crate::model::State;
use std::{ffi::c_char, ptr};

/// Nothing is known about the task: no record, or a stored PENDING.
pub const CELERY_STATE_PENDING: i32 = 0;
/// A worker has received the task.
pub const CELERY_STATE_RECEIVED: i32 = 1;
/// A worker has started the task.
pub const CELERY_STATE_STARTED: i32 = 2;
/// The task has returned a value.
pub const CELERY_STATE_SUCCESS: i32 = 3;
/// The task has raised an exception.
pub const CELERY_STATE_FAILURE: i32 = 4;
/// The task was revoked, terminated or has expired.
pub const CELERY_STATE_REVOKED: i32 = 5;
/// A worker has rejected the task.
pub const CELERY_STATE_REJECTED: i32 = 6;
/// The task waits to be run again after an exception.
pub const CELERY_STATE_RETRY: i32 = 7;
/// The result is ignored.
pub const CELERY_STATE_IGNORED: i32 = 8;
/// A state of the user's own, such as PROGRESS; celery_meta_state_text() has its name.
pub const CELERY_STATE_CUSTOM: i32 = 100;

const STATES: [(State, i32, &std::ffi::CStr); 9] = [
    (State::Pending, CELERY_STATE_PENDING, c"PENDING"),
    (State::Received, CELERY_STATE_RECEIVED, c"RECEIVED"),
    (State::Started, CELERY_STATE_STARTED, c"STARTED"),
    (State::Success, CELERY_STATE_SUCCESS, c"SUCCESS"),
    (State::Failure, CELERY_STATE_FAILURE, c"FAILURE"),
    (State::Revoked, CELERY_STATE_REVOKED, c"REVOKED"),
    (State::Rejected, CELERY_STATE_REJECTED, c"REJECTED"),
    (State::Retry, CELERY_STATE_RETRY, c"RETRY"),
    (State::Ignored, CELERY_STATE_IGNORED, c"IGNORED"),
];

fn with(number: i32, test: fn(&State) -> bool) -> bool {
    STATES.iter().any(|(state, code, _)| *code == number && test(state))
}

/// Gives the name of a state, as `celery.states` spells it.
///
/// @return static text; NULL for CELERY_STATE_CUSTOM, whose names are in the records, and for a
/// number that is no state.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_name(state: i32) -> *const c_char {
    STATES.iter().find(|(_, code, _)| *code == state).map_or(ptr::null(), |(_, _, name)| name.as_ptr())
}

/// Gives the number of a state by its name.
///
/// @param name not nullable.
/// @return the number; CELERY_STATE_CUSTOM for every name that Celery does not know, letter for
/// letter; -1 when name is NULL or no UTF-8.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_from_name(name: *const c_char) -> i32 {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_state_from_name") }
        .answer(-1, |call| Ok(State::from_name(call.text(name, "name")?).code()))
}

/// Tells whether a task in this state has finished (`celery.states.READY_STATES`).
///
/// @return true for SUCCESS, FAILURE and REVOKED.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_is_ready(state: i32) -> bool {
    with(state, State::is_ready)
}

/// Tells whether a task in this state has not finished (`celery.states.UNREADY_STATES`). Custom
/// states are in neither set.
///
/// @return true for PENDING, RECEIVED, STARTED, REJECTED and RETRY.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_is_unready(state: i32) -> bool {
    with(state, State::is_unready)
}

/// Tells whether the value stored with this state is an exception
/// (`celery.states.EXCEPTION_STATES`).
///
/// @return true for RETRY, FAILURE and REVOKED.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_is_exception(state: i32) -> bool {
    with(state, State::is_exception)
}

/// Tells whether celery_result_get() fails in this state (`celery.states.PROPAGATE_STATES`).
///
/// @return true for FAILURE and REVOKED.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_is_propagate(state: i32) -> bool {
    with(state, State::is_propagate)
}

/// Gives the place of a state in the order of strength (`celery.states.precedence`): 0 is the
/// strongest, SUCCESS. For comparing only; what may be stored over what does not follow it.
///
/// @return the place; that of the custom states for CELERY_STATE_CUSTOM and every number that is
/// no state.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_state_precedence(state: i32) -> i32 {
    let custom = State::Ignored.precedence();
    let found = STATES.iter().find(|(_, code, _)| *code == state);
    i32::from(found.map_or(custom, |(state, ..)| state.precedence()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_those_of_the_model() {
        for (state, code, name) in STATES {
            assert_eq!((state.code(), state.as_str().as_bytes()), (code, name.to_bytes()));
        }
        assert_eq!(State::from_name("PROGRESS").code(), CELERY_STATE_CUSTOM);
    }
}
