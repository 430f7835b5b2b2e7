//! What the engine's own bookkeeping costs, without a server and without a second thread: the registry
//! of who waits for which id, and the queue in which events lie until they are taken.
//! `cargo bench --bench engine` times 100 000 ids at a time.

#![allow(clippy::unwrap_used, missing_docs)]

use celery_result::{
    backend,
    codec::{Codec, Limits},
    config::{Config, Options},
    engine::{Engine, Event, How, Queue, QueueSettings, Site, Waiter},
    model::{Id, Stored},
    sys::Log,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::{sync::Arc, time::Duration};

const IDS: u64 = 100_000;

#[derive(Clone)]
struct Place(Engine);

impl Site for Place {
    fn engine(&self) -> &Engine {
        &self.0
    }
}

/// Takes no notice.
struct Nobody;

impl Waiter for Nobody {
    fn notify(&self, _: u64, _: &Event) {}

    fn poll_interval(&self) -> Duration {
        Duration::from_millis(500)
    }
}

fn engine() -> Engine {
    let config = Config::new("memory://", &Options::new()).unwrap();
    let codec = Codec::new(Limits::default());
    let open = |driver, sink| backend::open(&config, driver, Log::default(), sink);
    Engine::new(config.engine.clone(), codec, Log::default(), open).unwrap()
}

fn registry(criterion: &mut Criterion) {
    let ids: Vec<(Id, u64)> =
        (0..IDS).map(|n| (Id::from(format!("0f5f5e0c-7b3d-4d9b-9a39-{n:012}")), n)).collect();
    let waiter: Arc<dyn Waiter> = Arc::new(Nobody);
    let mut group = criterion.benchmark_group("registry");
    group.throughput(Throughput::Elements(IDS)).sample_size(20);
    group.bench_function("watch and unwatch", |bencher| {
        let engine = engine();
        bencher.iter(|| {
            engine.watch_many(&ids, &waiter).unwrap();
            engine.unwatch_many(&ids, &waiter);
        });
    });
    group.finish();
}

fn queue(criterion: &mut Criterion) {
    let record = Stored::new(br#"{"status": "SUCCESS", "result": 1}"#.to_vec());
    let mut group = criterion.benchmark_group("queue");
    group.throughput(Throughput::Elements(IDS)).sample_size(20);
    group.bench_function("complete and take", |bencher| {
        let settings = || QueueSettings { pollable: false, interval: Duration::from_secs(1), listener: None };
        let held = || {
            let queue: Queue<Place, ()> = Queue::new(settings()).unwrap();
            let held: Vec<_> = (0..IDS).map(|key| queue.hold(key, ()).unwrap()).collect();
            (queue, held)
        };
        let run = |(queue, held): (Queue<Place, ()>, Vec<_>)| {
            for one in held {
                queue.complete(one, &Event::Ready { record: record.clone(), how: How::Pushed });
            }
            while !queue.take(512).is_empty() {}
            queue
        };
        bencher.iter_batched(held, run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, registry, queue);
criterion_main!(benches);
