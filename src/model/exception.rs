//! The exception of a failed task as data: nothing is looked up or rebuilt, so a class that only
//! the worker knows is as good as any other.

use super::Value;
use std::fmt;

/// What `result` holds in an EXCEPTION state, read without rebuilding any class.
#[derive(Clone, Debug)]
pub struct RemoteException {
    /// `exc_type`: the qualified class name, `Outer.InnerError`.
    pub class: String,
    /// `exc_module`; `None` in records of Celery 4.2 and older.
    pub module: Option<String>,
    /// The arguments: an array, or what was stored instead of one.
    pub args: Option<Value>,
    /// `Type: text`, as the last line of a Python traceback shows it.
    pub message: String,
    /// The traceback text, if the worker stored one.
    pub traceback: Option<String>,
    /// True where the worker could not store the exception itself: an
    /// `UnpickleableExceptionWrapper` was unwrapped, or the stored value is no exception at all.
    pub degraded: bool,
}

impl fmt::Display for RemoteException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
