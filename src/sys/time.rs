//! Deadlines on the monotonic clock, fixed once when a call begins, and the time of day for what is
//! written down.

use super::primitives::now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Now by the system's clock, in microseconds since 1970 UTC.
pub fn unix_micros() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// A moment after which a call gives up, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Option<Instant>,
}

impl Deadline {
    /// No deadline.
    pub const NEVER: Self = Self { at: None };

    /// `timeout` from now; `None`, and what the clock cannot express, is never.
    pub fn after(timeout: Option<Duration>) -> Self {
        Self { at: timeout.and_then(|timeout| now().checked_add(timeout)) }
    }

    /// At this moment.
    pub const fn at(moment: Instant) -> Self {
        Self { at: Some(moment) }
    }

    /// The moment, if there is one.
    pub const fn instant(self) -> Option<Instant> {
        self.at
    }

    /// How long it is until then, zero afterwards; `None` is for ever.
    pub fn left(self) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(now()))
    }

    /// Whether the moment has come.
    pub fn has_passed(self) -> bool {
        self.at.is_some_and(|at| now() >= at)
    }

    /// The later of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        match (self.at, other.at) {
            (Some(a), Some(b)) => Self::at(a.max(b)),
            _ => Self::NEVER,
        }
    }

    /// The earlier of two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self.at, other.at) {
            (Some(a), Some(b)) => Self::at(a.min(b)),
            (a, b) => Self { at: a.or(b) },
        }
    }
}
