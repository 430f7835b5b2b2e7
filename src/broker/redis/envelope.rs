//! A message as kombu's Redis transport wraps it: JSON text with the body in base64. What comes from
//! workers is read here too, and is hostile until it has been.

use crate::{
    broker::Reply,
    model::{Message, base64},
};
use serde_json::{Value, json};
use std::fmt::Write;
use uuid::Uuid;

/// The text that goes into a list or over a channel. Without `delivery_tag` workers drop their connection
/// to the broker, so every copy has one of its own.
pub(super) fn write(message: &Message, exchange: &str, routing_key: &str) -> String {
    let mut properties = serde_json::Map::new();
    for (name, value) in [("correlation_id", &message.correlation_id), ("reply_to", &message.reply_to)] {
        if let Some(value) = value {
            properties.insert(name.to_owned(), value.clone().into());
        }
    }
    if let Some(milliseconds) = message.expiration {
        properties.insert("expiration".to_owned(), milliseconds.to_string().into());
    }
    properties.insert("delivery_mode".to_owned(), (if message.persistent { 2 } else { 1 }).into());
    properties.insert("delivery_info".to_owned(), json!({"exchange": exchange, "routing_key": routing_key}));
    properties.insert("priority".to_owned(), message.priority.into());
    properties.insert("body_encoding".to_owned(), "base64".into());
    properties.insert("delivery_tag".to_owned(), Uuid::new_v4().to_string().into());
    let body = base64::encode(&message.body);
    let mut text = String::with_capacity(body.len() + message.headers.len() + 512);
    let _ = write!(
        text,
        "{{\"body\": \"{body}\", \"content-encoding\": {}, \"content-type\": {}, \"headers\": {}, \"properties\": {}}}",
        Value::from(message.content_encoding.as_str()),
        Value::from(message.content_type.as_str()),
        message.headers,
        Value::Object(properties),
    );
    text
}

/// A reply and the ticket that it bears; `None` for what is no envelope of a reply.
pub fn read(envelope: &[u8]) -> Option<(String, Reply)> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let ticket = envelope.pointer("/headers/ticket")?.as_str()?.to_owned();
    let content_type = envelope.get("content-type")?.as_str()?.to_owned();
    let body = envelope.get("body")?.as_str()?;
    let body = match envelope.pointer("/properties/body_encoding").and_then(Value::as_str) {
        Some("base64") => base64::decode(body.as_bytes())?,
        _ => body.as_bytes().to_vec(),
    };
    Some((ticket, Reply { body, content_type }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn message() -> Message {
        Message {
            body: b"[[], {}, {}]".to_vec(),
            content_type: "application/json".to_owned(),
            content_encoding: "utf-8".to_owned(),
            headers: "{\"task\": \"caf\\u00e9\"}".to_owned(),
            correlation_id: Some("an \"id\"".to_owned()),
            reply_to: None,
            persistent: true,
            priority: 3,
            expiration: Some(2500),
        }
    }

    #[test]
    fn the_envelope_is_that_of_kombu() {
        let text = write(&message(), "", "queue");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["body"], "W1tdLCB7fSwge31d");
        assert_eq!(read["headers"]["task"], "café");
        let properties = &read["properties"];
        assert_eq!(properties["correlation_id"], "an \"id\"");
        assert_eq!(properties["expiration"], "2500");
        assert_eq!(properties["delivery_info"], json!({"exchange": "", "routing_key": "queue"}));
        assert_eq!(
            (&properties["delivery_mode"], &properties["priority"], &properties["body_encoding"]),
            (&json!(2), &json!(3), &json!("base64"))
        );
        assert_eq!(properties["delivery_tag"].as_str().unwrap().len(), 36);
        assert!(properties.get("reply_to").is_none());
        assert_ne!(text, write(&message(), "", "queue"), "a tag for each");
    }

    #[test]
    fn replies_are_read_and_garbage_is_not() {
        let reply =
            br#"{"body": "eyJ3IjogMX0=", "content-type": "application/json", "content-encoding": "utf-8",
            "headers": {"ticket": "t", "clock": 3}, "properties": {"body_encoding": "base64"}}"#;
        let (ticket, reply) = read(reply).unwrap();
        assert_eq!((ticket.as_str(), reply.body.as_slice()), ("t", &b"{\"w\": 1}"[..]));
        for garbage in
            [&b""[..], b"x", b"{}", b"[]", b"{\"headers\": 1}", br#"{"headers": {"ticket": 1}}"#, b"\xff"]
        {
            assert_eq!(read(garbage), None);
        }
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        assert_eq!(read(&deep), None);
    }
}
