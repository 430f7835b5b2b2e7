//! Objects of Python's `datetime`: their packed state as ISO 8601 text, and what time zones of the
//! usual libraries have a fixed offset. A zone that needs a database has none here.

use super::arena::{Arena, Node, Ref};
use super::literal::Literal;
use super::objects::{entry, is_text, object, path, short_bytes};
use crate::model::iso;
use std::fmt::Write;

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROS;

/// A datetime, date, time or timedelta.
pub(super) enum Moment {
    /// kombu's name of the kind, and the text
    Text(&'static str, String),
    /// kombu's name of the kind, the text without its zone, and the zone
    Zoned(&'static str, String, Ref),
    /// A length of time, normalised as Python does
    Delta(Delta),
}

/// A `timedelta`.
#[derive(Clone, Copy)]
pub(super) struct Delta {
    /// Days, below zero for what is negative
    pub(super) days: i64,
    /// 0 to 86399
    pub(super) seconds: i64,
    /// 0 to 999999
    pub(super) micros: i64,
}

/// What a class of the module `datetime` makes of these arguments.
pub(super) fn moment(arena: &Arena<'_>, class: &str, args: &[Ref]) -> Option<Moment> {
    let (name, zone, out) = match (class, args) {
        ("timedelta", args) => return delta(arena, args).map(Moment::Delta),
        ("date", [state]) => ("date", None, date(fixed(arena, *state)?)?),
        ("datetime", [state, zone @ ..]) => {
            let [year1, year2, month, day, clock @ ..]: [u8; 10] = fixed(arena, *state)?;
            // The highest bit says which of two equal local times is meant.
            let date = date([year1, year2, month & 0x7F, day])?;
            ("datetime", Some(zone), date + "T" + &time(clock)?)
        }
        ("time", [state, zone @ ..]) => {
            let [hour, rest @ ..]: [u8; 6] = fixed(arena, *state)?;
            let [minute, second, micro1, micro2, micro3] = rest;
            ("time", Some(zone), time([hour & 0x7F, minute, second, micro1, micro2, micro3])?)
        }
        _ => return None,
    };
    match zone {
        None | Some([]) => Some(Moment::Text(name, out)),
        Some([zone]) if arena.node(*zone) == Node::Literal(Literal::None) => Some(Moment::Text(name, out)),
        Some([zone]) => Some(match offset(arena, *zone) {
            Some(offset) => Moment::Text(name, out + &spelled_offset(offset)),
            None => Moment::Zoned(name, out, *zone),
        }),
        Some(_) => None,
    }
}

fn fixed<const COUNT: usize>(arena: &Arena<'_>, state: Ref) -> Option<[u8; COUNT]> {
    short_bytes(arena, state, COUNT)?.as_ref().try_into().ok()
}

fn date(state: [u8; 4]) -> Option<String> {
    let [high, low, month, day] = state;
    let text = format!("{:04}-{month:02}-{day:02}", u16::from_be_bytes([high, low]));
    iso::date(&text).map(|_| text)
}

fn time(state: [u8; 6]) -> Option<String> {
    let [hour, minute, second, micro @ ..] = state;
    let micro = micro.iter().fold(0, |micro, byte| micro << 8 | u32::from(*byte));
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if micro > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, ".{micro:06}");
    }
    iso::time(&text).map(|_| text)
}

fn delta(arena: &Arena<'_>, args: &[Ref]) -> Option<Delta> {
    let mut parts = [0; 3];
    for (part, arg) in parts.iter_mut().zip(args) {
        *part = integer(arena, *arg)?;
    }
    let [days, seconds, micros] = parts;
    let seconds = seconds.checked_add(micros.div_euclid(MICROS))?;
    let days = days.checked_add(seconds.div_euclid(86_400))?;
    let fits = args.len() <= 3 && (-999_999_999..=999_999_999).contains(&days);
    fits.then(|| Delta { days, seconds: seconds.rem_euclid(86_400), micros: micros.rem_euclid(MICROS) })
}

fn integer(arena: &Arena<'_>, node: Ref) -> Option<i64> {
    match arena.node(node) {
        Node::Literal(Literal::Int(number)) => Some(number),
        _ => None,
    }
}

/// A zone's offset from UTC in microseconds, where it always has the same.
fn offset(arena: &Arena<'_>, zone: Ref) -> Option<i64> {
    let Node::Call(call) = arena.node(zone) else { return None };
    let zone = object(arena, call);
    let args = zone.args.few(arena);
    let offset = match (zone.module.as_str(), zone.name.as_str(), args.as_slice()) {
        ("datetime", "timezone", [offset] | [offset, _]) => length(arena, *offset)?,
        ("pytz", "_UTC", [])
        | ("django.utils.timezone", "UTC", [])
        // Protocols 0 and 1 give what the base class makes, which says nothing.
        | ("dateutil.tz" | "dateutil.tz.tz", "tzutc", [] | [_]) => 0,
        // An object of pytz stands for one of a zone's offsets.
        ("pytz", "_p", [_, offset, ..]) => integer(arena, *offset)?.checked_mul(MICROS)?,
        ("pytz", "_p", [key]) | ("zoneinfo" | "backports.zoneinfo", "ZoneInfo", [key]) => {
            ["UTC", "Etc/UTC"].iter().any(|utc| is_text(arena, *key, utc)).then_some(0)?
        }
        ("pytz", "FixedOffset", [minutes]) => integer(arena, *minutes)?.checked_mul(60 * MICROS)?,
        ("dateutil.tz" | "dateutil.tz.tz", "tzoffset", [] | [_]) => {
            length(arena, entry(arena, zone.more.state?, "_offset")?)?
        }
        _ => return None,
    };
    (-DAY < offset && offset < DAY).then_some(offset)
}

/// A timedelta in microseconds.
fn length(arena: &Arena<'_>, node: Ref) -> Option<i64> {
    let Node::Call(call) = arena.node(node) else { return None };
    if path(arena, call.callee)? != ("datetime".to_owned(), "timedelta".to_owned()) {
        return None;
    }
    let Delta { days, seconds, micros } = delta(arena, &object(arena, call).args.few(arena))?;
    days.checked_mul(DAY)?.checked_add(seconds * MICROS + micros)
}

fn spelled_offset(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (seconds, micro) = (offset.abs() / MICROS, offset.abs() % MICROS);
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 > 0 || micro > 0 {
        let _ = write!(text, ":{:02}", seconds % 60);
    }
    if micro > 0 {
        let _ = write!(text, ".{micro:06}");
    }
    text
}
