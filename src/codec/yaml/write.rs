//! A value as yaml that `PyYAML`'s `safe_load` reads back as it was: the outermost map in block style
//! with its keys sorted, as `safe_dump` writes it, everything inside it in flow style. What
//! `safe_dump` refuses is refused here too.

use super::resolve;
use super::shape::Shape;
use super::timestamp;
use crate::codec::spell;
use crate::model::value::Iter;
use crate::model::value::python::float_repr;
use crate::model::{Error, Kind, Result, Status, Value, base64};
use std::fmt::Write;

/// Longer keys are marked by `?`: readers do not look further for their colon.
const LONGEST_KEY: usize = 128;

/// The value as bytes to store.
pub(in crate::codec) fn write(value: &Value) -> Result<Vec<u8>> {
    let mut out = String::with_capacity(value.json().len());
    if value.kind() != Kind::Object || value.is_empty()? {
        flow(value, &mut out)?;
        out.push('\n');
        return Ok(out.into_bytes());
    }
    let mut members = Vec::new();
    for (key, value) in value.iter()? {
        if let Some(key) = key {
            members.push((key.as_wtf8()?.into_owned(), value));
        }
    }
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (key, value) in members {
        let mut spelled = String::new();
        text(&key, &mut spelled);
        if spelled.len() > LONGEST_KEY {
            out.extend(["? ", &spelled, "\n: "]);
        } else {
            out.extend([&spelled, ": "]);
        }
        flow(&value, &mut out)?;
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// A container whose elements are still to be written.
struct Open {
    elements: Iter,
    kind: Kind,
    fresh: bool,
}

fn flow(value: &Value, out: &mut String) -> Result<()> {
    let mut open: Vec<Open> = Vec::new();
    one(value, &mut open, out)?;
    while let Some(top) = open.last_mut() {
        let kind = top.kind;
        let Some((pair_key, value)) = top.elements.next() else {
            out.push(if kind == Kind::Array { ']' } else { '}' });
            open.pop();
            continue;
        };
        if !std::mem::take(&mut top.fresh) {
            out.push_str(", ");
        }
        if kind == Kind::Set {
            key(&value, out)?;
            out.push_str("null");
            continue;
        }
        if let Some(pair_key) = pair_key {
            key(&pair_key, out)?;
        }
        one(&value, &mut open, out)?;
    }
    Ok(())
}

/// A scalar, or the start of a container.
fn one(value: &Value, open: &mut Vec<Open>, out: &mut String) -> Result<()> {
    let kind = value.kind();
    match kind {
        Kind::Array => out.push('['),
        Kind::Object | Kind::Map => out.push('{'),
        Kind::Set => out.push_str("!!set {"),
        _ => return scalar(value, out),
    }
    open.push(Open { elements: value.iter()?, kind, fresh: true });
    Ok(())
}

/// A key with its colon. Python's keys and the elements of its sets are no lists and no maps.
fn key(value: &Value, out: &mut String) -> Result<()> {
    let mut spelled = String::new();
    scalar(value, &mut spelled)?;
    if spelled.len() > LONGEST_KEY {
        out.extend(["? ", &spelled, " : "]);
    } else {
        out.extend([&spelled, ": "]);
    }
    Ok(())
}

fn scalar(value: &Value, out: &mut String) -> Result<()> {
    match value.kind() {
        Kind::Null => out.push_str("null"),
        Kind::Bool => out.push_str(if value.as_bool()? { "true" } else { "false" }),
        Kind::Int => out.push_str(if value.json() == "-0" { "0" } else { value.json() }),
        Kind::Float => float(value.as_f64()?, out),
        Kind::String => text(&value.as_wtf8()?, out),
        Kind::Bytes => out.extend(["!!binary \"", &base64::encode(&value.as_bytes()?), "\""]),
        Kind::Date => out.push_str(&value.as_str()?),
        Kind::DateTime => {
            let text = value.as_str()?.replacen('T', " ", 1);
            // An offset with seconds has no spelling.
            if timestamp::read(&text).is_none() {
                return Err(unholdable("a datetime with seconds in its offset"));
            }
            out.push_str(&text);
        }
        Kind::Array => return Err(unholdable("an array as a key or in a set")),
        Kind::Object => return Err(unholdable("an object as a key or in a set")),
        other => return Err(unholdable(other.name())),
    }
    Ok(())
}

fn unholdable(what: &str) -> Error {
    Error::new(Status::Encode, format!("the value holds {what}, which yaml cannot hold"))
}

/// A float has a point under YAML 1.1.
fn float(number: f64, out: &mut String) {
    if number.is_nan() {
        out.push_str(".nan");
    } else if number.is_infinite() {
        out.push_str(if number > 0.0 { ".inf" } else { "-.inf" });
    } else {
        let shown = float_repr(number);
        match shown.split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => out.extend([digits, ".0e", exponent]),
            _ => out.push_str(&shown),
        }
    }
}

/// A text: bare where nothing could take it for anything else, otherwise in double quotes, in ASCII.
fn text(wtf8: &[u8], out: &mut String) {
    if let Ok(text) = std::str::from_utf8(wtf8)
        && is_bare(text)
    {
        out.push_str(text);
        return;
    }
    spell::quoted(wtf8, out, |point, out| {
        // Writing to a String cannot fail.
        let _ = match point {
            0..=0xFF => write!(out, "\\x{point:02X}"),
            0x100..=0xFFFF => write!(out, "\\u{point:04X}"),
            _ => write!(out, "\\U{point:08X}"),
        };
    });
}

fn is_bare(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./@".contains(&byte))
        && resolve::plain(text) == Shape::Text
}
