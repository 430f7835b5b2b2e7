//! What answers are waited for. All broadcasts of an app share one queue for their answers, which exists
//! while one of them waits: its list is made, with a time to live, before the broadcast leaves, so that an
//! app that is killed leaves nothing for ever. The list is looked at again and again for as long as the
//! caller waits; a blocking read would take away the list itself, and with it its time to live.

use super::{envelope, names::Names};
use crate::{
    broker::{Ordered, Pending, Replies, Reply, ReplyTo},
    model::Error,
    sys::Deadline,
    transport::redis::ReplyQueue,
};
use std::time::Duration;
use uuid::Uuid;

/// How long the list outlives the wait, so that what comes late has a place that vanishes.
const LIVES_ON: Duration = Duration::from_secs(60);
/// The first pause between two looks; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// A broadcast that was made, or may have been, and waits.
struct Waiting {
    wish: Replies,
    /// How many heard it, or why that is not known.
    listeners: Result<u64, Error>,
    replies: Vec<Reply>,
    /// Whether one of them is enough.
    settled: bool,
    pending: Pending,
}

impl Waiting {
    fn has_all(&self) -> bool {
        let most = self.wish.most.map_or(u64::MAX, |most| most as u64);
        self.replies.len() as u64 >= self.listeners.as_ref().map_or(most, |listeners| most.min(*listeners))
    }

    fn is_over(&self) -> bool {
        self.has_all() || self.settled || self.wish.until.has_passed() || self.pending.is_given_up()
    }
}

/// A broadcast that is over, and may be told so.
pub(super) struct Over {
    pending: Pending,
    /// Or why nobody knows whether it was made.
    end: Result<Ordered, Error>,
}

impl Over {
    pub(super) fn tell(self) {
        match self.end {
            Ok(end) => self.pending.end(Ok(end)),
            Err(cause) => self.pending.broken(&cause),
        }
    }
}

/// The queue for answers and who waits for them.
pub(super) struct Collector {
    pub(super) queue: ReplyQueue,
    pub(super) reply_to: ReplyTo,
    waiting: Vec<Waiting>,
    refused: Vec<Over>,
    /// How many broadcasts are on their way out.
    leaving: usize,
    lives_until: Deadline,
    /// How long the list was when it was read last.
    length: usize,
    pause: Duration,
    /// Whether a wait has ended of which more answers are on their way.
    more_to_come: bool,
}

impl Collector {
    pub(super) fn new(names: &Names, control_exchange: &str) -> Self {
        let routing_key = Uuid::new_v4().to_string();
        let exchange = format!("reply.{control_exchange}.pidbox");
        let name = format!("{routing_key}.{exchange}");
        let queue = ReplyQueue {
            bindings: names.bindings(&exchange),
            member: names.binding(&routing_key, &name),
            deadlines: names.deadlines(),
            exchange: exchange.clone().into_bytes(),
            lists: names.lists(&name),
        };
        Self {
            queue,
            reply_to: ReplyTo { exchange, routing_key },
            waiting: Vec::new(),
            refused: Vec::new(),
            leaving: 0,
            lives_until: Deadline::after(Some(Duration::ZERO)),
            length: 0,
            pause: FIRST_PAUSE,
            more_to_come: false,
        }
    }

    /// Whether anybody needs the queue.
    pub(super) fn is_used(&self) -> bool {
        self.leaving > 0 || !self.waiting.is_empty()
    }

    /// Whether there is anything to look for.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// A broadcast leaves; gives the time to live of the list, in seconds.
    pub(super) fn leave(&mut self, wish: &Replies) -> u64 {
        self.leaving += 1;
        self.lives_until = self.lives_until.max(wish.until);
        let left = self.lives_until.left().unwrap_or(Duration::MAX).saturating_add(LIVES_ON);
        // A year is more than anybody waits, and fits whatever the server counts in.
        left.as_secs().min(365 * 86_400).saturating_add(1)
    }

    /// It did not, or nobody heard it.
    pub(super) fn stayed(&mut self) {
        self.leaving = self.leaving.saturating_sub(1);
    }

    /// It has left, and this many heard it; or it may have, and answers will show it.
    pub(super) fn left(&mut self, wish: Replies, listeners: Result<u64, Error>, pending: Pending) {
        self.stayed();
        pending.left(listeners.as_ref().ok().copied());
        self.waiting.push(Waiting { wish, listeners, replies: Vec::new(), settled: false, pending });
        self.pause = FIRST_PAUSE;
        // What was read before may have been another list, of a wait that has ended since.
        self.length = 0;
    }

    /// The server would not have it, which is told with what is over.
    pub(super) fn refused(&mut self, pending: Pending, error: Error) {
        pending.put_back();
        self.refused.push(Over { pending, end: Err(error) });
    }

    /// Nobody waits any more.
    pub(super) fn abandon(&mut self) {
        self.waiting.clear();
    }

    /// How long to wait before the next look.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        let first = self.waiting.iter().filter_map(|waiting| waiting.wish.until.left()).min();
        first.map_or(pause, |left| left.min(pause))
    }

    /// Whether the list has to stay for a moment, for answers that are on their way.
    pub(super) fn take_more_to_come(&mut self) -> bool {
        std::mem::take(&mut self.more_to_come)
    }

    /// Whether a list of this length is worth reading.
    pub(super) fn has_changed(&self, length: i64) -> bool {
        usize::try_from(length) != Ok(self.length)
    }

    /// Takes what is in the list, newest first.
    pub(super) fn take(&mut self, list: &[&[u8]]) {
        self.length = list.len();
        let known: Vec<_> = self.waiting.iter_mut().map(|waiting| waiting.replies.drain(..).len()).collect();
        for (ticket, reply) in list.iter().rev().filter_map(|envelope| envelope::read(envelope)) {
            if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.wish.ticket == ticket) {
                waiting.replies.push(reply);
            }
        }
        for (waiting, known) in self.waiting.iter_mut().zip(known) {
            if let Some(settles) = &waiting.wish.settles {
                waiting.settled |= waiting.replies.iter().skip(known).any(settles);
            }
        }
    }

    /// Those who need not wait any longer.
    pub(super) fn over(&mut self) -> Vec<Over> {
        self.end(Waiting::is_over)
    }

    /// All, as nothing more can be read.
    pub(super) fn all(&mut self) -> Vec<Over> {
        self.end(|_| true)
    }

    fn end(&mut self, which: impl FnMut(&Waiting) -> bool) -> Vec<Over> {
        let (over, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(which);
        self.waiting = waiting;
        self.more_to_come |= over.iter().any(|waiting| waiting.settled && !waiting.has_all());
        let end = |Waiting { listeners, replies, pending, .. }: Waiting| {
            let end = match listeners {
                Err(cause) if replies.is_empty() => Err(cause),
                listeners => Ok(Ordered::Heard { listeners: listeners.ok(), replies }),
            };
            Over { pending, end }
        };
        std::mem::take(&mut self.refused).into_iter().chain(Vec::into_iter(over).map(end)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{Config, Options};

    #[test]
    fn answers_that_were_counted_and_not_read_are_asked_for_again() {
        let config = Config::new("redis://localhost/0", &Options::default()).unwrap();
        let mut collector = Collector::new(&Names::new(&config.broker, ""), "celery");
        assert!(!collector.has_changed(0));
        assert!(collector.has_changed(2));
        assert!(collector.has_changed(2), "the connection may have broken before they came");
        collector.take(&[b"garbage", b""]);
        assert!(!collector.has_changed(2));
        assert!(collector.has_changed(3));
    }
}
