//! The value of one option of sending, checked: what it must be, and the error that says so. Which options
//! there are is in `send_options`.

use crate::codec::{Limits, spell};
use crate::model::value::python::json_float;
use crate::model::{Error, Id, Kind, Result, Status, Value, check_id, iso, isoparse};

/// The first and the last microsecond that Python's datetime can hold, since 1970.
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// Longest part of a wrong value that a message shows.
const SHOWN: usize = 60;

/// The value that was given for an option.
pub(super) struct Given<'a> {
    name: &'a str,
    value: Value,
}

impl<'a> Given<'a> {
    /// Reads the value of the option `name` from its JSON text.
    pub(super) fn new(name: &'a str, json: &str) -> Result<Self> {
        let limits = Limits::default();
        Value::check(json.as_bytes().into(), 0, json.len(), limits.depth)
            .map(|value| Self { name, value })
            .map_err(|syntax| {
                let hint = if json.trim_start().starts_with(|first: char| first.is_ascii_alphabetic()) {
                    " (a text stands in double quotes)"
                } else {
                    ""
                };
                syntax.error(&format!("option {name:?} is no JSON{hint}"), Status::InvalidOption)
            })
    }

    /// The value of an option that stands in an object.
    pub(super) fn of(name: &'a str, value: Value) -> Self {
        Self { name, value }
    }

    /// `None` where the value is null, which is Python's None: as if the option were not set.
    pub(super) fn unless_null<T>(self, read: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        if self.value.is_null() { Ok(None) } else { read(&self).map(Some) }
    }

    /// The error for a value that is not what is expected.
    pub(super) fn wrong(&self, expected: &str) -> Error {
        let json = self.value.json();
        let shown: String = json.chars().take(SHOWN).collect();
        let cut = if shown.len() < json.len() { "…" } else { "" };
        let message = format!("option {:?} is {shown}{cut}; {expected} expected", self.name);
        Error::new(Status::InvalidOption, message)
    }

    /// A text.
    pub(super) fn text(&self) -> Result<String> {
        let text = if self.value.kind() == Kind::String { self.value.as_str().ok() } else { None };
        text.map(std::borrow::Cow::into_owned).ok_or_else(|| self.wrong("a text"))
    }

    /// A text that is not empty.
    pub(super) fn name(&self) -> Result<String> {
        self.text().ok().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong("a text that is not empty"))
    }

    /// An id.
    pub(super) fn id(&self) -> Result<Id> {
        check_id(&format!("option {:?}", self.name), &self.text()?)
            .map_err(|error| Error::new(Status::InvalidOption, error.message()))
    }

    /// A text that stands for something.
    pub(super) fn one_of<T>(&self, find: impl FnOnce(&str) -> Option<T>, expected: &str) -> Result<T> {
        self.text().ok().and_then(|text| find(&text)).ok_or_else(|| self.wrong(expected))
    }

    /// true or false.
    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.as_bool().map_err(|_| self.wrong("true or false"))
    }

    /// An integer within bounds.
    pub(super) fn integer(&self, from: i64, to: i64) -> Result<i64> {
        self.value
            .as_i64()
            .ok()
            .filter(|number| (from..=to).contains(number))
            .ok_or_else(|| self.wrong(&format!("an integer from {from} to {to}")))
    }

    /// A time span that is not negative, as JSON text.
    pub(super) fn span(&self) -> Result<String> {
        let number = self.seconds().filter(|seconds| *seconds >= 0.0);
        let number = number.ok_or_else(|| self.wrong("a number of seconds, 0 or more,"))?;
        Ok(self.value.as_i64().map_or_else(|_| json_float(number).into_owned(), |whole| whole.to_string()))
    }

    /// Seconds from now on, as far back as Celery allows.
    pub(super) fn delay(&self) -> Result<f64> {
        let seconds = self.seconds().filter(|seconds| (-2_147_483_648.0..1e13).contains(seconds));
        seconds.ok_or_else(|| self.wrong("a number of seconds"))
    }

    /// A finite number.
    pub(super) fn seconds(&self) -> Option<f64> {
        if !matches!(self.value.kind(), Kind::Int | Kind::Float) {
            return None;
        }
        self.value.as_f64().ok().filter(|number| number.is_finite())
    }

    /// A moment, as Unix time in seconds.
    pub(super) fn unix_time(&self) -> Option<i64> {
        micros(self.seconds()?).filter(|micros| TIMES.contains(micros))
    }

    /// A moment, as an ISO text that workers read or a datetime: its text, and its microseconds since 1970.
    /// One without an offset is in UTC.
    pub(super) fn moment(&self) -> Option<(String, i64)> {
        if !matches!(self.value.kind(), Kind::String | Kind::DateTime) {
            return None;
        }
        let text = self.value.as_str().ok()?;
        let (date, time) = isoparse::date_time(&text)?;
        Some((text.into_owned(), iso::unix_micros(date, time)))
    }

    /// The value as Python dumps it.
    pub(super) fn json(&self) -> Result<String> {
        dumped(self.name, &self.value)
    }

    /// The names and values of an object, both as Python dumps them.
    pub(super) fn fields(&self) -> Result<Vec<(String, String)>> {
        if self.value.kind() != Kind::Object {
            return Err(self.wrong("an object"));
        }
        let member = |(key, value): (Option<Value>, Value)| match key {
            Some(key) => Ok((dumped(self.name, &key)?, dumped(self.name, &value)?)),
            None => Err(self.wrong("an object")),
        };
        self.value.iter()?.map(member).collect()
    }

    /// The texts of an array, as Python dumps them.
    pub(super) fn texts(&self) -> Result<Vec<String>> {
        let wrong = || self.wrong("an array of texts");
        if self.value.kind() != Kind::Array {
            return Err(wrong());
        }
        let text = |(_, value): (Option<Value>, Value)| match value.kind() {
            Kind::String => dumped(self.name, &value),
            _ => Err(wrong()),
        };
        self.value.iter()?.map(text).collect()
    }

    /// The value itself.
    pub(super) fn value(&self) -> &Value {
        &self.value
    }
}

fn dumped(name: &str, value: &Value) -> Result<String> {
    let mut out = String::with_capacity(value.json().len());
    spell::json(value.json(), Limits::default().depth, &mut out)
        .map_err(|syntax| syntax.error(&format!("option {name:?}"), Status::InvalidOption))?;
    Ok(out)
}

/// Seconds in microseconds, rounded as Python's `timedelta` does: halves to the even neighbour.
pub(super) fn micros(seconds: f64) -> Option<i64> {
    let micros = seconds.trunc() * 1e6 + (seconds.fract() * 1e6).round_ties_even();
    #[allow(clippy::cast_possible_truncation, reason = "bounded in front of it")]
    (micros.abs() < 9e18).then_some(micros as i64)
}

/// The moment so many seconds after this one, as Python writes it; `None` where no datetime holds it.
pub(super) fn after(unix_micros: i64, seconds: f64) -> Option<String> {
    let moment = unix_micros.checked_add(micros(seconds)?)?;
    TIMES.contains(&moment).then(|| iso::format_utc(moment))
}
