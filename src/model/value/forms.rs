//! What fits the typed forms that are not kombu's own: map, timedelta, object, exception. Each
//! answer takes a bounded number of steps, however large the value is.

use super::document::{Element, Elements, Span};
use super::{Value, text};
use crate::model::timedelta::TimeDelta;

/// The pairs of a map.
pub(super) fn is_map(inner: &Value) -> bool {
    inner.document.is_pairs(inner.span)
}

/// The three parts of a timedelta.
pub(super) fn timedelta(inner: &Value) -> Option<TimeDelta> {
    let parts = members(inner, ["days", "seconds", "microseconds"])?;
    let [Some(days), Some(seconds), Some(micros)] = parts.map(|part| part?.as_i64().ok()) else {
        return None;
    };
    TimeDelta::new(days, seconds, micros)
}

/// What an instance was made from.
pub(super) fn is_object(inner: &Value) -> bool {
    let Some([Some(class), Some(args), Some(_), kwargs, items, entries]) =
        members(inner, ["class", "args", "state", "kwargs", "items", "entries"])
    else {
        return false;
    };
    let starts = |part: &Value, byte| part.bytes().first() == Some(&byte);
    class.plain_text().is_some_and(|class| !class.is_empty())
        && starts(&args, b'[')
        && kwargs.is_none_or(|kwargs| starts(&kwargs, b'{'))
        && items.is_none_or(|items| starts(&items, b'['))
        && entries.is_none_or(|entries| is_map(&entries))
}

/// Celery's map of an exception. Old and foreign ones may lack all but the type.
pub(super) fn is_exception(inner: &Value) -> bool {
    let parts = members(inner, ["exc_type", "exc_message", "exc_module", "exc_state"]);
    parts.is_some_and(|[class, ..]| class.is_some_and(|class| class.bytes().first() == Some(&b'"')))
}

/// The members of an object that has no others; of one that stands there twice the last.
fn members<const COUNT: usize>(object: &Value, names: [&str; COUNT]) -> Option<[Option<Value>; COUNT]> {
    if object.bytes().first() != Some(&b'{') {
        return None;
    }
    let mut found = [const { None }; COUNT];
    let mut elements = Elements::new(object.span);
    // Nobody writes a key twice: more members than names are no such form.
    for _ in 0..=COUNT {
        let Some(Element { key, value }) = elements.next(&object.document) else { return Some(found) };
        *found.get_mut(place(object, key?, &names)?)? = Some(object.at(value));
    }
    None
}

fn place(object: &Value, key: Span, names: &[&str]) -> Option<usize> {
    let key = text::wtf8(object.document.bytes(key));
    names.iter().position(|name| *name.as_bytes() == *key)
}
