//! `!!timestamp` as `PyYAML` reads it: a date, or a time of day on a date, naive or with an offset.

use crate::model::iso;

/// The parts as they are spelled.
struct Spelled<'a> {
    year: &'a str,
    month: &'a str,
    day: &'a str,
    clock: Option<Clock<'a>>,
}

struct Clock<'a> {
    hour: &'a str,
    minute: &'a str,
    second: &'a str,
    fraction: &'a str,
    zone: Option<&'a str>,
}

/// A point in time in ISO 8601.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Timestamp {
    /// `2024-02-29`
    Date(String),
    /// `2024-02-29T23:59:58.000001+02:00`
    DateTime(String),
}

/// Whether a plain scalar is a timestamp; the day need not exist.
pub(super) fn resolves(text: &str) -> bool {
    spelled(text).is_some_and(|spelled| spelled.clock.is_some() || text.len() == 10)
}

/// The timestamp, where it is well spelled and there is such a time.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let Spelled { year, month, day, clock } = spelled(text)?;
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    let Some(Clock { hour, minute, second, fraction, zone }) = clock else {
        return iso::date(&date).map(|_| Timestamp::Date(date));
    };
    let fraction = fraction.get(..6).unwrap_or(fraction);
    let micros =
        if fraction.bytes().all(|digit| digit == b'0') { String::new() } else { format!(".{fraction:0<6}") };
    let zone = match zone {
        None => String::new(),
        Some(zone) => offset(zone)?,
    };
    let text = format!("{date}T{hour:0>2}:{minute}:{second}{micros}{zone}");
    iso::date_time(&text).map(|_| Timestamp::DateTime(text))
}

/// The canonical offset; `None` where it is a day or more.
fn offset(zone: &str) -> Option<String> {
    let Some(rest) = zone.strip_prefix(['-', '+']) else { return Some("+00:00".to_owned()) };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let minutes = hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?;
    let sign = if zone.starts_with('-') && minutes > 0 { '-' } else { '+' };
    (minutes < 24 * 60).then(|| format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

fn spelled(text: &str) -> Option<Spelled<'_>> {
    let mut rest = text;
    let year = digits(&mut rest, 4, 4)?;
    literal(&mut rest, '-')?;
    let month = digits(&mut rest, 1, 2)?;
    literal(&mut rest, '-')?;
    let day = digits(&mut rest, 1, 2)?;
    if rest.is_empty() {
        return Some(Spelled { year, month, day, clock: None });
    }
    let spaced = rest.trim_start_matches([' ', '\t']);
    rest = if spaced.len() < rest.len() { spaced } else { rest.strip_prefix(['T', 't'])? };
    let hour = digits(&mut rest, 1, 2)?;
    literal(&mut rest, ':')?;
    let minute = digits(&mut rest, 2, 2)?;
    literal(&mut rest, ':')?;
    let second = digits(&mut rest, 2, 2)?;
    let fraction = match literal(&mut rest, '.') {
        Some(()) => digits(&mut rest, 0, usize::MAX)?,
        None => "",
    };
    let zone = match rest.trim_start_matches([' ', '\t']) {
        "" if rest.is_empty() => None,
        zone => Some(zone).filter(|zone| is_zone(zone)).map(Some)?,
    };
    Some(Spelled { year, month, day, clock: Some(Clock { hour, minute, second, fraction, zone }) })
}

/// `Z` or `[-+][0-9][0-9]?(:[0-9][0-9])?`
fn is_zone(zone: &str) -> bool {
    let Some(mut rest) = zone.strip_prefix(['-', '+']) else { return zone == "Z" };
    digits(&mut rest, 1, 2).is_some()
        && (rest.is_empty()
            || literal(&mut rest, ':').is_some() && digits(&mut rest, 2, 2).is_some() && rest.is_empty())
}

/// As many digits as there are up to `most`.
fn digits<'a>(rest: &mut &'a str, least: usize, most: usize) -> Option<&'a str> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at_checked(count).filter(|_| count >= least)?;
    *rest = after;
    Some(digits)
}

fn literal(rest: &mut &str, character: char) -> Option<()> {
    *rest = rest.strip_prefix(character)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_reads_them() {
        for (text, iso) in [
            ("2024-02-29 23:59:58", "2024-02-29T23:59:58"),
            ("2024-02-29 23:59:58.000001+00:00", "2024-02-29T23:59:58.000001+00:00"),
            ("2001-1-1 1:02:03", "2001-01-01T01:02:03"),
            ("2001-12-14t21:59:43.123456789-5", "2001-12-14T21:59:43.123456-05:00"),
            ("2001-12-14 21:59:43. -5:30", "2001-12-14T21:59:43-05:30"),
            ("2001-12-14 \t 21:59:43.1Z", "2001-12-14T21:59:43.100000+00:00"),
            ("2001-12-14 21:59:43.0000009-0:00", "2001-12-14T21:59:43+00:00"),
            ("2001-12-14 21:59:43+5:75", "2001-12-14T21:59:43+06:15"),
        ] {
            assert_eq!(read(text), Some(Timestamp::DateTime(iso.to_owned())), "{text}");
        }
        assert_eq!(read("2024-02-29"), Some(Timestamp::Date("2024-02-29".to_owned())));
        assert_eq!(read("2024-2-9"), Some(Timestamp::Date("2024-02-09".to_owned())));
        for text in [
            "2024-13-01",
            "2023-02-29",
            "2024-01-01 25:00:00",
            "2024-01-01 00:00:00+24:00",
            "2024-01-01T",
            "2024-01-01 00:00:00 ",
            "2024-01-01 00:00:00Zx",
            "2024-01-01 00:00:00+1:2",
            "24-01-01",
            "2024-01-01 T00:00:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
