//! Answers of workers: in kombu's envelope, and alone in the serializer that the first byte chooses.
#![no_main]

use celery_result::{
    broker::{Reply, redis::envelope},
    model::Serializer,
};
use celery_result_fuzz::{codec, reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let codec = codec(None);
    if let Some((_, Reply { body, content_type })) = envelope::read(bytes) {
        reply(&codec, &body, &content_type);
    }
    let Some((first, body)) = bytes.split_first() else { return };
    let serializer = Serializer::ALL[usize::from(*first) % Serializer::ALL.len()];
    reply(&codec, body, serializer.content_type());
});
