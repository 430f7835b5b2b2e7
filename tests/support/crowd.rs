//! Many waits at once without a thread for each, and a seeded choice of moments.

use super::PATIENCE;
use celery_result::{
    app::App,
    model::{Error, Status},
    result::AsyncResult,
};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

/// How a wait ended: the value as JSON, or the error.
pub type End = Result<String, Error>;

#[derive(Default)]
struct Ends {
    ends: Mutex<HashMap<String, Vec<End>>>,
    more: Condvar,
}

/// Waits in progress, by way of `then`.
pub struct Crowd {
    ids: Vec<String>,
    ends: Arc<Ends>,
}

impl Crowd {
    /// Begins to wait for all of these ids.
    pub fn wait_for(app: &App, ids: impl IntoIterator<Item = String>) -> Self {
        let mut crowd = Self { ids: Vec::new(), ends: Arc::default() };
        crowd.join(app, ids);
        crowd
    }

    /// Ids that nobody ever stores anything under: a load in the background.
    pub fn in_the_background(app: &App, count: usize) -> Self {
        Self::wait_for(app, (0..count).map(|number| format!("background-{number}")))
    }

    /// Begins to wait for more ids.
    pub fn join(&mut self, app: &App, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            let ends = Arc::clone(&self.ends);
            let name = id.clone();
            self.ids.push(id.clone());
            AsyncResult::new(app, &id)
                .unwrap()
                .then(move |_, meta| {
                    let end = meta.and_then(|meta| Ok(meta.unwrap().value()?.json().to_owned()));
                    ends.ends.lock().unwrap().entry(name).or_default().push(end);
                    ends.more.notify_all();
                })
                .unwrap();
        }
    }

    /// Waits for every end and gives them by id; fails the test where one is missing or came
    /// twice.
    #[track_caller]
    pub fn ends(self) -> HashMap<String, End> {
        let until = Instant::now() + PATIENCE;
        let mut ends = self.ends.ends.lock().unwrap();
        while ends.len() < self.ids.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let lost: Vec<_> = self.ids.iter().filter(|id| !ends.contains_key(*id)).collect();
                panic!(
                    "{} of {} results were lost: {:?}",
                    lost.len(),
                    self.ids.len(),
                    &lost[..lost.len().min(5)]
                );
            }
            ends = self.ends.more.wait_timeout(ends, left).unwrap().0;
        }
        std::mem::take(&mut *ends)
            .into_iter()
            .map(|(id, mut ends)| {
                assert_eq!(ends.len(), 1, "{id} ended more than once");
                (id, ends.remove(0))
            })
            .collect()
    }

    /// Waits until each has ended well with the value that `expected` gives for its id.
    #[track_caller]
    pub fn expect(self, expected: impl Fn(&str) -> String) {
        for (id, end) in self.ends() {
            assert_eq!(end.unwrap_or_else(|error| panic!("{id}: {error}")), expected(&id), "{id}");
        }
    }

    /// Waits until each has ended with this status.
    #[track_caller]
    pub fn expect_status(self, status: Status) {
        for (id, end) in self.ends() {
            assert_eq!(end.expect_err(&id).status(), status, "{id}");
        }
    }

    /// How many have ended so far.
    pub fn ended(&self) -> usize {
        self.ends.ends.lock().unwrap().len()
    }

    /// One of the waits that have ended, to say more where none should have.
    pub fn any_end(&self) -> Option<(String, Vec<End>)> {
        self.ends.ends.lock().unwrap().iter().next().map(|(id, ends)| (id.clone(), ends.clone()))
    }
}

/// Numbers without a pattern, the same for the same seed.
pub struct Random(u64);

impl Random {
    /// From the environment variable `CELERY_TEST_SEED`, else from the clock; printed, so that a
    /// failure can be repeated.
    pub fn seeded(what: &str) -> Self {
        let clock = || u64::from(std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos());
        let seed = std::env::var("CELERY_TEST_SEED").map_or_else(|_| clock(), |text| text.parse().unwrap());
        println!("{what}: CELERY_TEST_SEED={seed}");
        Self::from(seed)
    }

    pub fn from(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// A time below so many microseconds.
    pub fn micros(&mut self, bound: u64) -> Duration {
        Duration::from_micros(self.below(bound))
    }
}
