//! The header that is checked in is the one that the sources give.

#![allow(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_checked_in_header_is_current() {
    let generated = include_str!(concat!(env!("OUT_DIR"), "/celery_result.h"));
    let checked_in = read("include/celery_result.h");
    let same = generated.lines().zip(checked_in.lines()).take_while(|(a, b)| a == b).count();
    assert!(
        generated == checked_in,
        "include/celery_result.h differs from line {} on: run `make header` and commit the result",
        same + 1
    );
}

#[test]
fn the_header_names_the_generator_that_is_pinned() {
    let manifest = read("Cargo.toml");
    let pinned = manifest
        .lines()
        .find_map(|line| line.strip_prefix("cbindgen = { version = \"="))
        .and_then(|rest| rest.split('"').next())
        .expect("Cargo.toml pins cbindgen");
    let named = format!("by cbindgen {pinned}. ");
    assert!(read("cbindgen.toml").contains(&named), "cbindgen.toml should say `{named}`");
}
