//! Where an app's log lines go: to the function its user gave, else nowhere. Nothing is ever
//! printed, and the process-wide `log` logger is not used.

use std::{fmt, sync::Arc};

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Results may be late or missing until somebody acts.
    Error = 1,
    /// Something went wrong and was dealt with.
    Warning = 2,
    /// Connections made and lost.
    Info = 3,
    /// What an engineer wants to see.
    Debug = 4,
}

type Function = dyn Fn(Level, &str, &str) + Send + Sync;

/// A log sink; cloning shares it.
#[derive(Clone, Default)]
pub struct Log {
    function: Option<Arc<Function>>,
}

impl Log {
    /// Calls `function(level, target, message)` for each line, on any thread of the library,
    /// never while a lock is held.
    pub fn new(function: impl Fn(Level, &str, &str) + Send + Sync + 'static) -> Self {
        Self { function: Some(Arc::new(function)) }
    }

    /// Writes a line; the message is only made when somebody listens.
    pub fn write(&self, level: Level, target: &str, message: impl FnOnce() -> String) {
        if let Some(function) = &self.function {
            function(level, target, &message());
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.function.is_some() { "Log(on)" } else { "Log(off)" })
    }
}
