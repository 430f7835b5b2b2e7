//! What real Celery workers stored, current ones (`<serializer>-*.json`) and old ones
//! (`legacy/*.json`), read back: every record, and every canvas with its parents, members and saved
//! group, against what Python's own classes said about them. Where the answers differ on purpose,
//! the difference is a line of `differences.json`; one that is not listed, or no longer there, fails.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod canvas;
mod difference;
mod exceptions;
mod records;
#[path = "../support/mod.rs"]
mod support;
mod writing;

use celery_result::codec::{Codec, Limits};
use serde_json::Value;
use std::path::Path;

const SETS: [&str; 10] = [
    "json-ext",
    "json-noext",
    "json-ext-myapp",
    "json-ext-bzip2",
    "json-ext-gzip",
    "json-ext-lzma",
    "msgpack-ext",
    "pickle-ext",
    "pickle-noext-gzip-p",
    "yaml-ext",
];
const LEGACY: [&str; 20] = [
    "legacy/4.4.7-py2.7-json-ext",
    "legacy/4.4.7-py2.7-json-noext",
    "legacy/4.4.7-py2.7-msgpack-ext",
    "legacy/4.4.7-py2.7-pickle-ext",
    "legacy/4.4.7-py2.7-yaml-ext",
    "legacy/4.4.7-py3.9-json-ext",
    "legacy/4.4.7-py3.9-msgpack-ext",
    "legacy/4.4.7-py3.9-pickle-ext",
    "legacy/4.4.7-py3.9-yaml-ext",
    "legacy/5.0.5-py3.11-json-ext",
    "legacy/5.0.5-py3.11-json-noext",
    "legacy/5.0.5-py3.11-msgpack-ext",
    "legacy/5.0.5-py3.11-pickle-ext",
    "legacy/5.0.5-py3.11-yaml-ext",
    "legacy/5.4.0-py3.11-json-ext",
    "legacy/5.4.0-py3.11-json-noext",
    "legacy/5.4.0-py3.11-msgpack-ext",
    "legacy/5.4.0-py3.11-pickle-ext",
    "legacy/5.4.0-py3.11-yaml-ext",
    "legacy/5.6.0-py3.11-json-ext",
];

fn limits() -> Limits {
    Limits { payload: 64 << 20, depth: 1000, ..Limits::default() }
}

fn codec() -> Codec {
    Codec::new(limits())
}

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The sets of records, with their names.
fn sets() -> impl Iterator<Item = (&'static str, Value)> {
    SETS.into_iter().chain(LEGACY).map(|set| (set, load(&format!("{set}.json"))))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// The bytes that compact.py packed.
fn unpacked(packed: &Value) -> Vec<u8> {
    if let Some(text) = packed.as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(text) = packed["b64"].as_str() {
        return base64(text);
    }
    let compressed = base64(packed["zlib_b64"].as_str().unwrap());
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&compressed).unwrap();
    assert_eq!(bytes.len() as u64, packed["len"].as_u64().unwrap());
    bytes
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0_u32;
    for (index, digit) in text.trim_end_matches('=').bytes().enumerate() {
        let digit = DIGITS.iter().position(|known| *known == digit).unwrap();
        bits = bits << 6 | u32::try_from(digit).unwrap();
        if index % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (index % 4))).to_le_bytes()[0]);
        }
    }
    bytes
}

#[test]
fn everything_reads_as_in_python_or_is_listed() {
    let mut found = records::differences();
    found.extend(canvas::differences());
    found.extend(writing::differences());
    difference::check(&found, &load("differences.json"));
}
