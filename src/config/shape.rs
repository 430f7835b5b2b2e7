//! What the value of an option may be: form, range, and whether it may be left without a value.
//! Says in words what would have been right; the names of options are not known here.

use super::{
    grammar::{self, Unit},
    routes::Routes,
    url,
};
use crate::model::{Compression, Serializer, Status};
use std::time::Duration;

/// What the value of an option may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Whatever Celery may allow: the value is not looked at.
    Anything,
    /// Anything too, of which it counts only whether it is off.
    Truth,
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
    /// The same without `auto`, which says nothing about what to write.
    TaskSerializer,
    /// Serializers by name or content type, built in or not, or "no value".
    Serializers,
    /// A compression by name or content type, or "no value".
    Compression,
    /// Whether a broker keeps messages on disk, as a number or a word.
    DeliveryMode,
    /// On, off, or a text in which `{db}` may stand.
    FanoutPrefix,
    /// Ascending numbers, at least one.
    Priorities,
    /// Names of tasks and where they go.
    Routes,
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
    Priorities(Vec<u8>),
    Routes(Routes),
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
            Self::Truth => Ok(Parsed::Boolean(!grammar::is_off(text))),
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
            Self::Serializer if text.trim().eq_ignore_ascii_case(AUTO) => Ok(Parsed::Null),
            Self::Serializer => serializer(text.trim(), &format!("{AUTO}, ")),
            Self::TaskSerializer => serializer(text.trim(), ""),
            Self::Serializers => serializers(text),
            Self::Compression => compression(text.trim()),
            Self::DeliveryMode => match text.trim().to_ascii_lowercase().as_str() {
                "2" | "persistent" => Ok(Parsed::Boolean(true)),
                "1" | "transient" => Ok(Parsed::Boolean(false)),
                _ => Err(invalid("needed is 1 (transient) or 2 (persistent)")),
            },
            Self::FanoutPrefix => fanout_prefix(text),
            Self::Priorities => priorities(text),
            Self::Routes => Routes::parse(text).map(Parsed::Routes).ok_or_else(|| {
                invalid(
                    "needed is a JSON object, {\"task.name\": \"queue\", \"other.*\": {\"queue\": \"queue\"}}, or \
                     an array of such objects; routers that are Python code cannot be called",
                )
            }),
            Self::Off { what } => {
                grammar::is_off(text).then_some(Parsed::Null).ok_or_else(|| Refusal {
                    status: Status::NotBuiltIn,
                    needed: format!("{what} not built into this library, so it must be off (null)"),
                })
            }
        }
    }
}

const AUTO: &str = "auto";

fn serializer(text: &str, also: &str) -> Result<Parsed, Refusal> {
    let found = Serializer::named(text)
        .ok_or_else(|| invalid(format!("possible here: {also}{}", serializer_names())))?;
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

/// Python's `str.format` with `db` as the only thing there is: a text of its own comes back with `{db}` in it.
fn fanout_prefix(text: &str) -> Result<Parsed, Refusal> {
    match grammar::boolean(text) {
        Some(true) => return Ok(Parsed::Text("/{db}.".to_owned())),
        Some(false) => return Ok(Parsed::Text(String::new())),
        None if grammar::is_null(text) => return Ok(Parsed::Text(String::new())),
        None => {}
    }
    if text.replace("{db}", "").contains(['{', '}']) {
        return Err(invalid("needed is true, false, or a text with no braces but in {db}"));
    }
    Ok(Parsed::Text(text.to_owned()))
}

fn priorities(text: &str) -> Result<Parsed, Refusal> {
    let numbers =
        grammar::numbers(text).filter(|numbers| !numbers.is_empty() && numbers.is_sorted_by(|a, b| a < b));
    numbers.map(Parsed::Priorities).ok_or_else(|| {
        invalid("needed are ascending numbers from 0 to 255 separated by commas, or a JSON array of them")
    })
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
