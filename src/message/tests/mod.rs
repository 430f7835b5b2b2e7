//! Messages against those that real Celery made of the same calls (`capture.py` writes the JSON files), what
//! options refuse, and replies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod control;
mod options;
mod replies;
mod saferepr;
mod signatures;
mod tasks;

use super::Origin;
use crate::codec::{Codec, Limits};
use crate::model::{Compression, ExchangeType, Message, SendSettings, Serializer, base64};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What `capture.py` calls so.
const TICKET: &str = "2ea290e1-0000-4000-8000-000000000001";
const REPLY_TO: &str = "9f8e7d6c-5b4a-3210-8765-432100000000";
const TIME: f64 = 1_795_337_549.25;

fn codec() -> Codec {
    Codec::new(Limits::default())
}

fn origin() -> Origin {
    Origin {
        node: "gen4711@host".to_owned(),
        reply_to: REPLY_TO.to_owned(),
        task_id: "3f7ab5ab-0d9e-4d1c-8f3e-0c5b3a1b2c3d".into(),
        unix_micros: 1_795_337_161_419_812,
    }
}

/// An app's settings by Celery's names for them.
fn settings(given: &Value) -> SendSettings {
    let text = |name: &str| given[name].as_str().map(str::to_owned);
    let queue = text("task_default_queue").unwrap_or_else(|| "celery".to_owned());
    let exchange_type = |name: &str| match text(name).as_deref() {
        None | Some("direct") => ExchangeType::Direct,
        Some("topic") => ExchangeType::Topic,
        Some(other) => ExchangeType::Other(other.to_owned()),
    };
    SendSettings {
        exchange: text("task_default_exchange").unwrap_or_else(|| queue.clone()),
        routing_key: text("task_default_routing_key").unwrap_or_else(|| queue.clone()),
        queue,
        exchange_type: exchange_type("task_default_exchange_type"),
        other_exchange_type: exchange_type("task_create_missing_queue_exchange_type"),
        priority: given["task_default_priority"].as_u64().map(|priority| priority.try_into().unwrap()),
        persistent: given["task_default_delivery_mode"] != 1,
        serializer: text("task_serializer")
            .map_or(Serializer::Json, |name| Serializer::named(&name).unwrap()),
        compression: text("task_compression").map(|name| Compression::named(&name).unwrap()),
        ignore_result: given["task_ignore_result"] == true,
    }
}

fn rows(file: &str) -> Vec<Value> {
    serde_json::from_str(file).unwrap()
}

/// The body that Celery sent.
fn body(sent: &Value) -> Vec<u8> {
    match &sent["body"] {
        Value::String(text) => text.as_bytes().to_vec(),
        other => base64::decode(other["b64"].as_str().unwrap().as_bytes()).unwrap(),
    }
}

/// A header that is a text; `serde_json` does not read the texts that Python allows.
fn header(message: &Message, name: &str) -> Option<String> {
    let value = codec().value(&message.headers).unwrap().get_key(name).ok()?;
    value.as_str().map(std::borrow::Cow::into_owned).ok()
}

/// Compares what is not headers and properties: the same bytes in json, else the same value.
fn compare_body(ours: &Message, sent: &Value, place: &str) {
    assert_eq!(ours.content_type, sent["content_type"], "{place}");
    assert_eq!(ours.content_encoding, sent["content_encoding"], "{place}");
    let compression = header(ours, "compression").map(|name| Compression::named(&name).unwrap());
    let serializer = Serializer::named(&ours.content_type).unwrap();
    let theirs = body(sent);
    if serializer == Serializer::Json && compression.is_none() {
        assert_eq!(
            String::from_utf8(ours.body.clone()).unwrap(),
            String::from_utf8(theirs).unwrap(),
            "{place}"
        );
        return;
    }
    if serializer == Serializer::Pickle {
        let read = read_by_python(&[&ours.body, &theirs]);
        assert_eq!(read[0], read[1], "{place}");
        return;
    }
    let value = |bytes: &[u8]| {
        let value = codec().payload_value(bytes, serializer, compression).unwrap();
        // PyYAML sorts the keys.
        if serializer == Serializer::Yaml {
            serde_json::from_str::<Value>(value.json()).unwrap().to_string()
        } else {
            value.json().to_owned()
        }
    };
    assert_eq!(value(&ours.body), value(&theirs), "{place}");
}

/// What Python makes of pickles.
fn read_by_python(pickles: &[&[u8]]) -> Vec<String> {
    let mut python = Command::new("python3")
        .args(["-c", include_str!("unpickle.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    for pickle in pickles {
        for byte in *pickle {
            write!(input, "{byte:02x}").unwrap();
        }
        writeln!(input).unwrap();
    }
    drop(input);
    let out = python.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}
