//! What workers answer to a command: one object, the worker's name to its answer. It comes from the
//! network, and is hostile until it has been read.

use crate::{
    codec::Codec,
    model::{Error, Result, Serializer, Status, Value},
};

/// The answers in one body, each with the name of its worker.
///
/// Fails with `Decode`, `TooDeep` and the like where it cannot be read, or is no object.
pub fn read(codec: &Codec, body: &[u8], content_type: &str) -> Result<Vec<(String, Value)>> {
    let serializer = Serializer::named(content_type).ok_or_else(|| {
        let message = format!("an answer of content type {content_type:?} cannot be read");
        Error::new(Status::ContentDisallowed, message)
    })?;
    let answer = codec.payload_value(body, serializer, None)?;
    let name = |key: Option<Value>| Some(key?.as_str().ok()?.into_owned());
    Ok(answer.iter()?.filter_map(|(key, value)| Some((name(key)?, value))).collect())
}

/// What a worker says of a task that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It runs.
    Active,
    /// It waits for its time.
    Scheduled,
    /// It waits for its turn.
    Reserved,
}

/// What an answer to `query_task` says of a task; `None` where the worker does not know it.
pub fn whereabouts(answer: &Value, id: &str) -> Option<Whereabouts> {
    let state = answer.get_key(id).ok()?.get(0).ok()?;
    Some(match state.as_str().ok()?.as_ref() {
        "active" => Whereabouts::Active,
        "scheduled" => Whereabouts::Scheduled,
        _ => Whereabouts::Reserved,
    })
}

/// One value of all of them.
pub fn value(heard: u64, complete: bool, nodes: &[(String, Value)], node: Option<&str>) -> Result<Value> {
    let mut text = format!("{{\"heard\": {heard}, \"complete\": {complete}, ");
    if let Some(node) = node {
        text.push_str(&format!("\"node\": {}, ", serde_json::Value::from(node)));
    }
    text.push_str("\"nodes\": {");
    for (index, (name, value)) in nodes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        text.push_str(&format!("{separator}{}: {}", serde_json::Value::from(name.as_str()), value.json()));
    }
    text.push_str("}}");
    Value::of_checked(text, "the answers")
}
