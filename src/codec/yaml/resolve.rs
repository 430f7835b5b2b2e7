//! What a plain scalar is under YAML 1.1, by `PyYAML`'s patterns (`yaml.resolver`): `on` is a boolean,
//! `1:30` a number to the base 60, `1e5` a text.

use super::shape::Shape;
use super::timestamp;

const BOOLS: [&str; 18] = [
    "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On",
    "ON", "off", "Off", "OFF",
];

/// The shape of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Shape {
    match text.as_bytes().first() {
        None => Shape::Null,
        Some(b'~' | b'n' | b'N') if matches!(text, "~" | "null" | "Null" | "NULL") => Shape::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O')
            if BOOLS.contains(&text) =>
        {
            Shape::Bool
        }
        Some(b'-' | b'+' | b'0'..=b'9' | b'.') => number(text),
        Some(b'<') if text == "<<" => Shape::Merge,
        Some(b'=') if text == "=" => Shape::Default,
        _ => Shape::Text,
    }
}

fn number(text: &str) -> Shape {
    if is_float(text) {
        Shape::Float
    } else if is_int(text) {
        Shape::Int
    } else if timestamp::resolves(text) {
        Shape::Timestamp
    } else {
        Shape::Text
    }
}

fn is_int(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (first, sixtieths) = text.split_once(':').unwrap_or((text, ""));
    let decimal = first.starts_with(|digit: char| digit.is_ascii_digit() && digit != '0')
        && all(first, |byte| byte.is_ascii_digit());
    if first.len() < text.len() {
        return decimal && base_60(sixtieths);
    }
    let some = |digits: &str, is: fn(u8) -> bool| !digits.is_empty() && all(digits, is);
    match text.as_bytes() {
        [b'0'] => true,
        [b'0', b'b', ..] => some(text.get(2..).unwrap_or_default(), |byte| matches!(byte, b'0' | b'1')),
        [b'0', b'x', ..] => some(text.get(2..).unwrap_or_default(), |byte| byte.is_ascii_hexdigit()),
        [b'0', ..] => some(text.get(1..).unwrap_or_default(), |byte| matches!(byte, b'0'..=b'7')),
        _ => decimal,
    }
}

fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, rest)) = unsigned.split_once('.') else { return false };
    let digits = |text: &str| all(text, |byte| byte.is_ascii_digit());
    let starts = |text: &str| text.starts_with(|digit: char| digit.is_ascii_digit());
    if let Some((first, sixtieths)) = whole.split_once(':') {
        return starts(first) && digits(first) && base_60(sixtieths) && digits(rest);
    }
    let (fraction, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(f, e)| (f, Some(e)));
    let scaled = exponent.is_none_or(|exponent| {
        let scale = exponent.strip_prefix(['-', '+']).unwrap_or_default();
        !scale.is_empty() && scale.bytes().all(|byte| byte.is_ascii_digit())
    });
    let mantissa = if whole.is_empty() {
        unsigned.len() == text.len() && starts(fraction)
    } else {
        starts(whole) && digits(whole)
    };
    mantissa && digits(fraction) && scaled
}

/// Digits of this kind and underscores.
fn all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|byte| byte == b'_' || is(byte))
}

/// `[0-5]?[0-9]` between colons.
fn base_60(text: &str) -> bool {
    text.split(':').all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_pyyaml() {
        for (shape, texts) in [
            (Shape::Null, &["", "~", "null", "Null", "NULL"][..]),
            (Shape::Bool, &["yes", "No", "TRUE", "off", "On"]),
            (
                Shape::Int,
                &[
                    "0",
                    "-0",
                    "+12",
                    "1_000_",
                    "0777",
                    "0_",
                    "-0x1F_",
                    "0b_",
                    "0x_",
                    "0b1",
                    "190:20:30",
                    "1:0",
                    "-1:59",
                ],
            ),
            (
                Shape::Float,
                &[
                    "1.",
                    "-1.5",
                    "1_0.5_0",
                    ".5",
                    "0.1e+5",
                    "1.5E-3",
                    ".5e+1",
                    "190:20:30.15",
                    "00:1.",
                    "-.inf",
                    "+.INF",
                    ".nan",
                    "1._",
                ],
            ),
            (Shape::Merge, &["<<"]),
            (Shape::Default, &["="]),
            (
                Shape::Timestamp,
                &["2024-02-29", "2001-12-14t21:59:43.10-05:00", "2001-1-1  1:02:03 Z", "2024-13-45"],
            ),
            (
                Shape::Text,
                &[
                    "y",
                    "N",
                    "nULL",
                    "yEs",
                    "08",
                    "1e5",
                    "1.5e5",
                    "-.5",
                    "+.5",
                    "._",
                    "-",
                    "+",
                    ".",
                    "0:1",
                    "00:1",
                    "1:60",
                    "0o7",
                    "0b2",
                    "0xg",
                    "1:2:",
                    "_1",
                    "-.nan",
                    "2024-1-1",
                    "2024-02-29 1:2:03",
                    "1.5e+",
                    "1.2.3",
                    "--1",
                    "0b",
                    "0x",
                    "½",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(plain(text), shape, "{text}");
            }
        }
    }
}
