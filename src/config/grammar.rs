//! From text to values, one function per form; the forms are described in [`crate::config`].
//! Ranges, names and messages are in `shape.rs`.

use serde_json::Value;
use std::time::Duration;

/// What a time without a unit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// Whether the text stands for "no value": `null`, `none`, or nothing at all.
pub(super) fn is_null(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.eq_ignore_ascii_case("null") || text.eq_ignore_ascii_case("none")
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether the text turns something off: no value, a false one, or a JSON object with nothing in it.
pub(super) fn is_off(text: &str) -> bool {
    is_null(text) || boolean(text) == Some(false) || map(text).is_some_and(|map| map.is_empty())
}

pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    // Rust's parser also takes a leading plus sign, which is no form of ours.
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// Splits `1.5s` into the number's text and the unit's.
fn number_and_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    (number, unit.trim_start())
}

pub(super) fn duration(text: &str, plain: Unit) -> Option<Duration> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" if plain == Unit::Seconds => 1.0,
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    // Thousandths are not exact in binary: what was written in whole milliseconds stays whole.
    let seconds = (number * factor * 1e6).round() / 1e6;
    Duration::try_from_secs_f64(seconds).ok()
}

pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

pub(super) fn list(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let items: Vec<String> = if text.starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        text.split(',').map(|item| item.trim().to_owned()).collect()
    };
    items.iter().all(|item| !item.is_empty()).then_some(items)
}

/// Small numbers, separated by commas or in a JSON array.
pub(super) fn numbers(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    text.split(',').map(|number| integer(number)?.try_into().ok()).collect()
}

/// The members of a JSON object; "no value" is an empty one.
pub(super) fn map(text: &str) -> Option<serde_json::Map<String, Value>> {
    if is_null(text) {
        return Some(serde_json::Map::new());
    }
    serde_json::from_str(text).ok()
}

/// A member of a JSON object, written as the text that an option of its own would have.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn booleans() {
        for text in ["true", "TRUE", "1", "yes", "On", " on "] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["false", "False", "0", "NO", "off"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["", "2", "y", "tru", "null", "1.0"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }

    #[test]
    fn durations() {
        let milliseconds = |text| duration(text, Unit::Seconds).map(|d| d.as_nanos());
        for (text, expected) in [
            ("300", 300_000),
            ("1.5", 1_500),
            (".5", 500),
            ("0.3", 300),
            ("0", 0),
            ("500ms", 500),
            ("10s", 10_000),
            ("30m", 1_800_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("1.5 D", 129_600_000),
            ("0.1s", 100),
        ] {
            assert_eq!(milliseconds(text), Some(expected * 1_000_000), "{text}");
        }
        for text in ["", "-1", "1e3", "inf", "nan", "1w", "1h30m", "s", "1.2.3", "1,5", "1d,", "\u{661}"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        assert_eq!(milliseconds(&"9".repeat(400)), None);
        assert_eq!(duration("1500", Unit::Milliseconds), Some(Duration::from_millis(1_500)));
        assert_eq!(duration("2s", Unit::Milliseconds), Some(Duration::from_secs(2)));
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", 0),
            ("1024", 1_024),
            ("7B", 7),
            ("16MB", 16_000_000),
            ("16MiB", 16 << 20),
            ("16 mib", 16 << 20),
            ("2kb", 2_000),
            ("2KiB", 2_048),
            ("1GB", 1_000_000_000),
            ("1GiB", 1 << 30),
        ] {
            assert_eq!(size(text), Some(expected), "{text}");
        }
        for text in ["", "-1", "1.5MB", "16M", "16TB", "18446744073709551615KiB", "99999999999999999999"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn integers() {
        assert_eq!(integer(" 42 "), Some(42));
        assert_eq!(integer("-1"), Some(-1));
        for text in ["", "+1", "1.0", "0x10", "9223372036854775808"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn lists() {
        let two = || Some(vec!["json".to_owned(), "pickle".to_owned()]);
        assert_eq!(list("json,pickle"), two());
        assert_eq!(list(" json , pickle "), two());
        assert_eq!(list("[\"json\", \"pickle\"]"), two());
        assert_eq!(list("[]"), Some(Vec::new()));
        for text in ["", "json,", "[1]", "[\"json\"", "[\"\"]"] {
            assert_eq!(list(text), None, "{text}");
        }
    }

    #[test]
    fn maps() {
        assert!(map("null").unwrap().is_empty());
        assert_eq!(map("{\"a\": 1}").unwrap().len(), 1);
        for text in ["[]", "{'a': 1}", "{", "1"] {
            assert!(map(text).is_none(), "{text}");
        }
        let members = map("{\"a\": null, \"b\": \"x\", \"c\": 1.5, \"d\": true, \"e\": [1]}").unwrap();
        let texts: Vec<_> = members.values().map(text_of).collect();
        assert_eq!(texts, ["", "x", "1.5", "true", "[1]"]);
    }
}
