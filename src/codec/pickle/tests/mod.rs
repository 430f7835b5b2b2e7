//! The pickle codec against what Python writes and reads, and against what nobody should write.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod hostile;
mod objects;
mod parts;
mod python;
mod writing;

use crate::codec::outline::{Outline, TaskId};
use crate::codec::{Limits, limits::Bounds};
use crate::model::{Error, State};

/// The JSON text of a record.
fn text(pickle: &[u8]) -> Result<String, Error> {
    within(pickle, &Limits::default())
}

/// The same within other limits.
fn within(pickle: &[u8], limits: &Limits) -> Result<String, Error> {
    super::text(pickle, &Bounds::new(limits, pickle.len()))?.whole()
}

/// State and task id of a record.
fn outline(pickle: &[u8]) -> Result<Outline, Error> {
    super::outline(pickle, &Bounds::new(&Limits::default(), pickle.len()))
}

/// A record around a value, as protocol 2 writes it without its memo.
fn record(value: &[u8]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(U\x06statusU\x07SUCCESSU\x06result".to_vec();
    pickle.extend(value);
    pickle.extend(b"U\x07task_idU\x01tu.");
    pickle
}

/// The JSON text of a value in such a record.
fn value(pickle: &[u8]) -> String {
    let text = text(&record(pickle)).unwrap_or_else(|error| panic!("{}: {error}", pickle.escape_ascii()));
    let value = text.strip_prefix(r#"{"status": "SUCCESS", "result": "#).unwrap();
    value.strip_suffix(r#", "task_id": "t"}"#).unwrap().to_owned()
}

/// Checks that what the whole record says of state and task id is what the outline says, where
/// the record can be read.
fn assert_agreement(pickle: &[u8]) {
    let (outline, text) = (outline(pickle), text(pickle));
    let Ok(text) = text else { return };
    let json: serde_json::Value = match serde_json::from_str(&text) {
        Ok(json) => json,
        // NaN, a lone surrogate: no matter here.
        Err(_) => return assert!(outline.is_ok() || !text.contains("\"status\"")),
    };
    let state = json.get("status").and_then(|state| state.as_str());
    match outline {
        Ok(Outline { state: found, task_id }) => {
            assert_eq!(Some(found), state.map(State::from_name));
            match (task_id, json.get("task_id")) {
                (TaskId::Text(id), Some(stored)) => assert_eq!(Some(id.as_str()), stored.as_str()),
                (TaskId::Other, Some(stored)) => assert!(!stored.is_string()),
                (TaskId::Absent, stored) => assert!(stored.is_none()),
                (id, stored) => panic!("{id:?} where {stored:?} is stored"),
            }
        }
        Err(_) => assert_eq!(state, None, "{text}"),
    }
}
