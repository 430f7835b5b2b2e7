//! ISO 8601 as Python's `isoformat` writes it: parts, checked, and microseconds since 1970. No
//! clock and no time zones but fixed offsets.

use std::fmt::Write;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A day of the proleptic Gregorian calendar, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) micro: i64,
    /// Offset from UTC in microseconds; `None` for a naive time.
    pub(crate) offset: Option<i64>,
}

/// `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    checked(number(text, 0, 4)?, number(text, 5, 7)?, number(text, 8, 10)?)
}

fn checked(year: i64, month: i64, day: i64) -> Option<Date> {
    let fits = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day);
    fits.then_some(Date { year, month, day })
}

/// The days from 1970 to a date, where there is such a date.
pub(crate) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    checked(year, month, day).map(days_since_1970)
}

/// The date so many days after 1970.
pub(crate) fn day(days: i64) -> Option<Date> {
    let Date { year, month, day } = civil(days);
    checked(year, month, day)
}

/// `HH:MM:SS[.ffffff][Z|±HH:MM[:SS[.ffffff]]]`.
pub(crate) fn time(text: &str) -> Option<Time> {
    let zone = text.find(['+', '-', 'Z']).unwrap_or(text.len());
    let (clock, zone) = text.split_at_checked(zone)?;
    let (hour, minute, second, micro) = clock_parts(clock)?;
    let offset = match zone.as_bytes().first() {
        None => None,
        Some(b'Z') if zone.len() == 1 => Some(0),
        Some(b'Z') => return None,
        Some(sign) => {
            let rest = zone.get(1..)?;
            let (hour, minute, second, micro) =
                if rest.len() == 5 { clock_parts(&format!("{rest}:00"))? } else { clock_parts(rest)? };
            let micros = (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + micro;
            Some(if *sign == b'-' { -micros } else { micros })
        }
    };
    Some(Time { hour, minute, second, micro, offset })
}

/// A date and a time with `T` or a space between.
pub(crate) fn date_time(text: &str) -> Option<(Date, Time)> {
    let (day, rest) = text.split_at_checked(10)?;
    let clock = rest.strip_prefix(['T', ' '])?;
    Some((date(day)?, time(clock)?))
}

/// Microseconds since 1970 UTC; naive times are taken as UTC.
pub(crate) fn unix_micros(date: Date, time: Time) -> i64 {
    let seconds = days_since_1970(date) * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second;
    seconds * MICROS_PER_SECOND + time.micro - time.offset.unwrap_or(0)
}

/// `2026-11-22T08:46:01.419812+00:00`; the fraction is left out when it is 0.
pub(crate) fn format_utc(unix_micros: i64) -> String {
    let mut text = String::new();
    push_utc(unix_micros, &mut text);
    text
}

/// [`format_utc`] behind a text.
pub(crate) fn push_utc(unix_micros: i64, out: &mut String) {
    let seconds = unix_micros.div_euclid(MICROS_PER_SECOND);
    let micro = unix_micros.rem_euclid(MICROS_PER_SECOND);
    let Date { year, month, day } = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    // Each stored record has such a time: written in pairs of digits it costs an eighth of what `format!`
    // takes.
    let mut text = *b"0000-00-00T00:00:00.000000+00:00";
    let pairs = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, second / 3600),
        (14, second / 60 % 60),
        (17, second % 60),
        (20, micro / 10_000),
        (22, micro / 100 % 100),
        (24, micro % 100),
    ];
    for (at, pair) in pairs {
        let pair = u8::try_from(pair).unwrap_or_default();
        if let Some([tens, ones]) = text.get_mut(at..at + 2) {
            (*tens, *ones) = (b'0' + pair / 10 % 10, b'0' + pair % 10);
        }
    }
    let text = std::str::from_utf8(&text).unwrap_or_default();
    if micro != 0 && (0..=9999).contains(&year) {
        return out.push_str(text);
    }
    let part = |place| text.get(place).unwrap_or_default();
    let fraction = if micro == 0 { "" } else { part(19..26) };
    // Writing to a String cannot fail.
    let _ = write!(out, "{year:04}{}{fraction}{}", part(4..19), part(26..32));
}

fn clock_parts(text: &str) -> Option<(i64, i64, i64, i64)> {
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b':') || bytes.get(5) != Some(&b':') {
        return None;
    }
    let (hour, minute, second) = (number(text, 0, 2)?, number(text, 3, 5)?, number(text, 6, 8)?);
    let micro = match text.get(8..)? {
        "" => 0,
        fraction => {
            let digits = fraction.strip_prefix('.')?;
            if !(1..=6).contains(&digits.len()) {
                return None;
            }
            number(&format!("{digits:0<6}"), 0, 6)?
        }
    };
    (hour < 24 && minute < 60 && second < 60).then_some((hour, minute, second, micro))
}

fn number(text: &str, start: usize, end: usize) -> Option<i64> {
    let digits = text.get(start..end)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts in years that start in March, so that the leap day comes last.
fn days_since_1970(Date { year, month, day }: Date) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469
}

/// The inverse of [`days_since_1970`].
fn civil(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month, day }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        date_time(text).map(|(date, time)| unix_micros(date, time))
    }

    #[test]
    fn known_times() {
        for (text, unix) in [
            ("1970-01-01T00:00:00", 0),
            ("2026-11-22T08:46:01.419812+00:00", 1_795_337_161_419_812),
            ("2026-11-22T09:46:01.419812+01:00", 1_795_337_161_419_812),
            ("2026-11-22 08:46:01.5Z", 1_795_337_161_500_000),
            ("0001-01-01T00:00:00", -62_135_596_800_000_000),
            (
                "9999-12-31T23:59:59-12:00:30",
                253_402_343_999_000_000 + 30_000_000 - 43_200_000_000 + 43_200_000_000,
            ),
        ] {
            assert_eq!(micros(text), Some(unix), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "2026-11-22",
            "2026-13-01T00:00:00",
            "2025-02-29T00:00:00",
            "2026-11-22T24:00:00",
            "2026-11-22T00:00",
            "2026-11-22T00:00:00.",
            "2026-11-22T00:00:00+1",
            "2026-11-22T00:00:00Zx",
            "+026-11-22T00:00:00",
            "2026-11-2żT00:00:00",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_comes_back() {
        let mut days = days_since_1970(Date { year: 1, month: 1, day: 1 });
        for year in 1..=2400 {
            for month in 1..=12 {
                for day in 1..=days_of_month(year, month) {
                    let date = Date { year, month, day };
                    assert_eq!(days_since_1970(date), days);
                    assert_eq!(civil(days), date);
                    days += 1;
                }
            }
        }
    }

    #[test]
    fn formatted_as_python_does() {
        assert_eq!(format_utc(1_795_337_161_419_812), "2026-11-22T08:46:01.419812+00:00");
        assert_eq!(format_utc(1_795_337_161_000_000), "2026-11-22T08:46:01+00:00");
        assert_eq!(format_utc(-1), "1969-12-31T23:59:59.999999+00:00");
        assert_eq!(format_utc(-62_135_596_799_999_990), "0001-01-01T00:00:00.000010+00:00");
        assert_eq!(format_utc(253_402_300_800_000_001), "10000-01-01T00:00:00.000001+00:00");
        assert_eq!(format_utc(-62_198_755_200_000_000), "-001-01-01T00:00:00+00:00");
    }
}
