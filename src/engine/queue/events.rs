//! What has happened in a queue and was not taken. A pure state machine: nothing here calls out.
//! Events lie in the order in which they came; of an item whose intermediate states are reported,
//! a mark lies where the oldest of them came, and the states themselves are with the item.

use super::items::Item;
use crate::{
    engine::{Event, How},
    model::Stored,
};
use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
};

/// How many events of items that are gone may lie about.
const STALE: usize = 64;

/// An entry of the list.
enum Entry {
    /// Intermediate states of an item.
    Mark,
    Final(Event),
}

/// Which intermediate states are reported.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    /// How many of one item are kept at most until they are taken; 0 reports none.
    pub(super) history: usize,
    /// Each that is pushed, or read after a gap, and no other.
    pub(super) only_messages: bool,
}

/// Intermediate states of one item.
#[derive(Default)]
pub(super) struct Progress {
    waiting: VecDeque<(Stored, How)>,
    /// Stands for the bytes of the last one that was reported, which would be much to keep.
    last: Option<u64>,
    /// Whether that came from a read: its own message may still be on the way.
    was_read: bool,
    marked: bool,
    /// The end of an item that is still being added.
    early_end: Option<Event>,
}

impl Progress {
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a state is one to report.
    fn is_new(&mut self, print: u64, how: How) -> bool {
        let same = self.last == Some(print);
        match how {
            How::Pushed if same && self.was_read => {
                self.was_read = false;
                return false;
            }
            How::Read if same => return false,
            // After a gap, whatever came between is lost, so that even the same state says something.
            How::Pushed | How::Read | How::AfterGap => {}
        }
        self.was_read = how != How::Pushed;
        self.last = Some(print);
        true
    }

    /// There is no record: whatever comes next is new.
    pub(super) fn saw_nothing(&mut self) {
        self.last = None;
        self.was_read = false;
    }

    /// Keeps a state, and at most `history` of them.
    fn keep(&mut self, record: Stored, how: How, history: usize) {
        self.waiting.push_back((record, how));
        while self.waiting.len() > history.max(1) {
            // The gap before a state that gives way is one before the next state, too.
            if let Some((_, How::AfterGap)) = self.waiting.pop_front()
                && let Some((_, how)) = self.waiting.front_mut()
            {
                *how = How::AfterGap;
            }
        }
    }
}

/// The list of events.
pub(super) struct Events {
    entries: VecDeque<(u64, Entry)>,
    /// How many events wait to be taken; entries of items that are gone do not count.
    live: usize,
    prints: RandomState,
}

impl Events {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), live: 0, prints: RandomState::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// The last word on an item.
    pub(super) fn end<T>(&mut self, token: u64, item: &mut Item<T, Progress>, event: Event) {
        if item.is_being_added() {
            item.progress.get_or_insert_default().early_end = Some(event);
            return;
        }
        self.entries.push_back((token, Entry::Final(event)));
        self.live = self.live.saturating_add(1);
    }

    /// An item has been added well: what was found out meanwhile can be taken.
    pub(super) fn show<T>(&mut self, token: u64, item: &mut Item<T, Progress>) {
        let Some(progress) = item.progress.as_mut() else { return };
        self.live = self.live.saturating_add(progress.waiting.len());
        progress.marked = !progress.waiting.is_empty();
        if progress.marked {
            self.entries.push_back((token, Entry::Mark));
        }
        if let Some(event) = progress.early_end.take() {
            self.end(token, item, event);
        }
    }

    /// An intermediate state; of those of one item that wait, the newest `history` are kept.
    pub(super) fn progress<T>(
        &mut self,
        token: u64,
        item: &mut Item<T, Progress>,
        record: Stored,
        how: How,
        report: Report,
    ) {
        if report.only_messages && !how.is_news() {
            return;
        }
        let being_added = item.is_being_added();
        let progress = item.progress.get_or_insert_default();
        if !report.only_messages && !progress.is_new(self.prints.hash_one(record.bytes()), how) {
            return;
        }
        let before = progress.waiting.len();
        progress.keep(record, how, report.history);
        if being_added {
            return;
        }
        self.live = self.live.saturating_sub(before).saturating_add(progress.waiting.len());
        if !std::mem::replace(&mut progress.marked, true) {
            self.entries.push_back((token, Entry::Mark));
        }
    }

    /// An item is gone with what was said of it.
    pub(super) fn forget<T>(&mut self, item: &Item<T, Progress>, is_known: impl Fn(u64) -> bool) {
        if item.is_being_added() {
            return;
        }
        let waiting = item.progress.as_ref().map_or(0, |progress| progress.waiting());
        self.live = self.live.saturating_sub(waiting.saturating_add(usize::from(item.has_ended())));
        if self.live == 0 {
            self.entries.clear();
        } else if self.entries.len() > self.live.saturating_mul(2).saturating_add(STALE) {
            self.entries.retain(|(token, _)| is_known(*token));
        }
    }

    /// The token of the oldest event.
    pub(super) fn first(&self) -> Option<u64> {
        self.entries.front().map(|(token, _)| *token)
    }

    /// Drops the first entry, whose item is gone.
    pub(super) fn skip(&mut self) {
        self.entries.pop_front();
    }

    /// Takes the first event, which is about this item; the flag tells whether it is the last word.
    pub(super) fn take<T>(&mut self, item: &mut Item<T, Progress>) -> Option<(Event, bool)> {
        let (token, entry) = self.entries.pop_front()?;
        if let Entry::Final(event) = entry {
            self.live = self.live.saturating_sub(1);
            return Some((event, true));
        }
        let progress = item.progress.as_mut()?;
        let oldest = progress.waiting.pop_front();
        progress.marked = !progress.waiting.is_empty();
        if progress.marked {
            self.entries.push_front((token, Entry::Mark));
        }
        let (record, how) = oldest?;
        self.live = self.live.saturating_sub(1);
        Some((Event::Unfinished { record: Some(record), how }, false))
    }

    /// Gives back memory after a burst.
    pub(super) fn shrink(&mut self) {
        if self.live == 0 && self.entries.capacity() > STALE {
            self.entries = VecDeque::new();
        }
    }
}
