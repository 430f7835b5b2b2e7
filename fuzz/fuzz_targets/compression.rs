//! Compressed records; the first byte chooses the compression.
#![no_main]

use celery_result::model::Compression;
use celery_result_fuzz::{codec, record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, data)) = bytes.split_first() else { return };
    let compression = Compression::ALL[usize::from(*first) % Compression::ALL.len()];
    let head = [b"\0celery-compressed\0", compression.mime().as_bytes(), b"\0"].concat();
    record(&codec(None), &[&head, data].concat());
});
