//! Python's `timedelta`: days, seconds and microseconds as Python keeps them, shown as Python shows
//! them. Where it is stored is in `value`.

use std::fmt;

const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Python's own bound of a timedelta's days, both ways.
const MOST_DAYS: i64 = 999_999_999;

/// A difference between two times, normalised: only the days are negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeDelta {
    days: i64,
    seconds: i64,
    micros: i64,
}

impl TimeDelta {
    /// From the three parts as Python keeps them; `None` where Python would not keep them so.
    pub(crate) fn new(days: i64, seconds: i64, micros: i64) -> Option<Self> {
        let fits = (-MOST_DAYS..=MOST_DAYS).contains(&days)
            && (0..SECONDS_PER_DAY).contains(&seconds)
            && (0..MICROS_PER_SECOND).contains(&micros);
        fits.then_some(Self { days, seconds, micros })
    }

    /// From microseconds.
    pub(crate) fn of_micros(micros: i64) -> Self {
        let seconds = micros.div_euclid(MICROS_PER_SECOND);
        Self {
            days: seconds.div_euclid(SECONDS_PER_DAY),
            seconds: seconds.rem_euclid(SECONDS_PER_DAY),
            micros: micros.rem_euclid(MICROS_PER_SECOND),
        }
    }

    /// All of it in microseconds; `None` beyond some 292 thousand years.
    pub(crate) fn micros(self) -> Option<i64> {
        let all = i128::from(self.days * SECONDS_PER_DAY + self.seconds) * i128::from(MICROS_PER_SECOND);
        i64::try_from(all + i128::from(self.micros)).ok()
    }

    /// What Python's `repr` shows.
    pub(crate) fn repr(self) -> String {
        let parts = [("days", self.days), ("seconds", self.seconds), ("microseconds", self.micros)];
        let shown: Vec<String> = parts
            .iter()
            .filter(|(_, part)| *part != 0)
            .map(|(name, part)| format!("{name}={part}"))
            .collect();
        format!("datetime.timedelta({})", if shown.is_empty() { "0".to_owned() } else { shown.join(", ") })
    }
}

/// What Python's `str` shows.
impl fmt::Display for TimeDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { days, seconds, micros } = *self;
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn shown_as_python_does() {
        for (parts, text, repr) in [
            ((0, 0, 0), "0:00:00", "datetime.timedelta(0)"),
            ((1, 2, 3), "1 day, 0:00:02.000003", "datetime.timedelta(days=1, seconds=2, microseconds=3)"),
            (
                (-1, 86_399, 999_999),
                "-1 day, 23:59:59.999999",
                "datetime.timedelta(days=-1, seconds=86399, microseconds=999999)",
            ),
            ((-2, 0, 0), "-2 days, 0:00:00", "datetime.timedelta(days=-2)"),
            ((0, 45_296, 0), "12:34:56", "datetime.timedelta(seconds=45296)"),
        ] {
            let delta = TimeDelta::new(parts.0, parts.1, parts.2).unwrap();
            assert_eq!((delta.to_string().as_str(), delta.repr().as_str()), (text, repr));
            assert_eq!(TimeDelta::of_micros(delta.micros().unwrap()), delta);
        }
    }

    #[test]
    fn only_what_python_keeps() {
        for (days, seconds, micros) in [
            (MOST_DAYS + 1, 0, 0),
            (-MOST_DAYS - 1, 0, 0),
            (0, 86_400, 0),
            (0, -1, 0),
            (0, 0, 1_000_000),
            (0, 0, -1),
        ] {
            assert_eq!(TimeDelta::new(days, seconds, micros), None);
        }
        assert_eq!(TimeDelta::new(MOST_DAYS, 0, 0).unwrap().micros(), None);
        assert_eq!(TimeDelta::new(-1, 86_399, 999_999).unwrap().micros(), Some(-1));
    }
}
