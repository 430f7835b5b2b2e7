//! What workers answered to a command, as one value.

use super::headers::Headers;
use crate::model::{Result, Value};

/// One value of all answers; `node` is the worker that was looked for, where one was.
pub fn value(
    heard: Option<u64>,
    complete: bool,
    nodes: &[(String, Value)],
    node: Option<&str>,
) -> Result<Value> {
    let mut answers = Headers::default();
    for (name, answer) in nodes {
        answers.set(name, answer.json());
    }
    let mut all = Headers::default();
    all.set("heard", heard.map_or_else(|| "null".to_owned(), |heard| heard.to_string()));
    all.set("complete", complete.to_string());
    if let Some(node) = node {
        all.text("node", node);
    }
    all.set("nodes", answers.finish());
    Value::of_checked(all.finish(), "the answers")
}
