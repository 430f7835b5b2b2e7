//! What the tests of the queue share: a queue with a descriptor and a listener over an engine on a
//! store in memory, whose items the test can also speak to itself.

use super::*;

/// A queue over one engine, and how often it was heard to be non-empty.
pub(super) struct Bench {
    pub(super) queue: Queue<TestSite, u64>,
    pub(super) site: TestSite,
    heard: Arc<AtomicUsize>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(site())
    }

    /// One whose descriptor nobody has asked for.
    pub(super) fn unpolled() -> Self {
        Self::over(site())
    }

    pub(super) fn with(site: TestSite) -> Self {
        let bench = Self::over(site);
        // From the beginning, as a poll loop asks for it.
        assert!(!bench.is_readable());
        bench
    }

    fn over(site: TestSite) -> Self {
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let listener = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let interval = Duration::from_millis(10);
        let queue =
            Queue::new(QueueSettings { pollable: true, interval, listener: Some(Box::new(listener)) });
        Self { queue: queue.unwrap(), site, heard }
    }

    pub(super) fn add(&self, key: u64, id: &str) {
        self.queue.add(&self.site, vec![item(key, id)]).unwrap();
    }

    /// Adds an item by itself: the test says what happens to it.
    pub(super) fn hold(&self, key: u64) -> u64 {
        self.queue.hold(key, key).unwrap().0
    }

    pub(super) fn tell(&self, token: u64, event: &Event) {
        self.queue.core.notify(token, event);
    }

    /// The descriptor can be read exactly while there are events.
    #[track_caller]
    pub(super) fn check_level(&self) {
        assert_eq!(self.is_readable(), !self.queue.is_empty(), "{} events", self.queue.len());
    }

    pub(super) fn is_readable(&self) -> bool {
        is_readable(&self.queue)
    }

    /// Takes all that is there, in short; checks the descriptor before and after.
    #[track_caller]
    pub(super) fn all(&self) -> Vec<String> {
        self.check_level();
        let all: Vec<_> = self.queue.take(usize::MAX).iter().map(short).collect();
        assert_eq!(self.queue.len(), 0);
        self.check_level();
        all
    }

    /// How many callers are blocked and were not woken.
    pub(super) fn blocked(&self) -> usize {
        self.queue.core.with(|state| state.parked())
    }

    /// How often the listener was called since the last time.
    pub(super) fn heard(&self) -> usize {
        self.heard.swap(0, Ordering::Relaxed)
    }

    /// Items that have not ended, and those of them that were not looked at.
    pub(super) fn counts(&self) -> (usize, usize) {
        let pending = self.queue.pending();
        (pending.items, pending.unseen)
    }

    pub(super) fn waiters(&self) -> u64 {
        self.site.0.figures().0
    }
}

/// How many hold the engine beside this reference.
pub(super) fn others(site: &TestSite) -> usize {
    Arc::strong_count(&site.0.shared) - 1
}

pub(super) fn item(key: u64, id: &str) -> Item<u64> {
    Item { key, id: id.into(), payload: key }
}

/// Each number is the id and the key.
pub(super) fn items(numbers: std::ops::Range<u64>) -> Vec<Item<u64>> {
    numbers.map(|number| item(number, &number.to_string())).collect()
}

pub(super) fn ready(text: &str) -> Event {
    Event::Ready { record: Stored::new(text.as_bytes()), how: How::Pushed }
}

pub(super) fn unfinished(text: &str, how: How) -> Event {
    Event::Unfinished { record: Some(Stored::new(text.as_bytes())), how }
}

pub(super) fn absent() -> Event {
    Event::Unfinished { record: None, how: How::Read }
}

pub(super) fn failed() -> Event {
    Event::Failed(Error::new(Status::Closed, "closed"))
}

/// `key what`
pub(super) fn short(taken: &Taken<TestSite, u64>) -> String {
    assert_eq!(taken.payload, taken.key);
    assert_eq!(taken.id.is_some(), taken.site.is_some());
    let what = match &taken.event {
        Event::Ready { record, .. } => format!("ready {}", text(record)),
        Event::Unfinished { record: Some(record), how } => format!("{how:?} {}", text(record)),
        Event::Unfinished { record: None, .. } => panic!("nothing to tell of"),
        Event::Failed(error) => format!("failed {:?}", error.status()),
    };
    format!("{} {what}", taken.key)
}

/// The state of a real record, else all of it.
fn text(record: &Stored) -> String {
    let text = String::from_utf8_lossy(record.bytes()).into_owned();
    text.split(r#""status": ""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(&text).to_owned()
}

#[track_caller]
pub(super) fn status<T>(result: Result<T>) -> Status {
    match result {
        Ok(_) => panic!("it went well"),
        Err(error) => error.status(),
    }
}
