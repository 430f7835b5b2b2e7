//! How long to wait before the next attempt to connect: not at all at first, then anything up to a bound
//! that doubles, as Celery has it.

use crate::config::RedisSettings;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The pauses between the attempts of one app.
pub struct Backoff {
    base: Duration,
    max: Duration,
    failures: u32,
    random: u64,
}

impl Backoff {
    /// For these settings. `salt` tells apps of one process apart, the clock processes.
    pub fn new(settings: &RedisSettings, salt: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Never 0: it would stay 0.
        let random = (u64::from(now.subsec_nanos()) ^ salt as u64) | 1;
        Self { base: settings.backoff_base, max: settings.backoff_max, failures: 0, random }
    }

    /// The same with pauses that are no longer than this.
    #[must_use]
    pub fn at_most(mut self, longest: Duration) -> Self {
        self.max = self.max.min(longest);
        self
    }

    /// An attempt has failed, or a link was of no use.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// A link that was of use has broken.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long to wait before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let Some(doublings) = self.failures.checked_sub(1) else { return Duration::ZERO };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let bound = self.base.saturating_mul(factor).min(self.max);
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let bound = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        // Never none, or a bound of zero would make this a busy loop.
        Duration::from_micros((self.random % bound.saturating_add(1)).max(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_as_long_as_is_asked_for() {
        let new = || Backoff {
            base: Duration::from_millis(10),
            max: Duration::from_secs(10),
            failures: 0,
            random: 1,
        };
        let longest = |mut backoff: Backoff| {
            assert_eq!(backoff.pause(), Duration::ZERO, "the first attempt is made at once");
            let pause = |_| {
                backoff.failed();
                backoff.pause()
            };
            (0..200).map(pause).max().unwrap_or_default()
        };
        assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&longest(new())));
        let bound = Duration::from_millis(500);
        assert!((bound / 2..=bound).contains(&longest(new().at_most(bound))));
        assert!(longest(new().at_most(Duration::from_secs(60))) <= Duration::from_secs(10));
    }
}
