//! What the server's error replies mean: whether waiting helps, and the status if it does not.
//! Their text is hostile, and can repeat what was sent to the server, a password included: it is
//! cleaned here before anyone sees it.

use crate::{config::RedisSettings, model::Status};
use std::fmt;

/// Longest text of a server that goes into a message.
const LONGEST_TEXT: usize = 200;

/// An error reply: `-CODE detail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: String,
    detail: String,
}

/// What to do about a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same request may succeed later.
    Retry,
    /// It will not; this is why.
    Permanent(Status),
}

impl Verdict {
    /// The status of what has failed for this, should nobody try it again.
    pub fn status(self) -> Status {
        match self {
            Self::Retry => Status::Unreachable,
            Self::Permanent(status) => status,
        }
    }
}

impl Refusal {
    /// From a whole error line without its dash.
    pub(super) fn from_line(line: &str) -> Self {
        let (code, detail) = line.split_once(' ').unwrap_or((line, ""));
        Self { code: clean(code), detail: clean(detail) }
    }

    /// Whether the user's access rules forbid the command, the key or the channel.
    pub(super) fn is_permission(&self) -> bool {
        self.code == "NOPERM"
    }

    /// Whether the server, or a proxy before it, does not know the command.
    pub(super) fn is_unknown_command(&self) -> bool {
        self.detail.starts_with("unknown command") || self.detail.starts_with("Unknown command")
    }

    /// Whether the server does not speak the protocol version asked for.
    pub(super) fn is_unknown_protocol(&self) -> bool {
        self.code == "NOPROTO"
    }

    /// Whether `AUTH` with a user name is too new for the server.
    pub(super) fn is_wrong_number_of_arguments(&self) -> bool {
        self.detail.starts_with("wrong number of arguments")
    }

    /// What to do about it, when it answers an ordinary command.
    pub fn verdict(&self) -> Verdict {
        match self.code.as_str() {
            "LOADING" | "BUSY" | "READONLY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" => Verdict::Retry,
            "ERR" if self.is_full() => Verdict::Retry,
            "WRONGPASS" | "NOAUTH" => Verdict::Permanent(Status::Auth),
            "ERR" if self.detail.starts_with("invalid password") => Verdict::Permanent(Status::Auth),
            "NOPERM" | "DENIED" => Verdict::Permanent(Status::Permission),
            "ERR" if self.detail.starts_with("DB index") => Verdict::Permanent(Status::BadDatabase),
            _ => Verdict::Permanent(Status::Server),
        }
    }

    fn is_full(&self) -> bool {
        self.detail.starts_with("max number of clients")
    }

    /// What to do about it, when it answers `AUTH`.
    pub(super) fn verdict_on_credentials(&self) -> Verdict {
        match self.verdict() {
            Verdict::Permanent(Status::Server) => Verdict::Permanent(Status::Auth),
            other => other,
        }
    }

    /// What to do about it, when it answers `SELECT`.
    pub(super) fn verdict_on_database(&self) -> Verdict {
        match self.verdict() {
            Verdict::Permanent(Status::Server) => Verdict::Permanent(Status::BadDatabase),
            other => other,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.detail)
    }
}

fn clean(text: &str) -> String {
    // "unknown command 'AUTH', with args beginning with: …" repeats the password.
    let text = text.split_once(", with args").map_or(text, |(before, _)| before);
    text.chars().take(LONGEST_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why a connection could not be made.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The status, if waiting cannot cure it.
    pub lasting: Option<Status>,
    /// What happened.
    pub message: String,
}

impl Trouble {
    pub(super) fn passing(message: impl Into<String>) -> Self {
        Self { lasting: None, message: message.into() }
    }

    pub(super) fn refused(verdict: Verdict, message: String) -> Self {
        let lasting = match verdict {
            Verdict::Retry => None,
            Verdict::Permanent(status) => Some(status),
        };
        Self { lasting, message }
    }

    /// Takes out of the message what must not be in it, should a server have repeated it.
    pub(super) fn without_secrets(mut self, settings: &RedisSettings) -> Self {
        if let Some(password) = &settings.password
            && !password.expose().is_empty()
        {
            self.message = self.message.replace(password.expose(), crate::config::MASK);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let verdict = |line| Refusal::from_line(line).verdict();
        assert_eq!(verdict("LOADING Redis is loading the dataset in memory"), Verdict::Retry);
        assert_eq!(verdict("READONLY You can't write against a read only replica."), Verdict::Retry);
        assert_eq!(verdict("ERR max number of clients reached"), Verdict::Retry);
        assert_eq!(verdict("WRONGPASS invalid username-password pair"), Verdict::Permanent(Status::Auth));
        assert_eq!(verdict("NOAUTH Authentication required."), Verdict::Permanent(Status::Auth));
        assert_eq!(verdict("ERR invalid password"), Verdict::Permanent(Status::Auth));
        assert_eq!(verdict("NOPERM no permissions"), Verdict::Permanent(Status::Permission));
        assert_eq!(verdict("ERR DB index is out of range"), Verdict::Permanent(Status::BadDatabase));
        assert_eq!(verdict("WRONGTYPE Operation against a key"), Verdict::Permanent(Status::Server));
        assert_eq!(verdict("OOM command not allowed"), Verdict::Permanent(Status::Server));
        let full = Refusal::from_line("ERR max number of clients reached");
        assert_eq!(full.verdict_on_credentials(), Verdict::Retry);
    }

    #[test]
    fn arguments_that_the_server_repeats_are_cut_off() {
        let refusal = Refusal::from_line("ERR unknown command 'AUTH', with args beginning with: 'hunter2' ");
        assert!(refusal.is_unknown_command());
        assert_eq!(refusal.to_string(), "ERR unknown command 'AUTH'");
    }
}
