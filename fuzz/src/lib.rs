//! What must hold of any bytes in the place of a record, or of a worker's answer: reading ends without a
//! panic and within its bounds of time and memory (which libFuzzer watches), a glance agrees with the whole record, all
//! that can be asked of it has an answer, and what is read can be written and read again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use celery_result::{
    codec::{Accept, Codec, Formats, Limits},
    message,
    model::{Record, RecordValue, Serializer, State, Status, Stored, TaskMeta, Value},
};
use std::collections::HashSet;

/// Parts of one value that are looked at.
const MOST_PARTS: usize = 200;
/// Children of one part that are looked at.
const MOST_CHILDREN: usize = 8;

/// A codec that reads and writes this serializer, or reads any and writes json. Its bounds are small,
/// so that what grows beyond them is seen.
pub fn codec(serializer: Option<Serializer>) -> Codec {
    let limits = Limits { payload: 1 << 20, depth: 200, expansion: 50 };
    Codec::with_formats(limits, Formats { serializer, accept: Accept::all(), compression: None })
}

/// All that can be asked of a task's record.
pub fn record(codec: &Codec, bytes: &[u8]) {
    let stored = Stored::new(bytes);
    // What cannot be read whole may be good for a glance all the same.
    let _ = codec.glance(&stored, "id");
    let Ok(meta) = codec.decode(stored) else { return };
    glance(codec, &meta);
    let _ = (meta.children(), meta.args(), meta.kwargs(), meta.retries(), meta.date_done_time());
    let _ = (meta.name(), meta.worker(), meta.queue(), meta.traceback(), meta.date_done());
    let _ = (meta.parent_id(), meta.group_id());
    for key in meta.keys().take(MOST_CHILDREN) {
        if let Ok(Some(value)) = meta.field(&key) {
            walk(value);
        }
    }
    let exception = meta.exception();
    assert_eq!(exception.is_some(), meta.state().is_exception());
    if let Ok(value) = meta.value() {
        walk(value.clone());
        again(&value, bytes);
    }
}

fn glance(codec: &Codec, meta: &TaskMeta) {
    let other = "\u{1}another id";
    let id = meta.task_id().map_or(other, |id| id.as_ref());
    let glance = codec.glance(meta.stored(), id).expect("a record that can be decoded can be glanced at");
    assert_eq!(glance.state, *meta.state());
    // A lone surrogate is shown as an escape.
    if meta.task_id().is_some() && !id.contains("\\u") {
        assert!(glance.same_task, "the record's own id is not found");
        assert!(!codec.glance(meta.stored(), other).unwrap().same_task, "any id is found");
    }
}

/// What is read as `value` is written and read again, in a serializer that the bytes choose.
fn again(value: &Value, bytes: &[u8]) {
    let sum = bytes.iter().fold(0_usize, |sum, byte| sum + usize::from(*byte));
    let serializer = Serializer::ALL[sum % Serializer::ALL.len()];
    let codec = codec(Some(serializer));
    let Some(first) = written(&codec, value) else { return };
    let Some(second) = written(&codec, &first) else {
        panic!("{serializer:?}: what was written cannot be written again: {}", first.json())
    };
    assert_eq!(first.json(), second.json(), "{serializer:?}: written twice");
    // A map that looks like a typed form becomes one, in the form's own spelling.
    if serializer == Serializer::Pickle && !looks_typed(bytes) && !is_json(bytes) {
        assert_eq!(value.json(), first.json(), "{serializer:?}: written");
    }
}

fn looks_typed(bytes: &[u8]) -> bool {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    has(b"type__") || has(b"celery-compressed")
}

/// JSON is kept as it is stored, in any spelling.
fn is_json(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

fn written(codec: &Codec, value: &Value) -> Option<Value> {
    let record =
        Record { value: RecordValue::Json(value.json().to_owned()), ..Record::new("id", State::Success) };
    match codec.encode_at(&record, 0) {
        Ok(stored) => {
            let meta = codec.decode(stored).expect("what was written can be read");
            match meta.value() {
                Ok(value) => Some(value),
                // The text of what is written can be longer or deeper than what was read.
                Err(error) if matches!(error.status(), Status::TooLarge | Status::TooDeep) => None,
                Err(error) => panic!("what was written cannot be read: {error}"),
            }
        }
        Err(error) => {
            assert!(matches!(error.status(), Status::Encode | Status::TooDeep | Status::TooLarge), "{error}");
            None
        }
    }
}

/// All that can be asked of a saved group.
pub fn group(codec: &Codec, bytes: &[u8]) {
    if let Ok(group) = codec.group_decode(&Stored::new(bytes)) {
        let again = codec.group_decode(&codec.group_encode(&group).unwrap()).unwrap();
        assert_eq!(codec.tuple_json(&group), codec.tuple_json(&again));
    }
}

/// A tuple form, written and read again.
pub fn tuple(codec: &Codec, text: &str) {
    if let Ok(tuple) = codec.tuple(text) {
        let json = codec.tuple_json(&tuple);
        assert_eq!(json, codec.tuple_json(&codec.tuple(&json).unwrap()));
    }
}

/// All that can be asked of a worker's answer to a command, and the one value that is made of it and of
/// others.
pub fn reply(codec: &Codec, body: &[u8], content_type: &str) {
    let Ok(nodes) = message::reply::parse(codec, body, content_type) else { return };
    let all = message::answers::value(Some(1), true, &nodes, None).expect("what was read can be given on");
    // An answer may name a node twice.
    let names: HashSet<_> = nodes.iter().map(|(name, _)| name).collect();
    assert_eq!(all.get_key("nodes").unwrap().len().unwrap(), names.len());
    walk(all);
}

/// Asks all that can be asked of a value and of its parts.
pub fn walk(value: Value) {
    let mut left = vec![value];
    for _ in 0..MOST_PARTS {
        let Some(value) = left.pop() else { return };
        let kind = value.kind();
        let _ = (value.as_bool(), value.as_i64(), value.as_u64(), value.as_f64(), value.as_str());
        let _ = (value.as_bytes(), value.as_wtf8(), value.typed_parts(), value.pointer("/0/a"));
        if value.json().len() < 1 << 12 {
            let _ = value.python_repr();
            let _ = (value.json_strict(), value.deserialize::<serde_json::Value>().is_ok());
        }
        assert_eq!(value.len().is_ok(), value.iter().is_ok());
        if !kind.is_container() {
            continue;
        }
        let len = value.len().expect("a container has a length");
        for index in 0..len.min(MOST_CHILDREN) {
            left.push(value.get(index).expect("an element within the length"));
            let _ = value.key(index).map(|key| value.get_key(&key.as_str().unwrap_or_default()));
        }
        assert!(value.get(len).is_err());
        assert_eq!(value.iter().unwrap().count(), len);
    }
}
