//! One life of the broker's connection: what is under way on it, and what its replies mean. Nothing is
//! carried over to the next but orders that certainly were not carried out.

use super::{
    link::Event,
    parcel::{Letter, Parcel},
    replies::{Collector, Over},
    sends::{self, Declaration, Sending},
    shared::Shared,
};
use crate::{
    broker::{Bound, Ordered, Pending, Replies},
    model::{Error, Status, Way},
    sys::unix_micros,
    transport::redis::{Commands, Pulse, Reply, Request, Vital, ticking},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use tokio::{sync::mpsc::UnboundedSender, task::JoinHandle};

/// How long kombu keeps bindings that nobody renews, in milliseconds.
const BINDINGS_LIVE: u64 = 3_600_000;

/// Whether the session can go on.
pub(super) enum Step {
    Fine,
    /// Nobody needs the connection.
    Idle,
    Broken(Error),
}

/// A request under way.
enum Work {
    LookUp { ways: Vec<Way>, pending: Pending },
    Send { letters: Vec<Letter>, bound: Arc<Bound>, sending: Sent, pending: Pending },
    Broadcast { text: String, replies: Option<Replies>, pending: Pending },
    Length,
    Replies { known: usize },
    Unbind(Vec<Over>),
    Forget(Vec<Over>),
    Ping,
}

/// What of a [`Sending`] is needed when its replies come.
struct Sent {
    declarations: usize,
    pushed: Vec<usize>,
    declared: Vec<Declaration>,
}

pub(super) struct Session {
    shared: Arc<Shared>,
    commands: Commands,
    serial: u64,
    sender: UnboundedSender<Event>,
    under_way: BTreeMap<u64, (u64, Work)>,
    next: u64,
    declared: HashSet<Declaration>,
    pulse: Pulse,
    useful: bool,
    /// What certainly was not carried out and is to be tried again.
    refused: Vec<Parcel>,
    ticks: JoinHandle<()>,
}

impl Session {
    pub(super) fn new(
        commands: Commands,
        serial: u64,
        shared: Arc<Shared>,
        sender: UnboundedSender<Event>,
    ) -> Self {
        let ticker = sender.clone();
        let tick = move || ticker.send(Event::Tick(serial)).is_ok();
        let ticks = ticking(shared.settings.health_interval, tick);
        Self {
            shared,
            commands,
            serial,
            sender,
            under_way: BTreeMap::new(),
            next: 0,
            declared: HashSet::new(),
            pulse: Pulse::default(),
            useful: false,
            refused: Vec::new(),
            ticks,
        }
    }

    /// Whether the server has carried out anything.
    pub(super) fn was_useful(&self) -> bool {
        self.useful
    }

    pub(super) fn begin(&mut self, order: Parcel, collector: &mut Collector) {
        match order {
            Parcel::LookUp { ways, pending } => {
                let request = sends::look_up(&self.shared.names, &ways);
                self.start(request, Work::LookUp { ways, pending });
            }
            Parcel::Send { letters, bound, pending } => self.send(letters, bound, pending),
            Parcel::Broadcast { text, replies, pending } => {
                if pending.claim() {
                    let request = self.broadcast(&text, replies.as_ref(), collector);
                    self.start(request, Work::Broadcast { text, replies, pending });
                }
            }
        }
    }

    fn send(&mut self, letters: Vec<Letter>, bound: Arc<Bound>, pending: Pending) {
        let sending = sends::send(&self.shared.names, &letters, &bound, &self.declared);
        match sending {
            Ok(Sending { request, declarations, pushed, declared }) => {
                if pending.claim() {
                    let sending = Sent { declarations, pushed, declared };
                    self.start(request, Work::Send { letters, bound, sending, pending });
                }
            }
            Err(error) => pending.end(Err(error)),
        }
    }

    fn broadcast(&self, text: &str, replies: Option<&Replies>, collector: &mut Collector) -> Request {
        let Shared { names, exchange, .. } = &*self.shared;
        let channel = names.channel(exchange);
        let Some(wish) = replies else { return Request::publish(&channel, text.as_bytes()) };
        let lives = collector.leave(wish);
        let until = (unix_micros() / 1000).saturating_add(BINDINGS_LIVE);
        Request::broadcast_with_replies(&collector.queue, until, lives, &channel, text.as_bytes())
    }

    /// Looks how many answers there are, unless it is looking already.
    pub(super) fn look(&mut self, collector: &Collector) {
        if self.under_way.values().any(|(_, work)| matches!(work, Work::Length | Work::Replies { .. })) {
            return;
        }
        self.start(Request::length(&collector.queue), Work::Length);
    }

    /// Whether the queue for answers is being taken away.
    pub(super) fn is_unbinding(&self) -> bool {
        self.under_way.values().any(|(_, work)| matches!(work, Work::Unbind(_) | Work::Forget(_)))
    }

    /// Lets go of all orders under way.
    pub(super) fn abandon(&mut self, collector: &mut Collector) {
        self.under_way.retain(|_, (_, work)| {
            if matches!(work, Work::Broadcast { replies: Some(_), .. }) {
                collector.stayed();
            }
            matches!(work, Work::Unbind(_) | Work::Forget(_))
        });
    }

    /// Takes the queue for answers away, and tells those who waited when it is gone.
    pub(super) fn unbind(&mut self, collector: &mut Collector, over: Vec<Over>) {
        let lives_on = collector.take_more_to_come();
        self.start(Request::unbind(&collector.queue, lives_on), Work::Unbind(over));
    }

    fn start(&mut self, request: Request, work: Work) {
        self.next += 1;
        let (number, serial, sender) = (self.next, self.serial, self.sender.clone());
        let meter = self.commands.meter();
        meter.owe();
        self.under_way.insert(number, (meter.sent(), work));
        self.commands.send(request, move |replies| {
            let _ = sender.send(Event::Done(serial, number, replies));
        });
    }

    pub(super) fn how_it_ended(&self) -> Error {
        let how = self.commands.meter().end().unwrap_or_else(|| "the connection was closed".to_owned());
        self.shared.error(Status::Unreachable, &format!("the connection is lost: {how}"))
    }

    pub(super) fn done(&mut self, number: u64, replies: Vec<Reply>, collector: &mut Collector) -> Step {
        let Some((_, work)) = self.under_way.remove(&number) else { return Step::Fine };
        self.commands.meter().settle();
        self.useful |=
            !matches!(work, Work::Ping) && replies.iter().any(|reply| !matches!(reply, Reply::Refused(_)));
        self.complete(work, &replies, collector)
    }

    fn complete(&mut self, work: Work, replies: &[Reply], collector: &mut Collector) -> Step {
        match work {
            Work::LookUp { ways, pending } => {
                let tables = replies.iter().map(|reply| self.shared.members(reply));
                match tables.collect::<Result<Vec<_>, Error>>() {
                    Ok(tables) => {
                        pending.end(sends::found(&self.shared.names, &ways, &tables).map(Ordered::Bound));
                    }
                    Err(error) => return self.refused(Parcel::LookUp { ways, pending }, error, collector),
                }
            }
            Work::Send { letters, bound, sending, pending } => match self.sent(&sending, replies) {
                Ok(()) => {
                    self.declared.extend(sending.declared);
                    pending.end(Ok(Ordered::Sent));
                }
                Err(error) => {
                    return self.refused(Parcel::Send { letters, bound, pending }, error, collector);
                }
            },
            Work::Broadcast { text, replies: wish, pending } => {
                match (self.shared.listeners(replies), wish) {
                    (Ok(listeners), Some(wish)) => collector.left(wish, Ok(listeners), pending),
                    (Ok(listeners), None) => {
                        pending.end(Ok(Ordered::Heard { listeners: Some(listeners), replies: Vec::new() }));
                    }
                    (Err(error), replies) => {
                        if replies.is_some() {
                            collector.stayed();
                        }
                        return self.refused(Parcel::Broadcast { text, replies, pending }, error, collector);
                    }
                }
            }
            Work::Length => {
                if let Some(Reply::Number(length)) = replies.first()
                    && let Some(known) = collector.known_of(*length)
                {
                    self.start(Request::replies(&collector.queue, known), Work::Replies { known });
                }
            }
            Work::Replies { known } => {
                if let Some(Reply::List(list)) = replies.first() {
                    collector.take(known, &list.iter().filter_map(Reply::bytes).collect::<Vec<_>>());
                }
            }
            Work::Unbind(over) => {
                // The table is as good as gone, and so is what says until when it is used.
                if matches!(replies.last(), Some(Reply::Number(0))) && !collector.is_used() {
                    self.start(Request::forget_deadline(&collector.queue), Work::Forget(over));
                } else {
                    over.into_iter().for_each(Over::tell);
                }
            }
            Work::Forget(over) => over.into_iter().for_each(Over::tell),
            Work::Ping => {}
        }
        Step::Fine
    }

    /// The server has refused an order. What passes is tried again, with a pause, over a new connection:
    /// it may be another server that answers then.
    fn refused(&mut self, order: Parcel, error: Error, collector: &mut Collector) -> Step {
        if error.status() != Status::Unreachable {
            match order {
                // It is told when the queue for answers has been taken away.
                Parcel::Broadcast { replies: Some(_), pending, .. } => collector.refused(pending, error),
                order => order.end(error),
            }
            return Step::Fine;
        }
        order.pending().put_back();
        self.refused.push(order);
        Step::Broken(error)
    }

    /// Whether every message is in its list, or in each of its lists. What was refused first is told, and how
    /// much was taken all the same.
    fn sent(&self, sending: &Sent, replies: &[Reply]) -> Result<(), Error> {
        let (declarations, pushes) = replies.split_at_checked(sending.declarations).unwrap_or((replies, &[]));
        let mut taken = 0;
        let mut refused = None;
        for (reply, count) in pushes.iter().zip(&sending.pushed) {
            match reply {
                Reply::Number(_) => taken += count,
                other => refused = refused.or(Some(other)),
            }
        }
        // A queue that could not be declared still takes messages.
        if let Some(Reply::Refused(refusal)) =
            declarations.iter().find(|reply| matches!(reply, Reply::Refused(_)))
        {
            self.shared.warn(&format!("a queue could not be declared: {refusal}"));
        }
        match refused {
            None if pushes.len() == sending.pushed.len() => Ok(()),
            None => Err(self.shared.strange(&Reply::Strange)),
            Some(reply) if taken == 0 => Err(self.shared.strange(reply)),
            Some(reply) => {
                let error = self.shared.strange(reply);
                let all: usize = sending.pushed.iter().sum();
                let message = format!("{}; of {all} messages {taken} were sent", error.message());
                Err(Error::new(Status::Uncertain, message))
            }
        }
    }

    /// `busy` is whether answers are awaited.
    pub(super) fn tick(&mut self, busy: bool) -> Step {
        match self.pulse.take(self.commands.meter()) {
            Vital::Ask if self.under_way.is_empty() && !busy => Step::Idle,
            Vital::Fine => Step::Fine,
            Vital::Ask => {
                self.start(Request::ping(), Work::Ping);
                Step::Fine
            }
            Vital::Dead => {
                let waited = self.shared.settings.health_interval;
                let problem = format!("the server has not answered for {waited:?}");
                Step::Broken(self.shared.error(Status::Unreachable, &problem))
            }
        }
    }

    /// Ends what may have been carried out, or waits for answers to it, and gives back what certainly was
    /// not.
    pub(super) fn fail(mut self, error: &Error, collector: &mut Collector) -> Vec<Parcel> {
        let mut again = std::mem::take(&mut self.refused);
        let sent = self.commands.meter().sent();
        for (_, (sent_before, work)) in std::mem::take(&mut self.under_way) {
            let may_have_left = sent != sent_before;
            match work {
                Work::LookUp { ways, pending } => again.push(Parcel::LookUp { ways, pending }),
                Work::Send { pending, .. } if may_have_left => pending.broken(error),
                Work::Send { letters, bound, pending, .. } => {
                    pending.put_back();
                    again.push(Parcel::Send { letters, bound, pending });
                }
                // Its binding and its list were made together with it, so that answers come if it was.
                Work::Broadcast { replies: Some(wish), pending, .. } if may_have_left => {
                    collector.left(wish, Err(error.clone()), pending);
                }
                Work::Broadcast { pending, .. } if may_have_left => pending.broken(error),
                Work::Broadcast { text, replies, pending } => {
                    if replies.is_some() {
                        collector.stayed();
                    }
                    pending.put_back();
                    again.push(Parcel::Broadcast { text, replies, pending });
                }
                // What was waited for has come; that the queue is still there is cured later.
                Work::Unbind(over) | Work::Forget(over) => over.into_iter().for_each(Over::tell),
                Work::Length | Work::Replies { .. } | Work::Ping => {}
            }
        }
        again
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ticks.abort();
    }
}
