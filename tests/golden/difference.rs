//! Where Python's answer and ours differ, and the list of the differences that are meant.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One answer that is not Python's: the set, and `{"case", "what", "python", "ours"}`.
pub(crate) type Difference = (String, Value);

/// What Python said of one case against what we say, as far as they differ.
pub(crate) struct Comparison {
    set: String,
    case: String,
    pub(crate) found: Vec<Difference>,
}

impl Comparison {
    pub(crate) fn new(set: &str, case: &str) -> Self {
        Self { set: set.to_owned(), case: case.to_owned(), found: Vec::new() }
    }

    pub(crate) fn check(&mut self, what: &str, python: &Value, ours: Value) {
        if !same(python, &ours) {
            let entry = json!({"case": self.case, "what": what, "python": python, "ours": ours});
            self.found.push((self.set.clone(), entry));
        }
    }
}

/// Python's long texts are given by their start and length.
fn same(python: &Value, ours: &Value) -> bool {
    match (python["start"].as_str(), ours.as_str()) {
        (Some(start), Some(ours)) => {
            ours.starts_with(start) && ours.chars().count() as u64 == python["chars"].as_u64().unwrap()
        }
        _ => python == ours,
    }
}

/// Fails on a difference that is not listed, and on a listed one that is not there.
pub(crate) fn check(found: &[Difference], listed: &Value) {
    let listed = listed.as_array().unwrap();
    let mut used = BTreeSet::new();
    let mut unlisted = Vec::new();
    for (set, difference) in found {
        let index = listed.iter().position(|entry| {
            let here = entry["sets"].as_array().unwrap().contains(&json!(set));
            here && ["case", "what", "python", "ours"].iter().all(|key| entry[key] == difference[key])
        });
        match index {
            Some(index) => _ = used.insert((index, set.as_str())),
            None => unlisted.push(format!("{set}: {difference}")),
        }
    }
    assert!(unlisted.is_empty(), "not in differences.json:\n{}", unlisted.join("\n"));
    for (index, entry) in listed.iter().enumerate() {
        assert!(!entry["why"].as_str().unwrap().is_empty(), "no reason given: {entry}");
        for set in entry["sets"].as_array().unwrap() {
            assert!(
                used.contains(&(index, set.as_str().unwrap())),
                "no longer a difference in {set}: {entry}"
            );
        }
    }
}
