//! What the answers to a command mean together: one value for all of them, and where a task is by them.

use crate::model::{Result, Value};
use std::fmt::Write;

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
        let _ = write!(text, "\"node\": {}, ", serde_json::Value::from(node));
    }
    text.push_str("\"nodes\": {");
    for (index, (name, value)) in nodes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}{}: {}", serde_json::Value::from(name.as_str()), value.json());
    }
    text.push_str("}}");
    Value::of_checked(text, "the answers")
}
