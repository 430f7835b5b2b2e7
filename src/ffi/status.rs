//! The status numbers of C, and their names and messages for bindings that make their own lists.
//! The numbers are spelled out, because the header is made from this text; a test compares them
//! with the table in `model::Status`.

use super::{boundary::Call, text::Text};
use crate::{
    model::{Status, StatusInfo},
    sys::fork::PerProcess,
};
use std::ffi::c_char;

/// How a call ended: CELERY_OK (0) or one of the negative CELERY_ERR_ numbers. Numbers never
/// change their meaning and are never used again; new ones may come.
pub type celery_status_t = i32;

/// The call succeeded.
pub const CELERY_OK: celery_status_t = 0;
/// An argument has a value that is not allowed.
pub const CELERY_ERR_INVALID_ARGUMENT: celery_status_t = -1;
/// A parameter that must not be NULL is NULL.
pub const CELERY_ERR_NULL_ARGUMENT: celery_status_t = -2;
/// A text argument is not valid UTF-8.
pub const CELERY_ERR_INVALID_UTF8: celery_status_t = -3;
/// The URL cannot be understood.
pub const CELERY_ERR_INVALID_URL: celery_status_t = -4;
/// There is no option of this name.
pub const CELERY_ERR_UNKNOWN_OPTION: celery_status_t = -5;
/// An option has a value that is not allowed.
pub const CELERY_ERR_INVALID_OPTION: celery_status_t = -6;
/// This needs a part that this build of the library does not have.
pub const CELERY_ERR_NOT_BUILT_IN: celery_status_t = -7;
/// This function does not apply to a result of this kind.
pub const CELERY_ERR_WRONG_KIND: celery_status_t = -8;
/// The value is of another type.
pub const CELERY_ERR_WRONG_TYPE: celery_status_t = -9;
/// The number does not fit the type asked for.
pub const CELERY_ERR_OVERFLOW: celery_status_t = -10;
/// The text holds lone surrogates and has no UTF-8 form.
pub const CELERY_ERR_NOT_UTF8: celery_status_t = -11;
/// The value has no strict JSON (RFC 8259) form.
pub const CELERY_ERR_NOT_JSON: celery_status_t = -12;
/// There is no value at this index, key or JSON Pointer.
pub const CELERY_ERR_NO_SUCH_VALUE: celery_status_t = -13;
/// The backend, or this version of the library, cannot do this.
pub const CELERY_ERR_UNSUPPORTED: celery_status_t = -14;
/// The deadline passed; the record was read, the task has not finished.
pub const CELERY_ERR_TIMEOUT: celery_status_t = -100;
/// The deadline passed before the result store could be read.
pub const CELERY_ERR_UNREACHABLE: celery_status_t = -101;
/// The wait was cancelled through its token.
pub const CELERY_ERR_CANCELLED: celery_status_t = -102;
/// The app has been closed.
pub const CELERY_ERR_CLOSED: celery_status_t = -103;
/// The handle was made before a fork and belongs to the parent process.
pub const CELERY_ERR_FORKED: celery_status_t = -104;
/// A blocking call was made from a thread of the library.
pub const CELERY_ERR_RECURSIVE: celery_status_t = -105;
/// No record exists under this id.
pub const CELERY_ERR_NOT_FOUND: celery_status_t = -106;
/// The payload was released.
pub const CELERY_ERR_RELEASED: celery_status_t = -107;
/// The library failed inside; please report this.
pub const CELERY_ERR_PANIC: celery_status_t = -108;
/// Waiting for results is denied on this thread.
pub const CELERY_ERR_JOIN_DENIED: celery_status_t = -109;
/// A limit was reached: that of an option, or file descriptors or threads of the process.
pub const CELERY_ERR_LIMIT: celery_status_t = -110;
/// A result that the walk needs is not ready.
pub const CELERY_ERR_INCOMPLETE: celery_status_t = -111;
/// The queue was woken by celery_queue_wakeup().
pub const CELERY_ERR_WAKEUP: celery_status_t = -112;
/// The connection broke in between: the write may or may not have happened.
pub const CELERY_ERR_UNCERTAIN: celery_status_t = -200;
/// The server refused the credentials.
pub const CELERY_ERR_AUTH: celery_status_t = -300;
/// The server's access rules do not allow this command.
pub const CELERY_ERR_PERMISSION: celery_status_t = -301;
/// The server does not have this database.
pub const CELERY_ERR_BAD_DATABASE: celery_status_t = -302;
/// The server answered with an error.
pub const CELERY_ERR_SERVER: celery_status_t = -303;
/// The stored bytes cannot be decoded.
pub const CELERY_ERR_DECODE: celery_status_t = -400;
/// The record is larger than max_payload_bytes allows, becomes so (or larger than max_expansion_ratio
/// allows) when it is read, or holds an integer that is too long to be read from a pickle.
pub const CELERY_ERR_TOO_LARGE: celery_status_t = -401;
/// The value is nested deeper than max_nesting_depth allows.
pub const CELERY_ERR_TOO_DEEP: celery_status_t = -402;
/// The settings (result_accept_content, else accept_content) do not accept the content type of the record.
pub const CELERY_ERR_CONTENT_DISALLOWED: celery_status_t = -403;
/// The value cannot be encoded.
pub const CELERY_ERR_ENCODE: celery_status_t = -404;
/// The task failed; the error holds its exception.
pub const CELERY_ERR_TASK_FAILED: celery_status_t = -500;
/// The task was revoked.
pub const CELERY_ERR_TASK_REVOKED: celery_status_t = -501;

struct Row {
    code: i32,
    name: Text,
    message: Text,
}

/// The table in C's form, made when somebody asks for it.
struct Table {
    rows: Vec<Row>,
    unknown_name: Text,
    unknown_message: Text,
}

impl Default for Table {
    fn default() -> Self {
        let row = |info: &StatusInfo| Row {
            code: info.code,
            name: Text::new(info.name),
            message: Text::new(info.message),
        };
        Self {
            rows: Status::TABLE.iter().map(row).collect(),
            unknown_name: Text::new("CELERY_ERR_UNKNOWN"),
            unknown_message: Text::new("a status that this version of the library does not know"),
        }
    }
}

static TABLE: PerProcess<Table> = PerProcess::new();

/// The name of a status, for `celery_error_t`.
pub(super) fn name(status: Status) -> *const c_char {
    let table = TABLE.get();
    table.find(status.code()).map_or(table.unknown_name.pointer(), |row| row.name.pointer())
}

impl Table {
    fn find(&self, code: i32) -> Option<&Row> {
        self.rows.iter().find(|row| row.code == code)
    }
}

/// Gives the name of a status, as "CELERY_ERR_TIMEOUT".
///
/// @return static text; "CELERY_ERR_UNKNOWN" for a number that is no status, never NULL.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_name(status: celery_status_t) -> *const c_char {
    // SAFETY: there are no pointers.
    unsafe { Call::plain("celery_status_name") }.answer(c"CELERY_ERR_UNKNOWN".as_ptr(), |_| {
        let table = TABLE.get();
        Ok(table.find(status).map_or(table.unknown_name.pointer(), |row| row.name.pointer()))
    })
}

/// Gives a sentence for people about a status. celery_error_message() says more about one call.
///
/// @return static text, never NULL.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_message(status: celery_status_t) -> *const c_char {
    // SAFETY: there are no pointers.
    unsafe { Call::plain("celery_status_message") }.answer(c"".as_ptr(), |_| {
        let table = TABLE.get();
        Ok(table.find(status).map_or(table.unknown_message.pointer(), |row| row.message.pointer()))
    })
}

/// Tells whether a status means that a deadline passed: CELERY_ERR_TIMEOUT or
/// CELERY_ERR_UNREACHABLE.
///
/// @return true for these two.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_is_timeout(status: celery_status_t) -> bool {
    matches!(status, CELERY_ERR_TIMEOUT | CELERY_ERR_UNREACHABLE)
}

/// Tells whether a call that ended with this status may succeed later without any change.
///
/// @return true for the retriable ones; false also for a number that is no status.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_is_retriable(status: celery_status_t) -> bool {
    Status::TABLE.iter().any(|info| info.code == status && info.retriable)
}

/// Gives the number of statuses there are, for bindings that make their own list.
///
/// @return how many indexes celery_status_at() knows.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_count() -> usize {
    Status::TABLE.len()
}

/// Gives one status of the list: index 0 is CELERY_OK, then come the errors.
///
/// @return the status; CELERY_ERR_NO_SUCH_VALUE for an index beyond the end.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_status_at(index: usize) -> celery_status_t {
    Status::TABLE.get(index).map_or(CELERY_ERR_NO_SUCH_VALUE, |info| info.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_those_of_the_table() {
        let constants = [
            ("CELERY_OK", CELERY_OK),
            ("CELERY_ERR_INVALID_ARGUMENT", CELERY_ERR_INVALID_ARGUMENT),
            ("CELERY_ERR_NULL_ARGUMENT", CELERY_ERR_NULL_ARGUMENT),
            ("CELERY_ERR_INVALID_UTF8", CELERY_ERR_INVALID_UTF8),
            ("CELERY_ERR_INVALID_URL", CELERY_ERR_INVALID_URL),
            ("CELERY_ERR_UNKNOWN_OPTION", CELERY_ERR_UNKNOWN_OPTION),
            ("CELERY_ERR_INVALID_OPTION", CELERY_ERR_INVALID_OPTION),
            ("CELERY_ERR_NOT_BUILT_IN", CELERY_ERR_NOT_BUILT_IN),
            ("CELERY_ERR_WRONG_KIND", CELERY_ERR_WRONG_KIND),
            ("CELERY_ERR_WRONG_TYPE", CELERY_ERR_WRONG_TYPE),
            ("CELERY_ERR_OVERFLOW", CELERY_ERR_OVERFLOW),
            ("CELERY_ERR_NOT_UTF8", CELERY_ERR_NOT_UTF8),
            ("CELERY_ERR_NOT_JSON", CELERY_ERR_NOT_JSON),
            ("CELERY_ERR_NO_SUCH_VALUE", CELERY_ERR_NO_SUCH_VALUE),
            ("CELERY_ERR_UNSUPPORTED", CELERY_ERR_UNSUPPORTED),
            ("CELERY_ERR_TIMEOUT", CELERY_ERR_TIMEOUT),
            ("CELERY_ERR_UNREACHABLE", CELERY_ERR_UNREACHABLE),
            ("CELERY_ERR_CANCELLED", CELERY_ERR_CANCELLED),
            ("CELERY_ERR_CLOSED", CELERY_ERR_CLOSED),
            ("CELERY_ERR_FORKED", CELERY_ERR_FORKED),
            ("CELERY_ERR_RECURSIVE", CELERY_ERR_RECURSIVE),
            ("CELERY_ERR_NOT_FOUND", CELERY_ERR_NOT_FOUND),
            ("CELERY_ERR_RELEASED", CELERY_ERR_RELEASED),
            ("CELERY_ERR_PANIC", CELERY_ERR_PANIC),
            ("CELERY_ERR_JOIN_DENIED", CELERY_ERR_JOIN_DENIED),
            ("CELERY_ERR_LIMIT", CELERY_ERR_LIMIT),
            ("CELERY_ERR_INCOMPLETE", CELERY_ERR_INCOMPLETE),
            ("CELERY_ERR_WAKEUP", CELERY_ERR_WAKEUP),
            ("CELERY_ERR_UNCERTAIN", CELERY_ERR_UNCERTAIN),
            ("CELERY_ERR_AUTH", CELERY_ERR_AUTH),
            ("CELERY_ERR_PERMISSION", CELERY_ERR_PERMISSION),
            ("CELERY_ERR_BAD_DATABASE", CELERY_ERR_BAD_DATABASE),
            ("CELERY_ERR_SERVER", CELERY_ERR_SERVER),
            ("CELERY_ERR_DECODE", CELERY_ERR_DECODE),
            ("CELERY_ERR_TOO_LARGE", CELERY_ERR_TOO_LARGE),
            ("CELERY_ERR_TOO_DEEP", CELERY_ERR_TOO_DEEP),
            ("CELERY_ERR_CONTENT_DISALLOWED", CELERY_ERR_CONTENT_DISALLOWED),
            ("CELERY_ERR_ENCODE", CELERY_ERR_ENCODE),
            ("CELERY_ERR_TASK_FAILED", CELERY_ERR_TASK_FAILED),
            ("CELERY_ERR_TASK_REVOKED", CELERY_ERR_TASK_REVOKED),
        ];
        let table: Vec<_> = Status::TABLE.iter().map(|info| (info.name, info.code)).collect();
        assert_eq!(constants.as_slice(), table);
    }
}
