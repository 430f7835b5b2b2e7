//! The signals that a worker can be told to end a task with, by name or number, as `celery.platforms.signals`
//! understands them. What a name means is decided where the worker runs.

use super::headers::quoted;
use crate::model::{Error, Result, Status};

/// The names that Python knows on the systems that workers run on, without `SIG`.
const NAMES: [&str; 39] = [
    "ABRT", "ALRM", "BREAK", "BUS", "CHLD", "CLD", "CONT", "EMT", "FPE", "HUP", "ILL", "INFO", "INT", "IO",
    "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS",
    "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// A signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    json: String,
}

impl Signal {
    /// A signal by its name, with or without `SIG` and in any case, or by its number in decimal digits.
    ///
    /// Fails with `InvalidArgument` where no system has it.
    pub fn named(text: &str) -> Result<Self> {
        if let Ok(number) = text.parse() {
            return Self::numbered(number);
        }
        // Workers take upper case only.
        let name = text.to_ascii_uppercase();
        if NAMES.contains(&name.strip_prefix("SIG").unwrap_or(&name)) {
            return Ok(Self { json: quoted(&name) });
        }
        let shown: String = text.chars().take(40).collect();
        let message = format!(
            "there is no signal {shown:?}; a name such as \"KILL\" or \"SIGKILL\" or a number expected"
        );
        Err(Error::new(Status::InvalidArgument, message))
    }

    /// A signal by its number.
    ///
    /// Fails with `InvalidArgument` where it is not in 1 to 64.
    pub fn numbered(number: i64) -> Result<Self> {
        if (1..=64).contains(&number) {
            return Ok(Self { json: number.to_string() });
        }
        let message = format!("there is no signal {number}; signals have the numbers 1 to 64");
        Err(Error::new(Status::InvalidArgument, message))
    }

    /// As it stands in a command.
    pub(super) fn json(&self) -> &str {
        &self.json
    }
}
