//! What reading records costs in every serializer and compression: bytes of record a second, before
//! compression, for a glance at the state and for the whole value, of one record of 1 MB and of
//! 1000 small ones; beside it `serde_json` making its own value of the same record as JSON.
//! `cargo bench --bench codec` takes about a minute; `-- json` is one serializer's part of it.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use celery_result::{
    codec::{Codec, Formats, Limits},
    model::{Compression, Record, RecordValue, Serializer, State, Stored},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::{hint::black_box, time::Duration};

const EACH: Duration = Duration::from_millis(200);

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

fn size(stored: &[Stored]) -> u64 {
    stored.iter().map(|one| one.bytes().len() as u64).sum()
}

fn codec(criterion: &mut Criterion) {
    for (name, records) in [("1 MB", records(1, 9_000)), ("1000 small", records(1_000, 2))] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(EACH / 2).measurement_time(EACH);
        let json = stored(&records, Formats::default());
        group.throughput(Throughput::Bytes(size(&json)));
        group.bench_function("serde_json", |bencher| {
            bencher.iter(|| {
                for one in &json {
                    black_box(serde_json::from_slice::<serde_json::Value>(one.bytes()).unwrap());
                }
            });
        });
        for serializer in Serializer::ALL.into_iter().filter(|serializer| serializer.is_built_in()) {
            let plain = Formats { serializer: Some(serializer), ..Formats::default() };
            group.throughput(Throughput::Bytes(size(&stored(&records, plain))));
            let compressions = Compression::ALL.into_iter().filter(|compression| compression.is_built_in());
            for compression in std::iter::once(None).chain(compressions.map(Some)) {
                let stored = stored(&records, Formats { compression, ..plain });
                let codec = Codec::new(Limits::default());
                let packed = compression
                    .map_or("plain", |compression| compression.names().first().copied().unwrap_or_default());
                let title = format!("{} {packed}", serializer.name());
                group.bench_function(format!("{title} glance"), |bencher| {
                    bencher.iter(|| {
                        for (one, record) in stored.iter().zip(&records) {
                            black_box(codec.glance(one, &record.task_id).unwrap());
                        }
                    });
                });
                group.bench_function(format!("{title} value"), |bencher| {
                    bencher.iter(|| {
                        for one in &stored {
                            black_box(codec.decode(one.clone()).unwrap().value().unwrap());
                        }
                    });
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
