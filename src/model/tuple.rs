//! The tuple form of results, as `AsyncResult.as_tuple()` and `GroupResult.as_tuple()` give it:
//! `[[id, parent], null]` for a task, `[[id, parent], [member, …]]` for a group. How it is
//! spelled in bytes is the codec's affair; here it is read from a decoded value.

use super::value::Iter;
use super::{Error, Id, Kind, Result, Status, Value, check_id};
use std::borrow::Cow;

/// Tuple forms nest through parents and members. The bound keeps what walks or drops a
/// [`ResultTuple`] within any thread's stack.
pub(crate) const MAX_TUPLE_DEPTH: usize = 1000;

/// One result in tuple form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultTuple {
    /// The task or group id.
    pub id: Id,
    /// The parent's tuple form, if a parent is known.
    pub parent: Option<Box<Self>>,
    /// `None` for a task; the members for a group, also when it has none.
    pub members: Option<Vec<Self>>,
}

impl ResultTuple {
    /// Reads a tuple form, as `celery.result.result_from_tuple` does; `place` names the value in
    /// messages.
    pub(crate) fn from_value(value: &Value, place: &str) -> Result<Self> {
        let mut open = vec![Half::new(value, Role::Member, place)?];
        loop {
            if open.len() > MAX_TUPLE_DEPTH {
                return Err(too_deep(place));
            }
            let Some(half) = open.last_mut() else { return Err(bad(place)) };
            if let Some(parent) = half.parent_value.take() {
                open.push(Half::new(&parent, Role::Parent, place)?);
            } else if let Some((_, member)) = half.rest.as_mut().and_then(Iter::next) {
                open.push(Half::new(&member, Role::Member, place)?);
            } else if let Some(Half { role, tuple, .. }) = open.pop() {
                match (open.last_mut(), role) {
                    (None, _) => return Ok(tuple),
                    (Some(outer), Role::Parent) => outer.tuple.parent = Some(Box::new(tuple)),
                    (Some(outer), Role::Member) => outer.tuple.members.get_or_insert_default().push(tuple),
                }
            }
        }
    }

    /// Reads an array of tuple forms.
    pub(crate) fn list_from_value(value: &Value, place: &str) -> Result<Vec<Self>> {
        let items = value.iter().ok().filter(|_| value.kind() == Kind::Array).ok_or_else(|| {
            let kind = value.kind().name();
            Error::new(Status::Decode, format!("{place}: {kind} where an array of results should be"))
        })?;
        items.map(|(_, item)| Self::from_value(&item, place)).collect()
    }
}

#[derive(Clone, Copy)]
enum Role {
    Parent,
    Member,
}

/// A tuple form of which the parent or members are still to be read.
struct Half {
    role: Role,
    tuple: ResultTuple,
    parent_value: Option<Value>,
    rest: Option<Iter>,
}

impl Half {
    fn new(value: &Value, role: Role, place: &str) -> Result<Self> {
        let pair = |value: &Value| -> Option<(Value, Value)> {
            let two = value.kind() == Kind::Array && value.len().ok() == Some(2);
            if two { value.get(0).ok().zip(value.get(1).ok()) } else { None }
        };
        let (head, nodes) = pair(value).ok_or_else(|| bad(place))?;
        // Before parents were stored, the id stood alone.
        let (id, parent) = match head.kind() {
            Kind::Array => pair(&head).ok_or_else(|| bad(place))?,
            _ => (head.clone(), Value::null()),
        };
        let id = match id.kind() {
            Kind::String => id.as_str().ok(),
            _ => id.lenient_text().map(Cow::Owned),
        };
        let id = id.and_then(|id| check_id("id", &id).ok()).ok_or_else(|| bad(place))?;
        let rest = match nodes.kind() {
            Kind::Null => None,
            Kind::Array => Some(nodes.iter()?),
            _ => return Err(bad(place)),
        };
        let members = rest.as_ref().map(|_| Vec::new());
        let parent_value = (!parent.is_null()).then_some(parent);
        Ok(Self { role, tuple: ResultTuple { id, parent: None, members }, parent_value, rest })
    }
}

/// More results inside each other than the tuple form may hold.
pub(crate) fn too_deep(place: &str) -> Error {
    Error::new(Status::TooDeep, format!("{place}: more than {MAX_TUPLE_DEPTH} results inside each other"))
}

fn bad(place: &str) -> Error {
    Error::new(
        Status::Decode,
        format!("{place}: no tuple form of a result ([[id, parent], null] or [[id, parent], [member, …]])"),
    )
}
