//! What workers answer to a command: one object, the worker's name to its answer. It comes from the
//! network, and is hostile until it has been read.

use crate::{
    codec::Codec,
    model::{Error, Result, Status, Value},
};

/// The answers in one body, each with the name of its worker.
///
/// Fails with `Decode`, `TooDeep` and the like where it cannot be read, or is no object.
pub fn read(codec: &Codec, body: &[u8], content_type: &str) -> Result<Vec<(String, Value)>> {
    if content_type != "application/json" {
        let message = format!("an answer of content type {content_type:?} cannot be read");
        return Err(Error::new(Status::ContentDisallowed, message));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::new(Status::Decode, "an answer of a worker is no text in UTF-8"))?;
    let answer = codec.value(text)?;
    let mut nodes = Vec::new();
    for entry in answer.entries()? {
        let (name, value) = entry?;
        nodes.push((name, value));
    }
    Ok(nodes)
}

/// One value of all of them.
pub fn value(heard: u64, complete: bool, nodes: &[(String, Value)]) -> Result<Value> {
    let mut text = format!("{{\"heard\": {heard}, \"complete\": {complete}, \"nodes\": {{");
    for (index, (name, value)) in nodes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        text.push_str(&format!("{separator}{}: {}", serde_json::Value::from(name.as_str()), value.json()));
    }
    text.push_str("}}");
    Value::of_checked(text)
}
