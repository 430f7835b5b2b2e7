//! The options of sending a task: the keyword arguments of Celery's `send_task` and `apply_async` by their
//! names, their values as JSON text. Everything is checked when it is set, so that a call that sends fails
//! before anything is sent, or not for these. What they do to a message is in `task`.

use super::headers::quoted;
use super::option_value::Given;
use super::signature;
use crate::model::{Compression, Error, Id, Kind, Result, Serializer, Status, Value, iso, nearest};
use std::collections::HashSet;

/// The options of sending a task. Unset ones leave it to Celery's defaults and to the app's settings.
///
/// A plain value without locks: one thread at a time sets it, any number may send with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SendOptions {
    pub(super) task_id: Option<Id>,
    pub(super) countdown: Option<f64>,
    /// As ISO text.
    pub(super) eta: Option<String>,
    pub(super) expires: Option<Expires>,
    pub(super) priority: Option<u8>,
    pub(super) queue: Option<String>,
    pub(super) exchange: Option<String>,
    pub(super) routing_key: Option<String>,
    pub(super) delivery_mode: Option<u8>,
    pub(super) serializer: Option<Serializer>,
    pub(super) compression: Option<Compression>,
    pub(super) retries: Option<i64>,
    /// Names and values as JSON text.
    pub(super) headers: Vec<(String, String)>,
    /// Names as JSON text.
    pub(super) stamped_headers: Option<Vec<String>>,
    /// Names and values as JSON text.
    pub(super) stamps: Vec<(String, String)>,
    /// As JSON text.
    pub(super) time_limit: Option<String>,
    /// As JSON text.
    pub(super) soft_time_limit: Option<String>,
    pub(super) ignore_result: Option<bool>,
    pub(super) root_id: Option<Id>,
    pub(super) parent_id: Option<Id>,
    pub(super) group_id: Option<Id>,
    pub(super) group_index: Option<i64>,
    /// Whether Celery's canvas would send it, as a member of a group.
    pub(super) of_canvas: bool,
    pub(super) replaced_task_nesting: Option<i64>,
    pub(super) reply_to: Option<String>,
    pub(super) shadow: Option<String>,
    pub(super) argsrepr: Option<String>,
    pub(super) kwargsrepr: Option<String>,
    /// Arrays of signatures, as JSON text.
    pub(super) link: Option<String>,
    pub(super) link_error: Option<String>,
    pub(super) chain: Option<String>,
    /// A signature, as JSON text.
    pub(super) chord: Option<String>,
}

/// When a task is not to be started any more.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expires {
    /// So many seconds after it was sent.
    After(f64),
    /// At a moment: its text, and its microseconds since 1970.
    At(String, i64),
}

const SERIALIZERS: &str = "\"json\", \"pickle\", \"yaml\" or \"msgpack\"";
const COMPRESSIONS: &str = "\"gzip\", \"bzip2\", \"lzma\", \"brotli\" or \"zstd\"";

impl SendOptions {
    /// The names of all options.
    pub const NAMES: &'static [&'static str] = &[
        "add_to_parent",
        "argsrepr",
        "chain",
        "chord",
        "compression",
        "countdown",
        "delivery_mode",
        "eta",
        "exchange",
        "expires",
        "group_id",
        "group_index",
        "headers",
        "ignore_result",
        "kwargsrepr",
        "link",
        "link_error",
        "parent_id",
        "priority",
        "queue",
        "replaced_task_nesting",
        "reply_to",
        "retries",
        "root_id",
        "routing_key",
        "serializer",
        "shadow",
        "soft_time_limit",
        "stamped_headers",
        "stamps",
        "task_id",
        "time_limit",
    ];

    /// No option set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an option to the value of a JSON text; null unsets it. Never blocks.
    ///
    /// - `task_id`, `root_id`, `parent_id`, `group_id`: ids. Without `task_id` every message gets a new
    ///   uuid, without `root_id` the task is its own root.
    /// - `countdown`: a number of seconds from the time of sending; not 0, it goes before `eta`. `eta`: a
    ///   moment as ISO text (`"2026-11-22T08:46:01+00:00"`, sent as it is; without an offset in UTC), or as a
    ///   number, Unix time in seconds.
    /// - `expires`: a number of seconds from the time of sending, or a moment as ISO text, as in `eta`.
    /// - `queue`, or `exchange` and `routing_key`, which count only both together; `priority`: 0 to 255
    ///   (Redis serves 0 first and takes more than 9 for 9); `delivery_mode`: `"persistent"` (2) or
    ///   `"transient"` (1).
    /// - `serializer`, `compression`: Celery's names or content types.
    /// - `time_limit`, `soft_time_limit`: seconds; `retries`, `group_index`, `replaced_task_nesting`:
    ///   integers; `ignore_result`: a boolean; `shadow`, `reply_to`, `argsrepr`, `kwargsrepr`: texts.
    /// - `headers`: an object, whose members go before those that Celery makes.
    /// - `stamped_headers`: an array of names. Each needs a stamp: a member of the object `stamps`, or, as
    ///   in Python, an option of this name, set after `stamped_headers`. `stamps` alone stamps all of
    ///   its members.
    /// - `link`, `link_error`: a signature (`{"task": "proj.tasks.add", "args": [1]}`) or an array of them;
    ///   `chain`: an array of them, the last one first, as Celery keeps it; `chord`: a signature.
    /// - `add_to_parent`: a boolean without meaning here, where no task runs that could be the parent.
    ///
    /// Fails with `UnknownOption`, which names the nearest, with `InvalidOption`, which says what would be
    /// right, and with `NotBuiltIn` for a serializer or compression that this build lacks. A failed call
    /// changes nothing.
    pub fn set(&mut self, name: &str, json: &str) -> Result<()> {
        if !Self::NAMES.contains(&name) {
            let stamp = quoted(name);
            self.stamp_names().find(|known| **known == stamp).ok_or_else(|| unknown(name))?;
        }
        self.accept(name, Given::new(name, json)?)
    }

    /// Sets every member of a JSON object, such as the `options` of a signature. Those that were set
    /// stay where the object does not name them.
    ///
    /// Fails as [`Self::set`] does; then some of them may have been set.
    pub fn set_all(&mut self, json: &str) -> Result<()> {
        let given = Given::new("options", json)?;
        if given.value().kind() != Kind::Object {
            return Err(given.wrong("an object"));
        }
        self.set_members(given.value())
    }

    /// Takes away the id that a group has which is sent with these options: `task_id`, which in Celery is the
    /// group's own, or else `group_id`.
    pub fn take_group_id(&mut self) -> Option<Id> {
        let group_id = self.group_id.take();
        self.task_id.take().or(group_id)
    }

    /// The group that the task belongs to, and its place there.
    pub fn set_group(&mut self, id: &Id, index: usize) {
        self.group_id = Some(id.clone());
        self.group_index = i64::try_from(index).ok();
        self.of_canvas = true;
    }

    /// These options, and where one of them is not set, that of `others`: what Celery does with the options
    /// of a call and those of the route that its task takes.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        let first = |own: &Vec<(String, String)>, other: &Vec<(String, String)>| {
            if own.is_empty() { other.clone() } else { own.clone() }
        };
        macro_rules! or {
            ($($field:ident),*) => {
                Self {
                    headers: first(&self.headers, &others.headers),
                    stamps: first(&self.stamps, &others.stamps),
                    of_canvas: self.of_canvas,
                    $($field: self.$field.as_ref().or(others.$field.as_ref()).cloned()),*
                }
            };
        }
        or!(
            task_id,
            countdown,
            eta,
            expires,
            priority,
            queue,
            exchange,
            routing_key,
            delivery_mode,
            serializer,
            compression,
            retries,
            stamped_headers,
            time_limit,
            soft_time_limit,
            ignore_result,
            root_id,
            parent_id,
            group_id,
            group_index,
            replaced_task_nesting,
            reply_to,
            shadow,
            argsrepr,
            kwargsrepr,
            link,
            link_error,
            chain,
            chord
        )
    }

    pub(super) fn set_members(&mut self, options: &Value) -> Result<()> {
        const FIRST: &str = "stamped_headers";
        let mut members = Vec::new();
        for (key, value) in options.iter()? {
            let Some(name) = key.and_then(|key| key.lenient_text()) else { continue };
            // Its names are options for those that follow it, wherever it stands.
            if name == FIRST {
                self.accept(FIRST, Given::of(FIRST, value))?;
            } else {
                members.push((name, value));
            }
        }
        let stamps: HashSet<_> = self.stamp_names().collect();
        let is_known = |name: &str| Self::NAMES.contains(&name) || stamps.contains(&quoted(name));
        if let Some((name, _)) = members.iter().find(|(name, _)| !is_known(name)) {
            return Err(unknown(name));
        }
        for (name, value) in members {
            self.accept(&name, Given::of(&name, value))?;
        }
        Ok(())
    }

    /// The names that are options because they stamp the task, as JSON text.
    fn stamp_names(&self) -> impl Iterator<Item = &String> {
        self.stamped_headers.iter().flatten()
    }

    fn accept(&mut self, name: &str, given: Given<'_>) -> Result<()> {
        match name {
            "task_id" => self.task_id = given.unless_null(Given::id)?,
            "root_id" => self.root_id = given.unless_null(Given::id)?,
            "parent_id" => self.parent_id = given.unless_null(Given::id)?,
            "group_id" => self.group_id = given.unless_null(Given::id)?,
            "countdown" => self.countdown = given.unless_null(Given::delay)?,
            "eta" => self.eta = given.unless_null(eta)?,
            "expires" => self.expires = given.unless_null(expires)?,
            "priority" => self.priority = given.unless_null(priority)?,
            "queue" => self.queue = given.unless_null(Given::name)?,
            "exchange" => self.exchange = given.unless_null(Given::text)?,
            "routing_key" => self.routing_key = given.unless_null(Given::text)?,
            "delivery_mode" => self.delivery_mode = given.unless_null(delivery_mode)?,
            "serializer" => self.serializer = given.unless_null(serializer)?,
            "compression" => self.compression = given.unless_null(compression)?,
            "retries" => self.retries = given.unless_null(count)?,
            "group_index" => self.group_index = given.unless_null(count)?,
            "replaced_task_nesting" => self.replaced_task_nesting = given.unless_null(count)?,
            "headers" => self.headers = given.unless_null(Given::fields)?.unwrap_or_default(),
            "stamped_headers" => self.stamped_headers = given.unless_null(Given::texts)?,
            "stamps" => self.stamps = given.unless_null(Given::fields)?.unwrap_or_default(),
            "time_limit" => self.time_limit = given.unless_null(Given::span)?,
            "soft_time_limit" => self.soft_time_limit = given.unless_null(Given::span)?,
            "ignore_result" => self.ignore_result = given.unless_null(Given::boolean)?,
            "add_to_parent" => _ = given.unless_null(Given::boolean)?,
            "reply_to" => self.reply_to = given.unless_null(Given::text)?,
            "shadow" => self.shadow = given.unless_null(Given::text)?,
            "argsrepr" => self.argsrepr = given.unless_null(Given::text)?,
            "kwargsrepr" => self.kwargsrepr = given.unless_null(Given::text)?,
            "link" => self.link = given.unless_null(signature::one_or_many)?,
            "link_error" => self.link_error = given.unless_null(signature::one_or_many)?,
            "chain" => self.chain = given.unless_null(signature::many)?,
            "chord" => self.chord = given.unless_null(signature::one)?,
            // The last one of a name counts.
            stamp => self.stamps.push((quoted(stamp), given.json()?)),
        }
        Ok(())
    }
}

fn unknown(name: &str) -> Error {
    let hint = nearest(name, SendOptions::NAMES.iter().copied())
        .map_or(String::new(), |nearest| format!("; the nearest is {nearest:?}"));
    let shown: String = name.chars().take(80).collect();
    Error::new(Status::UnknownOption, format!("there is no option {shown:?} of sending a task{hint}"))
}

fn eta(given: &Given<'_>) -> Result<String> {
    let text = given.moment().map(|(text, _)| text);
    text.or_else(|| given.unix_time().map(iso::format_utc))
        .ok_or_else(|| given.wrong("a moment as ISO text or as Unix time in seconds"))
}

fn expires(given: &Given<'_>) -> Result<Expires> {
    match given.moment() {
        Some((text, micros)) => Ok(Expires::At(text, micros)),
        None if given.seconds().is_some() => given.delay().map(Expires::After),
        None => Err(given.wrong("a number of seconds from now or a moment as ISO text")),
    }
}

fn priority(given: &Given<'_>) -> Result<u8> {
    Ok(u8::try_from(given.integer(0, 255)?).unwrap_or(u8::MAX))
}

fn count(given: &Given<'_>) -> Result<i64> {
    given.integer(0, i64::from(i32::MAX))
}

fn delivery_mode(given: &Given<'_>) -> Result<u8> {
    let mode = match given.value().as_i64() {
        Ok(1) => Some(1),
        Ok(2) => Some(2),
        Ok(_) => None,
        Err(_) => match given.text().as_deref() {
            Ok("transient") => Some(1),
            Ok("persistent") => Some(2),
            _ => None,
        },
    };
    mode.ok_or_else(|| given.wrong("\"persistent\" (2) or \"transient\" (1)"))
}

fn serializer(given: &Given<'_>) -> Result<Serializer> {
    let found = given.one_of(Serializer::named, SERIALIZERS)?;
    if found.is_built_in() { Ok(found) } else { Err(not_built_in("serializer", found.name())) }
}

fn compression(given: &Given<'_>) -> Result<Compression> {
    let found = given.one_of(Compression::named, COMPRESSIONS)?;
    let name = found.names().first().copied().unwrap_or_default();
    if found.is_built_in() { Ok(found) } else { Err(not_built_in("compression", name)) }
}

fn not_built_in(option: &str, name: &str) -> Error {
    let message = format!(
        "option {option:?} is {name:?}; this build of the library has no {name} (cargo feature {name:?})"
    );
    Error::new(Status::NotBuiltIn, message)
}
