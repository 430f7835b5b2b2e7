//! The integers of YAML 1.1, which may be of other bases, as decimal digits.

use crate::codec::decimal::Number;

/// Python shows no integer of more digits (`sys.set_int_max_str_digits`), and finding the digits of
/// a long one takes long.
const MOST_DIGITS: usize = 4300;

/// The decimal digits of `[-+]?` with `0b`, `0x`, `0` for base 8, parts of base 60 between colons, or
/// decimal digits; underscores count for nothing. `None` where it is none of these or too long.
pub(super) fn digits(text: &str) -> Option<String> {
    let text = text.replace('_', "");
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let digits = match rest.as_bytes() {
        [b'0'] => "0".to_owned(),
        [b'0', b'b', ..] => of_base(rest.get(2..)?, 2)?,
        [b'0', b'x', ..] => of_base(rest.get(2..)?, 16)?,
        [b'0', ..] => of_base(rest.strip_prefix("0o").unwrap_or(rest), 8)?,
        _ if rest.contains(':') => base_60(rest)?,
        [b'1'..=b'9', ..] if rest.bytes().all(|byte| byte.is_ascii_digit()) => rest.to_owned(),
        _ => return None,
    };
    Some(if digits == "0" { digits } else { sign.to_owned() + &digits })
}

fn of_base(text: &str, base: u32) -> Option<String> {
    let mut number = Number::default();
    for digit in text.chars() {
        shift(&mut number, base, digit.to_digit(base)?)?;
    }
    (!text.is_empty()).then(|| number.digits())
}

fn base_60(text: &str) -> Option<String> {
    let mut number = Number::default();
    let mut parts = text.split(':');
    for digit in parts.next()?.chars() {
        shift(&mut number, 10, digit.to_digit(10)?)?;
    }
    for part in parts {
        shift(&mut number, 60, part.parse::<u8>().ok()?.into())?;
    }
    Some(number.digits())
}

/// Appends a digit; `None` where the number becomes too long.
fn shift(number: &mut Number, base: u32, digit: u32) -> Option<()> {
    number.shift(base.into(), digit);
    (number.limbs() <= MOST_DIGITS / 9 + 1).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_base() {
        for (text, decimal) in [
            ("0", "0"),
            ("-0", "0"),
            ("+12", "12"),
            ("1_000_", "1000"),
            ("0777", "511"),
            ("-0_", "0"),
            ("00", "0"),
            ("0o7", "7"),
            ("0b101", "5"),
            ("-0xFf_f", "-4095"),
            ("0xffffffffffffffffffffffff", "79228162514264337593543950335"),
            ("190:20:30", "685230"),
            ("-1:0", "-60"),
            ("123456789012345678901234567890:59", "7407407340740740734074074073459"),
            ("12345678901234567890", "12345678901234567890"),
            ("0x1000000000000000", "1152921504606846976"),
        ] {
            assert_eq!(digits(text).as_deref(), Some(decimal), "{text}");
        }
        for text in ["", "0b", "0x_", "0x", "abc", "1:x", "08", "1.5", "-", "--1"] {
            assert_eq!(digits(text), None, "{text}");
        }
        assert_eq!(digits(&format!("0x{}", "f".repeat(100_000))), None);
        assert_eq!(digits(&"1:0".repeat(100_000)), None);
    }
}
