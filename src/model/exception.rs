//! The exception of a failed task as data: nothing is looked up or rebuilt, so a class that only
//! the worker knows is as good as any other.

use super::{Kind, State, Value};
use std::fmt;

/// The class that Celery wraps exceptions in that do not survive pickling.
const WRAPPER: (&str, &str) = ("celery.utils.serialization", "UnpickleableExceptionWrapper");

/// The builtin classes that show `[Errno N] text` for two arguments.
const OS_ERRORS: [&str; 16] = [
    "OSError",
    "IOError",
    "BlockingIOError",
    "BrokenPipeError",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "FileExistsError",
    "FileNotFoundError",
    "InterruptedError",
    "IsADirectoryError",
    "NotADirectoryError",
    "PermissionError",
    "TimeoutError",
];

/// Whether this is a class of `builtins` that is an `OSError`.
pub(crate) fn is_os_error(class: &str) -> bool {
    OS_ERRORS.contains(&class)
}

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
        let mut exception = Self { class, module, args, message: String::new(), traceback, degraded: false };
        exception.message = exception.last_line();
        exception
    }

    /// Reads the `result` of a record in an EXCEPTION state. Whatever is stored there, it is an
    /// exception: the task's state says so.
    pub(crate) fn from_result(result: Option<&Value>, state: &State, traceback: Option<String>) -> Self {
        match result.and_then(|value| Self::stored(value, traceback.clone())) {
            Some(exception) => exception.unwrapped(),
            None => Self::junk(result, state, traceback),
        }
    }

    /// For a record whose `result` cannot be read.
    pub(crate) fn unreadable(why: &str, traceback: Option<String>) -> Self {
        let message = format!("Exception: the stored exception cannot be read: {why}");
        Self { class: "Exception".to_owned(), module: None, args: None, message, traceback, degraded: true }
    }

    fn stored(value: &Value, traceback: Option<String>) -> Option<Self> {
        let text =
            |key| value.get_key(key).ok()?.as_wtf8().ok().map(|text| super::value::text::readable(&text));
        let class = text("exc_type")?;
        Some(Self::new(class, text("exc_module"), value.get_key("exc_message").ok(), traceback))
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

    fn last_line(&self) -> String {
        let class = &self.class;
        let name = match self.module.as_deref() {
            None | Some("" | "builtins" | "__main__") => class.clone(),
            Some(module) => format!("{module}.{class}"),
        };
        match self.text().as_str() {
            "" => name,
            text => format!("{name}: {text}"),
        }
    }

    /// What `str` of the exception shows where the class has no `__str__` of its own.
    fn text(&self) -> String {
        let Some(args) = &self.args else { return String::new() };
        let module = self.module.as_deref().unwrap_or("builtins");
        let key_error = matches!(
            (module, self.class.as_str()),
            ("builtins", "KeyError") | ("celery.exceptions", "NotRegistered")
        );
        // A KeyError shows what its key looks like in the source.
        let one = |arg: &Value| if key_error { arg.python_repr() } else { arg.python_str() };
        if args.kind() != Kind::Array {
            return one(args);
        }
        match (args.len(), args.get(0), args.get(1)) {
            (Ok(0), ..) => String::new(),
            (Ok(1), Ok(arg), _) => one(&arg),
            (Ok(2), Ok(number), Ok(text)) if module == "builtins" && is_os_error(&self.class) => {
                format!("[Errno {}] {}", number.python_str(), text.python_str())
            }
            _ => {
                let list = args.python_repr();
                format!("({})", list.get(1..list.len() - 1).unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for RemoteException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
