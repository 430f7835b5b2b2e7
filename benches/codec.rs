//! What reading records costs in every serializer and compression: MB/s of record, before
//! compression, for a glance at the state and for the whole value, of one record of 1 MB and of
//! 1000 small ones; beside it `serde_json` making its own value of the same record as JSON.
//! `cargo bench --bench codec` prints a table; that takes about 20 s.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use celery_result::{
    codec::{Codec, Formats, Limits},
    model::{Compression, Record, RecordValue, Serializer, State, Stored},
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const EACH: Duration = Duration::from_millis(100);

/// Records of which a task would return this value.
fn records(count: usize, rows: usize) -> Vec<Record> {
    let value = |seed: usize| {
        let row = |row: usize| {
            format!(
                r#"{{"id": {row}, "name": "row number {row}", "price": {}, "tags": ["a", "b\u017c", null, true], "of": {}}}"#,
                (row * 7 + seed) % 1000 / 8,
                f64::from(u32::try_from(row + seed).unwrap()) * 0.37
            )
        };
        format!("[{}]", (0..rows).map(row).collect::<Vec<_>>().join(", "))
    };
    let record = |seed: usize| Record {
        value: RecordValue::Json(value(seed)),
        ..Record::new(format!("0f5f5e0c-7b3d-4d9b-9a39-{seed:012}"), State::Success)
    };
    (0..count).map(record).collect()
}

fn stored(records: &[Record], formats: Formats) -> Vec<Stored> {
    let codec = Codec::with_formats(Limits::default(), formats);
    records.iter().map(|record| codec.encode_at(record, 1_700_000_000_000_000).unwrap()).collect()
}

/// MB/s of doing this, which takes in so many bytes.
fn rate(bytes: usize, mut once: impl FnMut()) -> f64 {
    once();
    let (begun, mut rounds) = (Instant::now(), 0_u32);
    while begun.elapsed() < EACH {
        once();
        rounds += 1;
    }
    let bytes = f64::from(u32::try_from(bytes).unwrap()) * f64::from(rounds);
    bytes / begun.elapsed().as_secs_f64() / 1e6
}

fn size(stored: &[Stored]) -> usize {
    stored.iter().map(|one| one.bytes().len()).sum()
}

fn main() {
    let sizes = [("1 MB", records(1, 9_000)), ("1000 small", records(1_000, 2))];
    println!("{:<12} {:<10} {:<8} {:>10} {:>10}", "records", "serializer", "packed", "glance", "value");
    for (name, records) in &sizes {
        let json = stored(records, Formats::default());
        let serde_json = rate(size(&json), || {
            for one in &json {
                black_box(serde_json::from_slice::<serde_json::Value>(one.bytes()).unwrap());
            }
        });
        println!("{name:<12} {:<10} {:<8} {:>10} {serde_json:>10.0}", "serde_json", "", "");
        for serializer in Serializer::ALL.into_iter().filter(|serializer| serializer.is_built_in()) {
            let plain = Formats { serializer: Some(serializer), ..Formats::default() };
            let bytes = size(&stored(records, plain));
            let compressions = Compression::ALL.into_iter().filter(|compression| compression.is_built_in());
            for compression in std::iter::once(None).chain(compressions.map(Some)) {
                let stored = stored(records, Formats { compression, ..plain });
                let codec = Codec::new(Limits::default());
                let glance = rate(bytes, || {
                    for (one, record) in stored.iter().zip(records) {
                        black_box(codec.glance(one, &record.task_id).unwrap());
                    }
                });
                let value = rate(bytes, || {
                    for one in &stored {
                        black_box(codec.decode(one.clone()).unwrap().value().unwrap());
                    }
                });
                let packed = compression
                    .map_or("", |compression| compression.names().first().copied().unwrap_or_default());
                println!("{name:<12} {:<10} {packed:<8} {glance:>10.0} {value:>10.0}", serializer.name());
            }
        }
    }
}
