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
    /// How much of the list has been read: what came first.
    known: usize,
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
            known: 0,
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
        // The list may begin with one thing more, or be another one since a wait has ended.
        self.known = 0;
    }

    /// It has left, and this many heard it; or it may have, and answers will show it.
    pub(super) fn left(&mut self, wish: Replies, listeners: Result<u64, Error>, pending: Pending) {
        self.stayed();
        pending.left(listeners.as_ref().ok().copied());
        self.waiting.push(Waiting { wish, listeners, replies: Vec::new(), settled: false, pending });
        self.pause = FIRST_PAUSE;
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

    /// How much of a list of this length has been read, where there is more of it.
    pub(super) fn known_of(&mut self, length: i64) -> Option<usize> {
        let length = usize::try_from(length).unwrap_or_default();
        if length < self.known {
            // It is another list.
            self.known = 0;
        }
        (length > self.known).then_some(self.known)
    }

    /// Takes what is in the list beside what was known, newest first.
    pub(super) fn take(&mut self, known: usize, list: &[&[u8]]) {
        // A broadcast has left since this was asked for, and the list is read anew.
        if known != self.known {
            return;
        }
        self.known += list.len();
        let asked: Vec<_> = self.waiting.iter().map(|waiting| waiting.replies.len()).collect();
        if known == 0 {
            self.waiting.iter_mut().for_each(|waiting| waiting.replies.clear());
        }
        for (ticket, reply) in list.iter().rev().filter_map(|envelope| envelope::read(envelope)) {
            if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.wish.ticket == ticket) {
                waiting.replies.push(reply);
            }
        }
        for (waiting, asked) in self.waiting.iter_mut().zip(asked) {
            if let Some(settles) = &waiting.wish.settles {
                waiting.settled |= waiting.replies.iter().skip(asked).any(settles);
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
    use crate::{
        broker::Claim,
        config::{Config, Options},
    };

    /// What a list holds from the beginning.
    const MARKER: &[u8] = b"";

    fn collector() -> Collector {
        let config = Config::new("redis://localhost/0", &Options::default()).unwrap();
        Collector::new(&Names::new(&config.broker, ""), "celery")
    }

    #[test]
    fn answers_that_were_counted_and_not_read_are_asked_for_again() {
        let mut collector = collector();
        assert_eq!(collector.known_of(0), None);
        assert_eq!(collector.known_of(2), Some(0));
        assert_eq!(collector.known_of(2), Some(0), "the connection may have broken before they came");
        collector.take(0, &[b"garbage", b""]);
        assert_eq!(collector.known_of(2), None);
        assert_eq!(collector.known_of(3), Some(2));
    }

    /// A broadcast of this ticket has left.
    fn leave(collector: &mut Collector, ticket: &str) -> Claim {
        let (claim, pending) = Claim::new(None).unwrap();
        let wish = Replies { ticket: ticket.to_owned(), most: None, settles: None, until: Deadline::NEVER };
        collector.left(wish, Ok(9), pending);
        claim
    }

    fn answer(ticket: &str, body: &str) -> String {
        format!(r#"{{"body": "{body}", "content-type": "", "headers": {{"ticket": "{ticket}"}}}}"#)
    }

    /// The answers that each waits with.
    fn answers(collector: &Collector) -> Vec<String> {
        let body = |reply: &Reply| String::from_utf8_lossy(&reply.body).into_owned();
        collector.waiting.iter().map(|waiting| waiting.replies.iter().map(body).collect()).collect()
    }

    #[test]
    fn each_answer_is_read_once_and_all_anew_for_another_broadcast() {
        let mut collector = collector();
        let _first = leave(&mut collector, "a");
        let (one, two, three, other) =
            (answer("a", "1"), answer("a", "2"), answer("a", "3"), answer("b", "x"));
        assert_eq!(collector.known_of(2), Some(0));
        collector.take(0, &[one.as_bytes(), MARKER]);
        assert_eq!(collector.known_of(4), Some(2));
        collector.take(2, &[three.as_bytes(), two.as_bytes()]);
        assert_eq!(answers(&collector), ["123"]);

        assert_eq!(collector.known_of(5), Some(4));
        let _second = leave(&mut collector, "b");
        // Of the list that has a marker more by now: three is there again.
        collector.take(4, &[other.as_bytes(), three.as_bytes()]);
        assert_eq!(answers(&collector), ["123", ""]);
        assert_eq!(collector.known_of(6), Some(0));
        let list = [&other, &three, &two, &one].map(String::as_bytes);
        collector.take(0, &[&list[..], &[MARKER, MARKER]].concat());
        assert_eq!(answers(&collector), ["123", "x"]);
    }

    #[test]
    fn a_list_that_has_become_shorter_is_another() {
        let mut collector = collector();
        collector.take(0, &[MARKER; 3]);
        assert_eq!(collector.known_of(2), Some(0));
        assert_eq!(collector.known_of(0), None);
        assert_eq!(collector.known_of(4), Some(0));
    }
}
