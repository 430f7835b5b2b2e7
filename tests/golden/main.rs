//! What a real Celery worker stored (`json-*.json`), read back: every record, and every canvas with
//! its parents, members and saved group, against what Python's own classes said about them. Where
//! the answers differ on purpose, the difference is a line of `differences.json`; one that is not
//! listed, or no longer there, fails.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod canvas;
mod difference;
mod exceptions;
mod records;
#[path = "../support/mod.rs"]
mod support;

use celery_result::codec::{Codec, Limits};
use serde_json::Value;
use std::path::Path;

const SETS: [&str; 3] = ["json-ext", "json-noext", "json-ext-myapp"];

fn codec() -> Codec {
    Codec::new(Limits { payload: 64 << 20, depth: 1000, ..Limits::default() })
}

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The sets of records, with their names.
fn sets() -> impl Iterator<Item = (&'static str, Value)> {
    SETS.into_iter().map(|set| (set, load(&format!("{set}.json"))))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// The stored text of a record; the large one comes as a recipe.
fn stored(record: &Value) -> String {
    let stored = &record["stored"];
    if let Some(text) = stored.as_str() {
        return text.to_owned();
    }
    let row = |number: u64| {
        let row = stored["row"].as_str().unwrap();
        row.replace("N,", &format!("{number},")).replace("M]", &format!("{}]", number + 1))
    };
    let rows: Vec<String> = (0..stored["rows"].as_u64().unwrap()).map(row).collect();
    let text =
        stored["head"].as_str().unwrap().to_owned() + &rows.join(", ") + stored["tail"].as_str().unwrap();
    assert_eq!(text.len() as u64, stored["len"].as_u64().unwrap());
    text
}

#[test]
fn everything_reads_as_in_python_or_is_listed() {
    let mut found = records::differences();
    found.extend(canvas::differences());
    difference::check(&found, &load("differences.json"));
}
