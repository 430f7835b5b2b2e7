//! Records and saved groups of any serializer and compression, recognised from their bytes.
#![no_main]

use celery_result_fuzz::{codec, group, record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    record(&codec(None), bytes);
    group(&codec(None), bytes);
});
