//! ISO 8601 as `dateutil.parser.isoparse` reads it, which Celery reads `date_done` with: dates alone,
//! the basic forms without separators, weeks and days of a year too. What Python writes itself is in
//! `iso`.

use super::iso::{self, Date, Time};

/// A date, and a time behind any one character; without one it is midnight.
pub(crate) fn date_time(text: &str) -> Option<(Date, Time)> {
    if !text.is_ascii() {
        return None;
    }
    let mut rest = Rest { text };
    let days = match rest.clone().common_date() {
        Some((days, behind)) => {
            rest = behind;
            days
        }
        None => rest.uncommon_date()?,
    };
    let mut time = Time { hour: 0, minute: 0, second: 0, micro: 0, offset: None };
    if let Some(clock) = rest.text.get(1..) {
        time = Rest { text: clock }.time()?;
    }
    // Midnight is also the end of the day before.
    let ends = time.hour == 24;
    if ends && (time.minute, time.second, time.micro) != (0, 0, 0) {
        return None;
    }
    time.hour %= 24;
    Some((iso::day(days + i64::from(ends))?, time))
}

/// What is still to be read.
#[derive(Clone)]
struct Rest<'a> {
    text: &'a str,
}

impl Rest<'_> {
    /// `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and `YYYYMMDD`, and what follows.
    fn common_date(mut self) -> Option<(i64, Self)> {
        let year = self.number(4)?;
        if self.text.is_empty() {
            return Some((iso::days(year, 1, 1)?, self));
        }
        let separated = self.take('-');
        let month = self.number(2)?;
        if separated && self.text.is_empty() {
            return Some((iso::days(year, month, 1)?, self));
        }
        if separated && !self.take('-') {
            return None;
        }
        let day = self.number(2)?;
        Some((iso::days(year, month, day)?, self))
    }

    /// `YYYY-Www`, `YYYY-Www-D` and `YYYY-DDD`, each also without `-`.
    fn uncommon_date(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        let separated = self.take('-');
        if !self.take('W') {
            let day = self.number(3)?;
            let (first, last) = (iso::days(year, 1, 1)?, iso::days(year, 12, 31)?);
            return Some(first + day - 1).filter(|day| (first..=last).contains(day));
        }
        let week = self.number(2)?;
        let day = match self.text.is_empty() {
            true => 1,
            false if separated == self.take('-') => self.number(1)?,
            false => return None,
        };
        if !(1..=53).contains(&week) || !(1..=7).contains(&day) {
            return None;
        }
        // The first week is that of January 4th; 1970 began on a Thursday.
        let fourth = iso::days(year, 1, 4)?;
        Some(fourth - (fourth + 3).rem_euclid(7) + (week - 1) * 7 + day - 1)
    }

    /// `hh`, `hhmm`, `hhmmss` and `hhmmss.f`, each also with `:`, and an offset.
    fn time(&mut self) -> Option<Time> {
        if self.text.len() < 2 {
            return None;
        }
        let mut parts = [0; 3];
        let mut separated = false;
        let mut read = 0;
        while read < parts.len() && !self.text.is_empty() && !self.at_offset() {
            match read {
                0 => {}
                1 => separated = self.take(':'),
                _ if separated && !self.take(':') => return None,
                _ => {}
            }
            *parts.get_mut(read)? = self.number(2)?;
            read += 1;
        }
        let micro =
            if read == parts.len() && (self.take('.') || self.take(',')) { self.fraction()? } else { 0 };
        let offset = if self.text.is_empty() { None } else { Some(self.offset()?) };
        let [hour, minute, second] = parts;
        (hour <= 24 && minute < 60 && second < 60).then_some(Time { hour, minute, second, micro, offset })
    }

    /// Microseconds from the digits of a fraction; further ones are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(self.text.len());
        let (digits, rest) = self.text.split_at_checked(length)?;
        self.text = rest;
        let digits = digits.get(..length.min(6)).filter(|digits| !digits.is_empty())?;
        format!("{digits:0<6}").parse().ok()
    }

    fn at_offset(&self) -> bool {
        self.text.starts_with(['+', '-', 'Z', 'z'])
    }

    /// `Z`, `±hh`, `±hhmm` and `±hh:mm`, in microseconds.
    fn offset(&mut self) -> Option<i64> {
        if matches!(self.text, "Z" | "z") {
            return Some(0);
        }
        let negative = self.take('-');
        if !negative && !self.take('+') {
            return None;
        }
        let hours = self.number(2)?;
        let minutes = if self.text.is_empty() {
            0
        } else {
            let _ = self.take(':');
            self.number(2)?
        };
        let micros = (hours * 60 + minutes) * 60_000_000;
        let fits = self.text.is_empty() && hours < 24 && minutes < 60;
        fits.then_some(if negative { -micros } else { micros })
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.text.split_at_checked(digits)?;
        let number = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
        self.text = rest;
        Some(number)
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.text.strip_prefix(wanted);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    /// Microseconds, and whether there was an offset, as `isoparse` of dateutil 2.9 gives them.
    #[test]
    fn as_dateutil_reads_them() {
        const SECOND: i64 = 1_000_000;
        for (text, seconds, aware) in [
            ("2026", 1_767_225_600, false),
            ("2026-11", 1_793_491_200, false),
            ("2026-11-23", 1_795_392_000, false),
            ("20261123", 1_795_392_000, false),
            ("20261123T010203Z", 1_795_395_723, true),
            ("20261123T010203", 1_795_395_723, false),
            ("2026-11-23T01:02:03+00:00", 1_795_395_723, true),
            ("2026-11-23 01:02", 1_795_395_720, false),
            ("2026-11-23x01", 1_795_395_600, false),
            ("20261123T0102-0130", 1_795_401_120, true),
            ("2026-11-23T01:02:03z", 1_795_395_723, true),
            ("2026-11-23T24:00", 1_795_478_400, false),
            ("2026-12-31T24", 1_798_761_600, false),
            ("2026-11-23T010203+02", 1_795_388_523, true),
            ("2026-W48-1", 1_795_392_000, false),
            ("2026W481", 1_795_392_000, false),
            ("2026W48", 1_795_392_000, false),
            ("2026-327", 1_795_392_000, false),
            ("2026327", 1_795_392_000, false),
            ("2026327T01", 1_795_395_600, false),
            ("2020-W53-7", 1_609_632_000, false),
            ("2026-11-23T+01:00", 1_795_388_400, true),
        ] {
            let (date, time) = date_time(text).expect(text);
            assert_eq!(
                (iso::unix_micros(date, time), time.offset.is_some()),
                (seconds * SECOND, aware),
                "{text}"
            );
        }
        for (text, micros) in [
            ("01.5", None),
            ("0102,5", None),
            ("010203,5", Some(500_000)),
            ("01:02:03.1234569", Some(123_456)),
        ] {
            let found = date_time(&format!("2026-11-23T{text}")).map(|(_, time)| time.micro);
            assert_eq!(found, micros, "{text}");
        }
    }

    #[test]
    fn what_dateutil_refuses() {
        for text in [
            "",
            "202",
            "202611",
            "2026-1",
            "2026-13-01",
            "2025-02-29",
            "2026-000",
            "2026-366",
            "2026-W00",
            "2026-W54",
            "2026-W48-8",
            "2026-W481",
            "2026W48-1",
            "0000-01-01",
            "9999-12-31T24:00",
            "2026-11-23T",
            "2026-11-23T1",
            "2026-11-23T25",
            "2026-11-23T24:01",
            "2026-11-23T01:0203",
            "2026-11-23T0102:03",
            "2026-11-23T01:60",
            "2026-11-23T01:02:60",
            "2026-11-23T01:02:03.",
            "2026-11-23T01:02:03+1",
            "2026-11-23T01:02:03+24:00",
            "2026-11-23T01:02:03+01:60",
            "2026-11-23T01:02:03Zx",
            "2026-11-23T01:02:03 ",
            "20261123010203Z",
            "2026-11-23\u{a0}01",
            "yesterday",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }
}
