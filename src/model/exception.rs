//! The exception of a failed task as data: nothing is looked up or rebuilt, so a class that only
//! the worker knows is as good as any other. What its text is, is in `value::exception`.

use super::{State, Value, value::exception::Parts};
use std::fmt;

/// The class that Celery wraps exceptions in that do not survive pickling.
pub(crate) const WRAPPER: (&str, &str) = ("celery.utils.serialization", "UnpickleableExceptionWrapper");

/// What `result` holds in an EXCEPTION state, read without rebuilding any class.
#[derive(Clone, Debug)]
pub struct RemoteException {
    /// `exc_type`: the qualified class name, `Outer.InnerError`.
    pub class: String,
    /// `exc_module`; `None` in records of Celery 4.2 and older.
    pub module: Option<String>,
    /// The arguments: an array, or what was stored instead of one.
    pub args: Option<Value>,
    /// `Type: text`, as the last line of a Python traceback shows it: the type with its module
    /// unless that is `builtins`.
    pub message: String,
    /// The traceback text, if the worker stored one.
    pub traceback: Option<String>,
    /// True where the worker could not store the exception itself: an
    /// `UnpickleableExceptionWrapper` was unwrapped, or the stored value is no exception at all.
    pub degraded: bool,
}

impl RemoteException {
    /// An exception of this class with these arguments (an array, or what stands for one).
    pub fn new(
        class: String,
        module: Option<String>,
        args: Option<Value>,
        traceback: Option<String>,
    ) -> Self {
        Self::of_parts(Parts::new(class, module, args), traceback)
    }

    /// The exception that this value is, of whatever record it is part of: of the kind exception, or
    /// Celery's map of one (an object of `exc_type`, `exc_message` and nothing foreign). `None` for
    /// everything else.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(Self::of_parts(Parts::of_exception(value)?, None).unwrapped())
    }

    /// Reads the `result` of a record in an EXCEPTION state. Whatever is stored there, it is an
    /// exception: the task's state says so.
    pub(crate) fn from_result(result: Option<&Value>, state: &State, traceback: Option<String>) -> Self {
        match result.and_then(Parts::of) {
            Some(parts) => Self::of_parts(parts, traceback).unwrapped(),
            None => Self::junk(result, state, traceback),
        }
    }

    /// For a record whose `result` cannot be read.
    pub(crate) fn unreadable(why: &str, traceback: Option<String>) -> Self {
        let message = format!("Exception: the stored exception cannot be read: {why}");
        Self { class: "Exception".to_owned(), module: None, args: None, message, traceback, degraded: true }
    }

    fn of_parts(parts: Parts, traceback: Option<String>) -> Self {
        let message = last_line(&parts);
        let Parts { class, module, args, .. } = parts;
        Self { class, module, args, message, traceback, degraded: false }
    }

    fn junk(result: Option<&Value>, state: &State, traceback: Option<String>) -> Self {
        let args = result.filter(|value| !value.is_null()).cloned();
        let message = match &args {
            Some(value) => format!("Exception: {}", value.python_str()),
            None => format!("Exception: {} without a stored exception", state.as_str()),
        };
        Self { class: "Exception".to_owned(), module: None, args, message, traceback, degraded: true }
    }

    /// The wrapper's arguments are the module, class and arguments of the original and its repr.
    fn unwrapped(self) -> Self {
        if (self.module.as_deref(), self.class.as_str()) != (Some(WRAPPER.0), WRAPPER.1) {
            return self;
        }
        let part = |index| self.args.as_ref()?.get(index).ok();
        let text = |index| part(index)?.as_str().ok().map(std::borrow::Cow::into_owned);
        match (text(0), text(1)) {
            (Some(module), Some(class)) => {
                let original = Self::new(class, Some(module), part(2), self.traceback.clone());
                Self { degraded: true, ..original }
            }
            _ => Self { degraded: true, ..self },
        }
    }
}

fn last_line(parts: &Parts) -> String {
    let class = &parts.class;
    let name = match parts.home() {
        "builtins" | "__main__" => class.clone(),
        module => format!("{module}.{class}"),
    };
    match parts.text().as_str() {
        "" => name,
        text => format!("{name}: {text}"),
    }
}

impl fmt::Display for RemoteException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
