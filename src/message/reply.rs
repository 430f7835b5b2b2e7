//! The answer of a worker to a command of remote control: an object of the worker's node name and what it
//! says. It comes from the network: anybody who can write to the broker can have written it.

use crate::codec::Codec;
use crate::model::{Error, Kind, Result, Serializer, Status, Value};

/// The nodes and their answers, in the order of the body: one as Celery's workers write it. Celery's
/// answers are `{"ok": ...}` or `{"error": ...}`, or for `inspect` any value. Never blocks.
///
/// Fails with `Decode` where the body is not what its content type says, or no object of node names;
/// with `NotBuiltIn` where this build lacks the serializer; with `TooLarge` or `TooDeep`.
pub fn parse(codec: &Codec, body: &[u8], content_type: &str) -> Result<Vec<(String, Value)>> {
    let serializer = Serializer::named(content_type).ok_or_else(|| {
        let shown: String = content_type.chars().take(80).collect();
        let known = Serializer::ALL.map(Serializer::content_type).join(", ");
        let message = format!("the reply has the content type {shown:?}; what this library reads is {known}");
        Error::new(Status::Decode, message)
    })?;
    let value = codec.payload_value(body, serializer, None)?;
    if value.kind() != Kind::Object {
        let message = format!("the reply is {}; an object of a node's name expected", value.kind().name());
        return Err(Error::new(Status::Decode, message));
    }
    let node = |(key, value): (Option<Value>, Value)| Some((key?.lenient_text()?, value));
    Ok(value.iter()?.filter_map(node).collect())
}
