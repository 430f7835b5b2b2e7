//! Messages that come together are told together: one call for each waiter, one caller woken.

use super::{bench::*, *};
use crate::{
    backend::{Pushed, Sink},
    engine::{Told, registry::SLICE},
    sys::{Mutex, Parking},
};

/// The ids of messages, and what they are told as.
fn pushed(ids: &[String]) -> Vec<Pushed<'_>> {
    let record = |id: &str| format!("{{\"status\": \"SUCCESS\", \"result\": 1, \"task_id\": \"{id}\"}}");
    ids.iter().map(|id| Pushed { id, record: Some(Stored::new(record(id).as_bytes())) }).collect()
}

fn ids(count: u64) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[derive(Default)]
struct Counting {
    calls: AtomicUsize,
    tokens: Mutex<Vec<u64>>,
}

impl Waiter for Counting {
    fn notify(&self, token: u64, _: &Event) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.tokens.lock().push(token);
    }

    fn notify_all(&self, told: &[Told]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.tokens.lock().extend(told.iter().map(|told| told.token));
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_millis(500)
    }
}

#[test]
fn ten_thousand_messages_are_told_in_one_call_for_each_slice_and_waiter() {
    let site = site();
    let counting: [Arc<Counting>; 2] = Default::default();
    // Every id to both, so that their events come by turns.
    for waiter in &counting {
        let waiter: Arc<dyn Waiter> = Arc::clone(waiter) as _;
        let all: Vec<_> = (0..10_000).map(|number| (Id::from(number.to_string()), number)).collect();
        site.0.watch_many(&all, &waiter).unwrap();
    }
    // What the first look found does not count.
    for waiter in &counting {
        waiter.calls.store(0, Ordering::Relaxed);
        waiter.tokens.lock().clear();
    }
    site.0.shared.messages(&pushed(&ids(10_000)));
    for waiter in &counting {
        assert_eq!(waiter.calls.load(Ordering::Relaxed), 10_000_usize.div_ceil(SLICE));
        assert!(waiter.tokens.lock().iter().copied().eq(0..10_000), "in the order in which they came");
    }
}

#[test]
fn a_burst_wakes_one_caller_and_is_heard_once() {
    let bench = Bench::new();
    bench.queue.add(&bench.site, items(0..500)).unwrap();
    let parked = [(); 2].map(|()| Arc::new(Parking::new(false, None).unwrap()));
    bench.queue.core.with(|state| parked.iter().for_each(|parked| state.park(parked)));
    bench.site.0.shared.messages(&pushed(&ids(500)));
    assert_eq!((bench.blocked(), bench.heard(), bench.queue.len()), (1, 1, 500));
    assert_eq!(parked.map(|parked| *parked.lock()), [true, false]);
    assert_eq!(bench.all().len(), 500);
}
