//! Records that are read as msgpack, whatever they look like.
#![no_main]

use celery_result::model::Serializer;
use celery_result_fuzz::{codec, record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| record(&codec(Some(Serializer::Msgpack)), bytes));
