//! Which typed forms each serializer can hold. What it cannot is found before anything is written and
//! named with its place; what only its place forbids, as a list in a set, the writers find.

use super::limits::Subject;
use crate::model::{Error, Kind, Result, Serializer, Status, Value};
use memchr::memmem::Finder;
use once_cell::race::OnceBox;
use std::borrow::Cow;

/// The typed forms, what they are in words, and who can hold them.
const FORMS: [(&str, &str, &[Serializer]); 14] = {
    use Serializer::{Json, Msgpack, Pickle, Yaml};
    [
        ("datetime", "a datetime", &[Json, Pickle, Yaml]),
        ("date", "a date", &[Json, Pickle, Yaml]),
        ("time", "a time", &[Json, Pickle]),
        ("decimal", "a decimal", &[Json, Pickle]),
        ("uuid", "a uuid", &[Json, Pickle]),
        ("bytes", "bytes", &[Json, Pickle, Yaml, Msgpack]),
        ("base64", "bytes", &[Json, Pickle, Yaml, Msgpack]),
        ("set", "a set", &[Pickle, Yaml]),
        ("frozenset", "a frozenset", &[Pickle]),
        ("map", "a map with keys of any kind", &[Pickle, Yaml, Msgpack]),
        ("timedelta", "a timedelta", &[Pickle]),
        ("object", "a Python object", &[]),
        ("name", "a Python name", &[]),
        ("exception", "an exception", &[]),
    ]
};

/// Whether there may be a typed form in a text that is spelled as it is stored.
pub(super) fn may_have_forms(text: &str) -> bool {
    // Making one takes longer than most records.
    static FINDER: OnceBox<Finder<'static>> = OnceBox::new();
    let finder = FINDER.get_or_init(|| Box::new(Finder::new(b"\"__type__\"")));
    finder.find(text.as_bytes()).is_some()
}

/// What errors call what is to be written.
pub(super) fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::Record => "the record to store",
        Subject::Message => "the message",
    }
}

/// Checks what is to be written.
pub(super) fn check(serializer: Serializer, record: &Value, subject: Subject) -> Result<()> {
    if !may_have_forms(record.json()) {
        return Ok(());
    }
    let mut open = vec![record.iter()?];
    while let Some(top) = open.last_mut() {
        let Some((key, value)) = top.next() else {
            open.pop();
            continue;
        };
        for part in [Some(value), key].into_iter().flatten() {
            if let Some(form) = form(serializer, &part) {
                unheld(serializer, &form, subject, || record.pointer_to(&part))?;
            }
            if part.kind().is_container() {
                open.push(part.iter()?);
            }
        }
    }
    Ok(())
}

/// The name of the typed form that a value is for who reads it. kombu's reader of json goes by the name
/// alone; in the other serializers a map that fits no form stays a map.
fn form(serializer: Serializer, value: &Value) -> Option<Cow<'static, str>> {
    if let Some((name, _)) = value.typed_parts() {
        return Some(Cow::Borrowed(name));
    }
    if serializer != Serializer::Json || value.kind() != Kind::Object {
        return None;
    }
    let mut name = None;
    for (key, value) in value.iter().ok()? {
        match key?.as_wtf8().ok()?.as_ref() {
            b"__type__" => name = value.as_str().ok().map(Cow::into_owned),
            b"__value__" => {}
            _ => return None,
        }
    }
    value.get_key("__value__").ok()?;
    name.map(Cow::Owned)
}

/// A name that is none of ours may be one that the user's program has registered with kombu.
fn unheld(
    serializer: Serializer,
    form: &str,
    subject: Subject,
    place: impl FnOnce() -> String,
) -> Result<()> {
    let Some((_, what, holders)) = FORMS.iter().find(|(known, ..)| *known == form) else { return Ok(()) };
    if holders.contains(&serializer) {
        return Ok(());
    }
    let others: Vec<_> = holders.iter().map(|holder| holder.name()).collect();
    let why = match others.as_slice() {
        [] => "only a Python program can store, as pickle".to_owned(),
        [one] => format!("{} cannot hold; {one} can", serializer.name()),
        [first @ .., last] => {
            format!("{} cannot hold; {} and {last} can", serializer.name(), first.join(", "))
        }
    };
    let message = format!("{} holds {what} at {}, which {why}", name(subject), place());
    Err(Error::new(Status::Encode, message))
}
