//! Subscriptions: the order in which they change, and the reads that must come after. The changes
//! of one id leave on the events connection in the order in which the engine made them, so a late
//! UNSUBSCRIBE never undoes a newer SUBSCRIBE. What is not watched any more may rest for a moment: it
//! leaves together, and does not stand before those who begin to wait.

use super::{
    request::Read,
    session::{Session, Step, Work},
};
use crate::{
    backend::{Answer, Link},
    model::{Id, Key},
    sys::Level,
    transport::redis::{LONGEST_READ, Refusal, Reply, Verdict, Which},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::atomic::Ordering::Relaxed,
    time::Duration,
};

/// Most channels in one chunk.
const CHUNK: usize = 512;

/// Most channels in all chunks under way. Not a number of chunks: waits that come and go one by one
/// make chunks of one channel, and each would cost a round trip.
const CHANNELS: usize = 2 * CHUNK;

/// How long a subscription that nobody needs may stand. Messages of it do no harm.
const REST: Duration = Duration::from_millis(20);

/// Most reads under way on the events connection. Redis counts what it sends there against the
/// output limit of subscribers, and hangs up where that is exceeded.
const PAIRS: usize = 16;

/// One SUBSCRIBE; the number tells it from an older one of the same id.
pub(super) struct Watch {
    id: Id,
    number: u64,
}

enum Change {
    Watch(Watch),
    Unwatch(Id),
}

struct Unconfirmed {
    number: u64,
    reads: Vec<Read>,
}

/// What is to change, and what waits for it.
#[derive(Default)]
pub(super) struct Watches {
    queue: VecDeque<Change>,
    /// What is to be unsubscribed from, soon.
    resting: HashSet<Id>,
    /// Whether somebody will see to those.
    timed: bool,
    unconfirmed: HashMap<Id, Unconfirmed>,
    next: u64,
    pairs: usize,
    /// Channels in chunks under way.
    channels: usize,
}

enum Batch {
    Pair(Watch, Vec<Read>),
    Subscribe(Vec<Watch>),
    Unsubscribe(Vec<Id>),
}

impl Watches {
    pub(super) fn watch(&mut self, id: Id) {
        if self.resting.contains(&id) {
            self.rouse();
        }
        self.next += 1;
        let number = self.next;
        self.unconfirmed
            .entry(Id::clone(&id))
            .and_modify(|unconfirmed| unconfirmed.number = number)
            .or_insert_with(|| Unconfirmed { number, reads: Vec::new() });
        self.queue.push_back(Change::Watch(Watch { id, number }));
    }

    pub(super) fn unwatch(&mut self, id: Id) {
        self.resting.insert(id);
        if self.resting.len() >= CHUNK {
            self.rouse();
        }
    }

    /// Lets go what rests.
    fn rouse(&mut self) {
        self.queue.extend(self.resting.drain().map(Change::Unwatch));
    }

    /// Keeps a read until the watch of its id is confirmed; gives it back if there is none to
    /// wait for.
    pub(super) fn park(&mut self, read: Read) -> Option<Read> {
        if let Key::Task(id) = &read.key
            && let Some(unconfirmed) = self.unconfirmed.get_mut(id)
        {
            unconfirmed.reads.push(read);
            return None;
        }
        Some(read)
    }

    pub(super) fn chunk_done(&mut self, channels: usize) {
        self.channels -= channels;
    }

    pub(super) fn pair_done(&mut self) {
        self.pairs -= 1;
    }

    /// All reads that wait here.
    pub(super) fn parked(&mut self) -> impl Iterator<Item = Read> + use<> {
        std::mem::take(&mut self.unconfirmed).into_values().flat_map(|unconfirmed| unconfirmed.reads)
    }

    /// What is to leave next, if anything may.
    fn next(&mut self, can_read: bool) -> Option<Batch> {
        let under_way = self.channels;
        let may_leave = |channels: usize| under_way + channels <= CHANNELS;
        let watches = self.run(|change| matches!(change, Change::Watch(_)), CHUNK);
        if watches == 0 {
            let unwatches = self.run(|change| matches!(change, Change::Unwatch(_)), CHUNK);
            if unwatches == 0 || !may_leave(unwatches) {
                return None;
            }
            self.channels += unwatches;
            let ids = self.queue.drain(..unwatches).filter_map(|change| match change {
                Change::Unwatch(id) => Some(id),
                Change::Watch(_) => None,
            });
            return Some(Batch::Unsubscribe(ids.collect()));
        }
        if can_read
            && watches + self.pairs <= PAIRS
            && let Some(reads) = self.reads_of_first()
            && let Some(Change::Watch(watch)) = self.queue.pop_front()
        {
            self.pairs += 1;
            return Some(Batch::Pair(watch, reads));
        }
        if !may_leave(watches) {
            return None;
        }
        self.channels += watches;
        let chunk = self.queue.drain(..watches).filter_map(|change| match change {
            Change::Watch(watch) => Some(watch),
            Change::Unwatch(_) => None,
        });
        Some(Batch::Subscribe(chunk.collect()))
    }

    /// How many changes of one kind are next.
    fn run(&self, kind: impl Fn(&Change) -> bool, most: usize) -> usize {
        self.queue.iter().take(most).take_while(|change| kind(change)).count()
    }

    /// The reads that wait for the first watch of the queue.
    fn reads_of_first(&mut self) -> Option<Vec<Read>> {
        let Some(Change::Watch(watch)) = self.queue.front() else { return None };
        let unconfirmed = self.unconfirmed.get_mut(&watch.id)?;
        if unconfirmed.number != watch.number || unconfirmed.reads.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut unconfirmed.reads))
    }

    /// The reads that may be made now that this watch has been answered.
    fn release(&mut self, watch: &Watch) -> Vec<Read> {
        match self.unconfirmed.get(&watch.id) {
            Some(unconfirmed) if unconfirmed.number == watch.number => {
                self.unconfirmed.remove(&watch.id).map_or_else(Vec::new, |unconfirmed| unconfirmed.reads)
            }
            _ => Vec::new(),
        }
    }
}

impl Session {
    pub(super) fn send_watches(&mut self) {
        while let Some(batch) = self.watches.next(self.events.can_read()) {
            let number = self.number();
            let (events, keys) = (&self.events, &self.shared.keys);
            let work = match batch {
                Batch::Pair(watch, reads) => {
                    events.subscribe_and_get(number, keys.channel(&watch.id), self.pair_bound());
                    Work::SubscribeAndRead(watch, reads)
                }
                Batch::Subscribe(watches) => {
                    events.subscribe(number, watches.iter().map(|watch| keys.channel(&watch.id)));
                    Work::Subscribe(watches)
                }
                Batch::Unsubscribe(ids) => {
                    events.unsubscribe(number, ids.iter().map(|id| keys.channel(id)));
                    Work::Unsubscribe(ids.len())
                }
            };
            self.start(Which::Events, number, work);
        }
        if !self.watches.resting.is_empty() && !std::mem::replace(&mut self.watches.timed, true) {
            self.rouse_after(REST);
        }
    }

    /// What rested long enough leaves.
    pub(super) fn rouse(&mut self) {
        self.watches.timed = false;
        self.watches.rouse();
    }

    fn pair_bound(&self) -> usize {
        LONGEST_READ.min(self.shared.max_payload_bytes)
    }

    /// The server has answered SUBSCRIBEs.
    pub(super) fn subscribed(&mut self, answered: Vec<(Watch, Reply)>) -> Step {
        for (watch, reply) in answered {
            match reply {
                // BUSY: not subscribed, and not refused either. Begin anew.
                Reply::Refused(refusal) if refusal.verdict() == Verdict::Retry => {
                    return Step::Broken(format!("the server answered SUBSCRIBE with {refusal}"));
                }
                Reply::Refused(refusal) => self.unwatchable(&watch.id, &refusal),
                confirmation => self.count(&confirmation),
            }
            for read in self.watches.release(&watch) {
                self.reads.push(read);
            }
        }
        Step::Fine
    }

    fn unwatchable(&mut self, id: &Id, refusal: &Refusal) {
        let rule = format!("+subscribe {}", self.shared.keys.channel_rule());
        let error = self.shared.error(
            refusal.verdict().status(),
            &format!("SUBSCRIBE is refused with {refusal}; the user's access rules need {rule}"),
        );
        if !self.shared.rule_named.swap(true, Relaxed) {
            self.shared.log(Level::Error, || format!("{}; until then records are polled", error.message()));
        }
        self.shared.link(Link::Unwatchable(Id::clone(id), error));
    }

    /// The server has answered UNSUBSCRIBEs.
    pub(super) fn unsubscribed(&self, replies: impl Iterator<Item = Reply>) {
        for reply in replies {
            match reply {
                // Messages of ids that nobody waits for do no harm.
                Reply::Refused(refusal) => {
                    return self
                        .shared
                        .log(Level::Warning, || format!("UNSUBSCRIBE is refused with {refusal}"));
                }
                confirmation => self.count(&confirmation),
            }
        }
    }

    fn count(&self, confirmation: &Reply) {
        if let Reply::Number(number) = confirmation {
            self.shared.subscriptions.store(u64::try_from(*number).unwrap_or_default(), Relaxed);
        }
    }

    /// A read has been answered that went with the watch of its id.
    pub(super) fn read_behind_watch(&mut self, reads: Vec<Read>, reply: Reply) {
        // A part of a record is of no use.
        let is_part = reply.bytes().is_some_and(|bytes| bytes.len() > self.pair_bound());
        // The command connection knows other ways to read.
        if is_part || reply.is_permission() {
            for read in reads {
                self.reads.push(read);
            }
            return;
        }
        let Some(first) = reads.first() else { return };
        let found = self.shared.found(&first.key, reply).map(Answer::Record);
        for read in reads {
            read.pending.answer(found.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_alternate_do_not_wait_for_each_other() {
        let mut watches = Watches::default();
        for number in 0..100 {
            watches.unwatch(Id::from("old"));
            watches.watch(Id::from("old"));
            watches.watch(Id::from(format!("new {number}")));
        }
        let left = std::iter::from_fn(|| watches.next(true)).count();
        assert_eq!(left, 200, "nothing has been answered so far");
    }

    /// What is to leave, in short.
    fn leaving(watches: &mut Watches) -> Vec<String> {
        let batches = std::iter::from_fn(|| watches.next(true)).map(|batch| {
            let ids: Vec<_> = match &batch {
                Batch::Pair(watch, _) => vec![&watch.id],
                Batch::Subscribe(watches) => watches.iter().map(|watch| &watch.id).collect(),
                Batch::Unsubscribe(ids) => ids.iter().collect(),
            };
            let sign = if matches!(batch, Batch::Unsubscribe(_)) { '-' } else { '+' };
            let mut ids: Vec<_> = ids.into_iter().map(|id| format!("{sign}{id}")).collect();
            ids.sort();
            ids.concat()
        });
        batches.collect()
    }

    #[test]
    fn what_nobody_watches_rests_until_it_is_watched_again_or_is_many() {
        let mut watches = Watches::default();
        for id in ["a", "b"] {
            watches.watch(Id::from(id));
            watches.unwatch(Id::from(id));
        }
        watches.watch(Id::from("c"));
        assert_eq!(leaving(&mut watches), ["+a+b+c"]);
        watches.watch(Id::from("b"));
        watches.unwatch(Id::from("b"));
        assert_eq!(leaving(&mut watches), ["-a-b", "+b"]);
        watches.rouse();
        assert_eq!(leaving(&mut watches), ["-b"]);
        for number in 0..CHUNK {
            assert_eq!(leaving(&mut watches), <[String; 0]>::default());
            watches.unwatch(Id::from(number.to_string()));
        }
        assert_eq!(leaving(&mut watches).len(), 1);
        assert!(watches.resting.is_empty());
    }

    #[test]
    fn channels_under_way_are_bounded() {
        let mut watches = Watches::default();
        for number in 0..10_000 {
            watches.unwatch(Id::from(number.to_string()));
        }
        for can_read in [true, false] {
            let mut channels = 0;
            while let Some(batch) = watches.next(can_read) {
                let Batch::Unsubscribe(ids) = batch else { continue };
                channels += ids.len();
            }
            assert_eq!(channels, CHANNELS);
            watches.chunk_done(channels);
        }
    }
}
