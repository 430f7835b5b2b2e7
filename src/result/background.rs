//! A gather that no thread waits for: whoever stores a result, or changes a set, takes it a step
//! further. Nothing is decoded there; that is for whoever is told of the end.

use super::{ResultSet, gather::Gather, member_tree::Step};
use crate::{
    engine::{LinkObserver, LinkState},
    model::{Error, Result},
    sys::Mutex,
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// How often members are read where the store cannot push.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);

/// How many events are taken in one go.
const EVENTS: usize = 4096;

type Done = Box<dyn FnOnce(Gather, Result<()>) + Send>;

/// The gather, and whom to tell of its end: every member has finished, one cannot be waited for, or
/// the app was closed that is to tell of it.
pub(super) struct Background {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Not there while a thread works on it, and after the end.
    gather: Option<Gather>,
    done: Option<Done>,
    /// Whether there may be something to do for the thread that works.
    again: bool,
    closed: Option<Error>,
}

impl Background {
    /// Gathers a set until it ends, or its app does, whether somebody holds on to it or not.
    pub(super) fn detach(
        set: &ResultSet,
        done: impl FnOnce(Gather, Result<()>) + Send + 'static,
    ) -> Result<()> {
        let background = Self::new();
        let observer: Arc<dyn LinkObserver> = Arc::<Self>::clone(&background);
        set.app().engine().observe_link(&observer)?;
        // The circle is broken when the gather is handed over.
        let held = Arc::clone(&background);
        background.begin(set, Box::new(done), Arc::new(move || held.drive()))
    }

    /// Gathers a set as long as somebody holds on to what is returned; [`Self::begin`] it.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default() })
    }

    /// Begins; the end may come at once.
    pub(super) fn follow(
        self: &Arc<Self>,
        set: &ResultSet,
        done: impl FnOnce(Gather, Result<()>) + Send + 'static,
    ) -> Result<()> {
        let weak: Weak<Self> = Arc::downgrade(self);
        let attention = move || {
            if let Some(background) = weak.upgrade() {
                background.drive();
            }
        };
        self.begin(set, Box::new(done), Arc::new(attention))
    }

    fn begin(&self, set: &ResultSet, done: Done, attention: super::gather::Attention) -> Result<()> {
        let mut gather = Gather::new(INTERVAL, Some(attention))?;
        gather.follow(set);
        {
            let mut state = self.state.lock();
            state.done = Some(done);
            state.gather = Some(gather);
        }
        self.drive();
        Ok(())
    }

    /// Takes the gather as far as it goes now, unless another thread is at it, which then looks once
    /// more.
    fn drive(&self) {
        let mut gather = {
            let mut state = self.state.lock();
            state.again = true;
            let Some(gather) = state.gather.take() else { return };
            gather
        };
        loop {
            let closed = {
                let mut state = self.state.lock();
                state.again = false;
                state.closed.take()
            };
            let end = closed.map(Err).or_else(|| advance(&mut gather));
            let mut state = self.state.lock();
            if let Some(end) = end {
                let done = state.done.take();
                drop(state);
                if let Some(done) = done {
                    done(gather, end);
                }
                return;
            }
            if !state.again {
                state.gather = Some(gather);
                return;
            }
        }
    }
}

impl LinkObserver for Background {
    fn link(&self, _: u64, state: LinkState) {
        if let LinkState::Ended(error) = state {
            self.state.lock().closed = Some(error);
            self.drive();
        }
    }
}

/// Does what there is to do; gives the end when it has come.
fn advance(gather: &mut Gather) -> Option<Result<()>> {
    gather.catch_up();
    for (app, leaves) in gather.unwatched() {
        gather.watch(&app, &leaves);
    }
    loop {
        let events = gather.queue().take(EVENTS);
        if events.is_empty() {
            break;
        }
        gather.learn(events);
    }
    while let Some(step) = gather.tree.next_step() {
        if let Step::Leaf(leaf) = step
            && let Some(error) = gather.trouble(leaf)
        {
            return Some(Err(error));
        }
    }
    gather.tree.is_complete().then_some(Ok(()))
}
