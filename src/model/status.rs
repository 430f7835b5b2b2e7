//! The status numbers every fallible call ends with, in one table. Numbers are never reused and
//! never change; the ranges say whose fault it is. The C constants in `ffi::status` are checked
//! against this table by a test.

/// One row of the status table, for bindings that generate their constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusInfo {
    /// The number that C sees.
    pub code: i32,
    /// The C constant's name, `CELERY_ERR_TIMEOUT`.
    pub name: &'static str,
    /// One sentence for people.
    pub message: &'static str,
    /// Whether the same call may succeed later without any change.
    pub retriable: bool,
}

macro_rules! statuses {
    ($($variant:ident = $code:literal, $name:literal, $retriable:literal, $message:literal;)*) => {
        /// How a call ended. `Ok` is part of the table because C needs its name too; no
        /// [`crate::model::Error`] carries it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(clippy::doc_markdown, reason = "the messages name options, and are for C programs too")]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum Status {
            $(#[doc = $message] $variant = $code,)*
        }

        impl Status {
            /// The whole table, in the order of the numbers.
            pub const TABLE: &'static [StatusInfo] = &[$(StatusInfo {
                code: $code, name: $name, message: $message, retriable: $retriable,
            },)*];

            /// The row of this status.
            pub const fn info(self) -> StatusInfo {
                match self {
                    $(Self::$variant => StatusInfo {
                        code: $code, name: $name, message: $message, retriable: $retriable,
                    },)*
                }
            }
        }
    };
}

statuses! {
    Ok = 0, "CELERY_OK", false, "the call succeeded";
    // What the caller passed in.
    InvalidArgument = -1, "CELERY_ERR_INVALID_ARGUMENT", false, "an argument has a value that is not allowed";
    NullArgument = -2, "CELERY_ERR_NULL_ARGUMENT", false, "a parameter that must not be NULL is NULL";
    InvalidUtf8 = -3, "CELERY_ERR_INVALID_UTF8", false, "a text argument is not valid UTF-8";
    InvalidUrl = -4, "CELERY_ERR_INVALID_URL", false, "the URL cannot be understood";
    UnknownOption = -5, "CELERY_ERR_UNKNOWN_OPTION", false, "there is no option of this name";
    InvalidOption = -6, "CELERY_ERR_INVALID_OPTION", false, "an option has a value that is not allowed";
    NotBuiltIn = -7, "CELERY_ERR_NOT_BUILT_IN", false, "this needs a part that this build of the library does not have";
    WrongKind = -8, "CELERY_ERR_WRONG_KIND", false, "this function does not apply to a result of this kind";
    WrongType = -9, "CELERY_ERR_WRONG_TYPE", false, "the value is of another type";
    Overflow = -10, "CELERY_ERR_OVERFLOW", false, "the number does not fit the type asked for";
    NotUtf8 = -11, "CELERY_ERR_NOT_UTF8", false, "the text holds lone surrogates and has no UTF-8 form";
    NotJson = -12, "CELERY_ERR_NOT_JSON", false, "the value has no strict JSON (RFC 8259) form";
    NoSuchValue = -13, "CELERY_ERR_NO_SUCH_VALUE", false, "there is no value at this index, key or JSON Pointer";
    Unsupported = -14, "CELERY_ERR_UNSUPPORTED", false, "the backend cannot do this";
    // Where the program stands.
    Timeout = -100, "CELERY_ERR_TIMEOUT", true, "the deadline passed; the record was read, the task has not finished";
    Unreachable = -101, "CELERY_ERR_UNREACHABLE", true, "the deadline passed before the result store could be read";
    Cancelled = -102, "CELERY_ERR_CANCELLED", false, "the wait was cancelled through its token";
    Closed = -103, "CELERY_ERR_CLOSED", false, "the app has been closed";
    Forked = -104, "CELERY_ERR_FORKED", false, "the handle was made before a fork and belongs to the parent process";
    Recursive = -105, "CELERY_ERR_RECURSIVE", false, "a blocking call was made from a thread of the library";
    NotFound = -106, "CELERY_ERR_NOT_FOUND", true, "no record exists under this id";
    Released = -107, "CELERY_ERR_RELEASED", false, "the payload was released";
    Panic = -108, "CELERY_ERR_PANIC", false, "the library failed inside; please report this";
    JoinDenied = -109, "CELERY_ERR_JOIN_DENIED", false, "waiting for results is denied on this thread";
    Limit = -110, "CELERY_ERR_LIMIT", false, "a limit of an option or of the process was reached";
    Incomplete = -111, "CELERY_ERR_INCOMPLETE", true, "a result that the walk needs is not ready";
    Wakeup = -112, "CELERY_ERR_WAKEUP", true, "the queue was woken by celery_queue_wakeup()";
    // The way to the server.
    Uncertain = -200, "CELERY_ERR_UNCERTAIN", true, "the connection broke in between: the write may or may not have happened";
    // What the server answered.
    Auth = -300, "CELERY_ERR_AUTH", false, "the server refused the credentials";
    Permission = -301, "CELERY_ERR_PERMISSION", false, "the server's access rules do not allow this command";
    BadDatabase = -302, "CELERY_ERR_BAD_DATABASE", false, "the server does not have this database";
    Server = -303, "CELERY_ERR_SERVER", true, "the server answered with an error";
    // What is in the record.
    Decode = -400, "CELERY_ERR_DECODE", false, "the stored bytes cannot be decoded";
    TooLarge = -401, "CELERY_ERR_TOO_LARGE", false, "the record is larger than max_payload_bytes allows";
    TooDeep = -402, "CELERY_ERR_TOO_DEEP", false, "the value is nested deeper than max_nesting_depth allows";
    ContentDisallowed = -403, "CELERY_ERR_CONTENT_DISALLOWED", false, "the settings do not accept the content type of the record";
    Encode = -404, "CELERY_ERR_ENCODE", false, "the value cannot be encoded";
    // How the task ended.
    TaskFailed = -500, "CELERY_ERR_TASK_FAILED", false, "the task failed; the error holds its exception";
    TaskRevoked = -501, "CELERY_ERR_TASK_REVOKED", false, "the task was revoked";
}

impl Status {
    /// The number that C sees.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// Both ways a deadline can pass: [`Status::Timeout`] and [`Status::Unreachable`].
    pub const fn is_timeout(self) -> bool {
        matches!(self, Self::Timeout | Self::Unreachable)
    }
}
