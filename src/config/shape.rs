//! What the value of an option may be: form, range, and whether it may be left without a value.
//! Says in words what would have been right; the names of options are not known here.

use super::{
    grammar::{self, Unit},
    url,
};
use crate::model::{Compression, Serializer, Status};
use std::time::Duration;

/// What the value of an option may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Whatever Celery may allow: the value is not looked at.
    Anything,
    Boolean,
    Duration {
        unit: Unit,
        least: Duration,
        most: Duration,
        /// Whether "no value" is allowed.
        null: bool,
    },
    Integer {
        least: i64,
        most: i64,
        /// Whether "no value" is allowed.
        null: bool,
    },
    Size {
        least: u64,
        most: u64,
    },
    Text,
    /// What `CLIENT SETNAME` takes.
    ClientName,
    /// A serializer by name or content type; `auto` is "no value".
    Serializer,
    /// Serializers by name or content type, built in or not, or "no value".
    Serializers,
    /// A compression by name or content type, or "no value".
    Compression,
    /// Must be off: what it would turn on is not built in.
    Off {
        what: &'static str,
    },
}

/// A value in its own type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    Null,
    Boolean(bool),
    Duration(Duration),
    Integer(i64),
    Size(u64),
    Text(String),
    Serializer(Serializer),
    Serializers(Vec<Serializer>),
    Compression(Compression),
}

/// Why a value is refused, without the value.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: Status,
    pub(super) needed: String,
}

fn invalid(needed: impl Into<String>) -> Refusal {
    Refusal { status: Status::InvalidOption, needed: needed.into() }
}

impl Shape {
    /// Reads the text as a value of this shape.
    pub(super) fn parse(self, text: &str) -> Result<Parsed, Refusal> {
        match self {
            Self::Anything => Ok(Parsed::Null),
            Self::Boolean => grammar::boolean(text)
                .map(Parsed::Boolean)
                .ok_or_else(|| invalid("needed is true or false (also 1/0, yes/no, on/off)")),
            Self::Duration { null: true, .. }
            | Self::Integer { null: true, .. }
            | Self::Serializers
            | Self::Compression
                if grammar::is_null(text) =>
            {
                Ok(Parsed::Null)
            }
            Self::Duration { unit, least, most, null } => grammar::duration(text, unit)
                .filter(|duration| (least..=most).contains(duration))
                .map(Parsed::Duration)
                .ok_or_else(|| invalid(duration_needed(unit, least, most, null))),
            Self::Integer { least, most, .. } => grammar::integer(text)
                .filter(|number| (least..=most).contains(number))
                .map(Parsed::Integer)
                .ok_or_else(|| invalid(format!("needed is a whole number from {least} to {most}"))),
            Self::Size { least, most } => grammar::size(text)
                .filter(|size| (least..=most).contains(size))
                .map(Parsed::Size)
                .ok_or_else(|| {
                    invalid(format!(
                        "needed is a number of bytes from {least} to {most}, such as 65536, 16MB or 16MiB"
                    ))
                }),
            // Only the empty text is "no value": somebody's password may be `none`.
            Self::Text | Self::ClientName if text.is_empty() => Ok(Parsed::Null),
            Self::Text => Ok(Parsed::Text(text.to_owned())),
            Self::ClientName => text
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
                .then(|| Parsed::Text(text.to_owned()))
                .ok_or_else(|| invalid("needed are printable ASCII characters without spaces")),
            Self::Serializer => serializer(text.trim()),
            Self::Serializers => serializers(text),
            Self::Compression => compression(text.trim()),
            Self::Off { what } => {
                let off = grammar::is_null(text)
                    || grammar::boolean(text) == Some(false)
                    || grammar::map(text).is_some_and(|map| map.is_empty());
                off.then_some(Parsed::Null).ok_or_else(|| Refusal {
                    status: Status::NotBuiltIn,
                    needed: format!("{what} not built into this library, so it must be off (null)"),
                })
            }
        }
    }
}

const AUTO: &str = "auto";

fn serializer(text: &str) -> Result<Parsed, Refusal> {
    if text.eq_ignore_ascii_case(AUTO) {
        return Ok(Parsed::Null);
    }
    let found = Serializer::named(text)
        .ok_or_else(|| invalid(format!("possible here: {AUTO}, {}", serializer_names())))?;
    if found.is_built_in() { Ok(Parsed::Serializer(found)) } else { Err(not_built_in(found.name())) }
}

fn serializers(text: &str) -> Result<Parsed, Refusal> {
    let listed = grammar::list(text)
        .ok_or_else(|| invalid("needed are names separated by commas, or a JSON array of texts"))?;
    let known = |text: &String| {
        let unknown = || invalid(format!("{} is none of {}", quote(text), serializer_names()));
        Serializer::named(text.trim()).ok_or_else(unknown)
    };
    listed.iter().map(known).collect::<Result<_, _>>().map(Parsed::Serializers)
}

fn compression(text: &str) -> Result<Parsed, Refusal> {
    let names = || Compression::ALL.iter().flat_map(|compression| compression.names()).copied();
    let found = Compression::named(text).ok_or_else(|| {
        let possible: Vec<&str> = names().collect();
        invalid(format!("possible here: null, {}", possible.join(", ")))
    })?;
    let name = found.names().first().copied().unwrap_or_default();
    if found.is_built_in() { Ok(Parsed::Compression(found)) } else { Err(not_built_in(name)) }
}

fn serializer_names() -> String {
    Serializer::ALL.map(Serializer::name).join(", ")
}

/// Serializers and compressions have the names of the cargo features that bring them.
fn not_built_in(name: &str) -> Refusal {
    let needed = format!("this build of the library has no {name} (cargo feature {name:?})");
    Refusal { status: Status::NotBuiltIn, needed }
}

fn duration_needed(unit: Unit, least: Duration, most: Duration, null: bool) -> String {
    let (example, unit) = match unit {
        Unit::Seconds => ("1.5", "seconds"),
        Unit::Milliseconds => ("1500", "milliseconds"),
    };
    let null = if null { ", or null" } else { "" };
    format!(
        "needed is a time such as {example} ({unit}), 500ms, 10s, 30m, 2h or 1d, \
         from {} to {} seconds{null}",
        least.as_secs_f64(),
        most.as_secs_f64(),
    )
}

/// Somebody's value for an error message: short, without line breaks, and without the password
/// where a URL ended up in the wrong option.
pub(super) fn quote(value: &str) -> String {
    const MOST: usize = 100;
    let shown = if value.contains("://") { url::mask(value) } else { value.to_owned() };
    let short: String = shown.chars().take(MOST).collect();
    if short.len() < shown.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
