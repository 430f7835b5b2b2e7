//! What scalars stand for (`yaml.constructor.SafeConstructor`).

use super::shape::Shape;
use super::source::StandIn;
use super::timestamp::Timestamp;
use super::{binary, decimal, timestamp};
use crate::codec::transcript::Transcript;
use crate::model::value::python::json_float;
use crate::model::{Error, Result, Status};
use std::borrow::Cow;

/// What a scalar stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    /// null
    Null,
    /// true or false
    Bool(bool),
    /// An integer by its decimal digits
    Int(String),
    /// A float
    Float(f64),
    /// A text, in UTF-8's scheme with surrogates
    Text(Cow<'a, [u8]>),
    /// Bytes
    Bytes(Vec<u8>),
    /// A date or a time of day on a date
    Timestamp(Timestamp),
}

impl<'a> Scalar<'a> {
    /// The scalar, or what is wrong with it.
    pub(super) fn read(shape: Shape, text: &'a str, stand_in: Option<StandIn>) -> Result<Self> {
        let read = match shape {
            Shape::Null => Some(Self::Null),
            Shape::Bool => boolean(text).map(Self::Bool),
            Shape::Int => decimal::digits(text).map(Self::Int),
            Shape::Float => float(text).map(Self::Float),
            Shape::Binary => binary::read(text).map(Self::Bytes),
            Shape::Timestamp => timestamp::read(text).map(Self::Timestamp),
            Shape::Text => Some(Self::Text(match stand_in {
                Some(stand_in) => Cow::Owned(stand_in.restore(text)),
                None => Cow::Borrowed(text.as_bytes()),
            })),
            _ => None,
        };
        read.ok_or_else(|| {
            let wanted = match shape {
                Shape::Bool => "a boolean",
                Shape::Int => "an integer of at most 4300 digits",
                Shape::Float => "a float",
                Shape::Binary => "base64 with its padding",
                Shape::Timestamp => "a date or time that exists",
                Shape::Merge => "something else than << outside a map",
                _ => "something else than a plain = outside a map",
            };
            let shown: String = text.chars().take(40).collect();
            Error::new(Status::Decode, format!("the yaml record at {shown:?}: {wanted} expected"))
        })
    }

    /// Writes it as a value.
    pub(super) fn write(&self, out: &mut Transcript<'_>) -> Result<()> {
        match self {
            Self::Null => out.null(),
            Self::Bool(value) => out.boolean(*value),
            Self::Int(digits) => out.integer(digits),
            Self::Float(value) => out.float(*value),
            Self::Text(text) => out.text(text),
            Self::Bytes(bytes) => out.bytes(bytes),
            Self::Timestamp(Timestamp::Date(text)) => out.typed_text("date", text),
            Self::Timestamp(Timestamp::DateTime(text)) => out.typed_text("datetime", text),
        }
    }

    /// Writes it as a key as `json.dumps` spells it, where it has a spelling.
    pub(super) fn write_key(&self, out: &mut Transcript<'_>) -> Result<()> {
        match self {
            Self::Null => out.key(b"null"),
            Self::Bool(value) => out.key(if *value { b"true" } else { b"false" }),
            Self::Int(digits) => out.key(digits.as_bytes()),
            Self::Float(value) => out.key(json_float(*value).as_bytes()),
            Self::Text(text) => out.key(text),
            Self::Bytes(_) | Self::Timestamp(_) => {
                Err(Error::new(Status::Decode, "the yaml record: a key that JSON has expected"))
            }
        }
    }
}

/// Whether JSON has keys of this shape.
pub(super) fn is_plain_key(shape: Shape) -> bool {
    matches!(shape, Shape::Null | Shape::Bool | Shape::Int | Shape::Float | Shape::Text)
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(["yes", "true", "on"]) { Some(true) } else { is(["no", "false", "off"]).then_some(false) }
}

fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let number = match rest {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if !rest.starts_with(|first: char| first == '.' || first.is_ascii_digit()) => return None,
        _ if rest.contains(':') => {
            let (mut sum, mut base) = (0.0, 1.0);
            for part in rest.rsplit(':') {
                sum += part.parse::<f64>().ok()? * base;
                base *= 60.0;
            }
            if !f64::is_finite(sum) {
                return None;
            }
            sum
        }
        _ => rest.parse().ok()?,
    };
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn floats() {
        for (text, number) in [
            ("1_0.5_0", 10.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("-1.5E+3", -1500.0),
            ("+.INF", f64::INFINITY),
            ("-.inf", f64::NEG_INFINITY),
            ("1:2:3.5", 3723.5),
            ("-190:20:30.15", -685_230.15),
            ("1", 1.0),
        ] {
            assert_eq!(Scalar::read(Shape::Float, text, None).unwrap(), Scalar::Float(number), "{text}");
        }
        assert!(matches!(Scalar::read(Shape::Float, ".NaN", None), Ok(Scalar::Float(nan)) if nan.is_nan()));
        let huge = format!("1{}.", ":0".repeat(1000));
        for text in ["abc", "", "nan", "--1.", "1.x", &huge] {
            assert!(Scalar::read(Shape::Float, text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (shape, text, wanted) in [
            (Shape::Int, "0x_", "\"0x_\": an integer"),
            (Shape::Timestamp, "2024-13-01", "a date or time that exists"),
            (Shape::Binary, "AAE", "base64"),
            (Shape::Bool, "maybe", "a boolean"),
            (Shape::Merge, "<<", "<< outside a map"),
            (Shape::Default, "=", "= outside a map"),
        ] {
            let error = Scalar::read(shape, text, None).unwrap_err();
            assert_eq!(error.status(), Status::Decode);
            assert!(error.message().contains(wanted), "{error:?}");
        }
    }
}
