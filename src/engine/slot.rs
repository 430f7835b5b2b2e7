//! A slot: where the engine leaves word for one thread that waits for one id.

use super::waiter::{Event, How, Waiter};
use crate::{
    model::{Result, Stored},
    sys::{Cancel, Parking},
};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What was found out about one of the other ids that a wait looks at.
pub(super) struct Other {
    pub(super) index: usize,
    pub(super) record: Stored,
}

/// What has been learned since the wait began.
#[derive(Default)]
pub(super) struct Learned {
    /// The final word; the first one wins.
    pub(super) end: Option<Result<Stored>>,
    /// Whether the store was looked at since the wait began.
    pub(super) looked: bool,
    /// Whether the latest look found no record.
    pub(super) absent: bool,
    /// Pushed records not yet handed to `on_message`, oldest first.
    pub(super) news: VecDeque<Stored>,
    /// Other ids that have finished, not yet handed on.
    pub(super) others: VecDeque<Other>,
    /// How many of the other ids nothing is known of so far.
    pub(super) others_unseen: usize,
}

/// One waiting thread's slot.
pub(super) struct Slot {
    pub(super) parking: Parking<Learned>,
    wants_news: bool,
    heeds_looks: bool,
    max_news: usize,
    interval: Duration,
}

impl Slot {
    pub(super) fn new(
        cancel: Option<&Cancel>,
        wants_news: bool,
        heeds_looks: bool,
        max_news: usize,
        interval: Duration,
        others: usize,
    ) -> Result<Self> {
        let learned = Learned { others_unseen: others, ..Learned::default() };
        let parking = Parking::of_call(learned, cancel)?;
        Ok(Self { parking, wants_news, heeds_looks, max_news, interval })
    }
}

impl Slot {
    /// Keeps a record for `on_message`, if there is one.
    fn pass_on(&self, learned: &mut Learned, record: &Stored) -> bool {
        if self.wants_news {
            // A callback slower than its task: the newest states are worth most.
            if learned.news.len() >= self.max_news {
                learned.news.pop_front();
            }
            learned.news.push_back(record.clone());
        }
        self.wants_news
    }
}

impl Waiter for Slot {
    fn notify(&self, _: u64, event: &Event) {
        let mut learned = self.parking.lock();
        if learned.end.is_some() {
            return;
        }
        match event {
            Event::Ready { record, how } => {
                if how.is_news() {
                    self.pass_on(&mut learned, record);
                }
                learned.end = Some(Ok(record.clone()));
            }
            Event::Failed(error) => learned.end = Some(Err(error.clone())),
            Event::Unfinished { record, how } => {
                let changed = !learned.looked || learned.absent != record.is_none();
                learned.looked = true;
                learned.absent = record.is_none();
                let passed_on = match record {
                    Some(record) if how.is_news() => self.pass_on(&mut learned, record),
                    _ => false,
                };
                if !(passed_on || changed && self.heeds_looks) {
                    // Nothing that the waiting thread would act on.
                    return;
                }
            }
        }
        drop(learned);
        self.parking.wake();
    }

    fn poll_interval(&self) -> Duration {
        self.interval
    }

    fn hears(&self, how: How) -> bool {
        self.wants_news && how.is_news()
    }
}

/// Leaves word of one of the other ids in the same slot.
pub(super) struct OtherWaiter {
    pub(super) slot: Arc<Slot>,
    pub(super) index: usize,
    pub(super) seen: AtomicBool,
}

impl Waiter for OtherWaiter {
    fn notify(&self, _: u64, event: &Event) {
        let first = !self.seen.swap(true, Ordering::Relaxed);
        let mut learned = self.slot.parking.lock();
        if first {
            learned.others_unseen = learned.others_unseen.saturating_sub(1);
        }
        match event {
            Event::Ready { record, .. } => {
                learned.others.push_back(Other { index: self.index, record: record.clone() });
            }
            // What cannot be read about another id decides nothing about this one.
            Event::Failed(_) | Event::Unfinished { .. } if !first => return,
            Event::Failed(_) | Event::Unfinished { .. } => {}
        }
        drop(learned);
        self.slot.parking.wake();
    }

    fn poll_interval(&self) -> Duration {
        self.slot.interval
    }
}
