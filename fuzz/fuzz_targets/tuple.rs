//! The tuple form of results as JSON text, and any JSON text as a value.
#![no_main]

use celery_result_fuzz::{codec, tuple, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let codec = codec(None);
    tuple(&codec, text);
    if let Ok(value) = codec.value(text) {
        walk(value);
    }
});
