//! One life of the two connections: what is under way on them, and who is told when it is done.
//! What is sent when is decided in [`super::watches`] and [`super::reads`]. A session never
//! outlives its connections; nothing is carried over to the next.

use super::{
    link::Event,
    reads::Reads,
    request::{Pending, Read, ReadMany, Request, Store},
    shared::Shared,
    store::Writes,
    watches::{Watch, Watches},
};
use crate::{
    backend::{Answer, Failure, Pushed},
    model::{Error, Key},
    transport::redis::{
        self, Burst, Commands, Connected, Events, Heard, Meter, Notice, Pulse, Reply, Vital, Which,
        send_after, ticking,
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{sync::mpsc::UnboundedSender, task::JoinHandle};

/// Whether a session can go on.
pub(super) enum Step {
    Fine,
    Broken(String),
}

/// A request under way.
pub(super) enum Work {
    Subscribe(Vec<Watch>),
    SubscribeAndRead(Watch, Vec<Read>),
    /// From so many channels.
    Unsubscribe(usize),
    /// `whole` where GETRANGE is refused.
    Read {
        read: Read,
        whole: bool,
    },
    ReadTogether(Vec<Read>),
    ReadMany(ReadMany),
    Exists(Key, Pending),
    Delete(Key, Pending),
    /// The read before a store.
    Check {
        store: Store,
        whole: bool,
    },
    Write(Key, Pending),
    Barrier(Pending),
    Ping,
}

pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) commands: Commands,
    pub(super) events: Events,
    pub(super) watches: Watches,
    pub(super) reads: Reads,
    pub(super) writes: Writes,
    serial: u64,
    sender: UnboundedSender<Event>,
    under_way: BTreeMap<u64, (Which, u64, Work)>,
    next: u64,
    useful: bool,
    pulses: [Pulse; 2],
    ticks: JoinHandle<()>,
}

impl Session {
    pub(super) fn new(
        connected: Connected,
        serial: u64,
        shared: Arc<Shared>,
        sender: UnboundedSender<Event>,
    ) -> Self {
        let ticker = sender.clone();
        let tick = move || ticker.send(Event::Tick(serial)).is_ok();
        let ticks = ticking(shared.settings.health_interval, tick);
        Self {
            shared,
            commands: connected.commands,
            events: connected.events,
            watches: Watches::default(),
            reads: Reads::default(),
            writes: Writes::default(),
            serial,
            sender,
            under_way: BTreeMap::new(),
            next: 0,
            useful: false,
            pulses: Default::default(),
            ticks,
        }
    }

    /// Whether the server has carried out anything.
    pub(super) fn was_useful(&self) -> bool {
        self.useful
    }

    pub(super) fn submit(&mut self, request: Request) {
        let Some(request) = self.writes.park(request) else { return };
        match request {
            Request::Watch(id) => self.watches.watch(id),
            Request::Unwatch(id) => self.watches.unwatch(id),
            // Must not look at the store before the watch of its id has taken effect.
            Request::Read(read) => {
                if let Some(read) = self.watches.park(read) {
                    self.reads.push(read);
                }
            }
            Request::ReadMany(reads) => self.reads.push_many(reads),
            Request::Exists(key, pending) => {
                let request = redis::Request::exists(&self.shared.keys.of(&key));
                self.command(request, Work::Exists(key, pending));
            }
            Request::Delete(key, pending) => {
                let request = redis::Request::delete(&self.shared.keys.of(&key));
                self.command(request, Work::Delete(key, pending));
            }
            Request::Store(store) => self.store(store),
            Request::Connect(pending) => pending.answer(Ok(Answer::Connected)),
            Request::Barrier(pending) => self.ping(Work::Barrier(pending)),
        }
    }

    /// Sends what was queued and may go now.
    pub(super) fn send_on(&mut self) {
        self.send_watches();
        self.send_reads();
    }

    pub(super) fn command(&mut self, request: redis::Request, work: Work) {
        let (number, serial, sender) = (self.number(), self.serial, self.sender.clone());
        self.start(Which::Commands, number, work);
        self.commands.send(request, move |replies| {
            let _ = sender.send(Event::Done(serial, number, replies));
        });
    }

    /// Asks the connection for events whether it is there.
    fn ping(&mut self, work: Work) {
        let number = self.number();
        self.events.ping(number);
        self.start(Which::Events, number, work);
    }

    /// Names a request.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Remembers a request that leaves now.
    pub(super) fn start(&mut self, which: Which, number: u64, work: Work) {
        let meter = self.meter(which);
        meter.owe();
        let sent_before = meter.sent();
        self.under_way.insert(number, (which, sent_before, work));
    }

    /// Has [`Self::rouse`] called.
    pub(super) fn rouse_after(&self, pause: Duration) {
        send_after(pause, &self.sender, Event::Rested(self.serial));
    }

    fn meter(&self, which: Which) -> &Meter {
        match which {
            Which::Commands => self.commands.meter(),
            Which::Events => self.events.meter(),
        }
    }

    pub(super) fn notice(&mut self, notice: Notice) -> Step {
        match notice {
            Notice::Burst(burst) => self.burst(burst),
            Notice::Closed(which) => Step::Broken(self.how_it_ended(which)),
        }
    }

    /// Messages are told together, but not over an answer that came between them.
    fn burst(&mut self, Burst { channels, heard }: Burst) -> Step {
        let mut pushed = Vec::new();
        for heard in heard {
            match heard {
                Heard::Message { channel, record } => {
                    let channel = channels.get(channel).unwrap_or_default();
                    // Foreign channels are not ours to report.
                    if let Some(id) = self.shared.keys.task_of(channel) {
                        pushed.push(Pushed { id, record });
                    }
                }
                Heard::Answer { number, replies } => {
                    self.shared.push(&mut pushed);
                    if let Step::Broken(cause) = self.done(number, replies) {
                        return Step::Broken(cause);
                    }
                }
            }
        }
        self.shared.push(&mut pushed);
        Step::Fine
    }

    fn how_it_ended(&self, which: Which) -> String {
        let name = match which {
            Which::Commands => "command",
            Which::Events => "events",
        };
        let how = self.meter(which).end().unwrap_or_else(|| "the connection was closed".to_owned());
        format!("the {name} connection is lost: {how}")
    }

    pub(super) fn done(&mut self, number: u64, replies: Vec<Reply>) -> Step {
        let Some((which, _, work)) = self.under_way.remove(&number) else { return Step::Fine };
        self.meter(which).settle();
        self.useful |=
            !matches!(work, Work::Ping) && replies.iter().any(|reply| !matches!(reply, Reply::Refused(_)));
        self.complete(work, replies)
    }

    fn complete(&mut self, work: Work, replies: Vec<Reply>) -> Step {
        if let Work::Write(key, pending) = work {
            pending.answer(self.written(&key, &replies));
            return Step::Fine;
        }
        let mut replies = replies.into_iter();
        let mut reply = || replies.next().unwrap_or(Reply::Strange);
        match work {
            Work::Subscribe(watches) => {
                self.watches.chunk_done(watches.len());
                return self.subscribed(watches.into_iter().map(|watch| (watch, reply())).collect());
            }
            Work::SubscribeAndRead(watch, reads) => {
                let (confirmation, found) = (reply(), reply());
                self.watches.pair_done();
                let step = self.subscribed(vec![(watch, confirmation)]);
                self.read_behind_watch(reads, found);
                return step;
            }
            Work::Unsubscribe(channels) => {
                self.watches.chunk_done(channels);
                self.unsubscribed(replies);
            }
            Work::Read { read, whole } => self.read_done(read, whole, reply()),
            Work::ReadTogether(reads) => self.reads_done(reads, reply()),
            Work::ReadMany(reads) => self.many_done(reads, reply()),
            Work::Exists(key, pending) => pending.answer(match reply() {
                Reply::Number(count) => Ok(Answer::Exists(count > 0)),
                other => Err(self.shared.strange(&key, &other)),
            }),
            Work::Delete(key, pending) => pending.answer(match reply() {
                Reply::Number(count) => Ok(Answer::Deleted(count > 0)),
                other => Err(self.shared.strange(&key, &other)),
            }),
            Work::Check { store, whole } => self.checked(store, whole, reply()),
            // A reply comes behind what was pushed before, also where it refuses.
            Work::Barrier(pending) => pending.answer(Ok(Answer::Passed)),
            Work::Write(..) | Work::Ping => {}
        }
        Step::Fine
    }

    pub(super) fn tick(&mut self) -> Step {
        let [commands, events] = &mut self.pulses;
        let vitals = [
            (Which::Commands, commands.take(self.commands.meter())),
            (Which::Events, events.take(self.events.meter())),
        ];
        for (which, vital) in vitals {
            match (vital, which) {
                (Vital::Fine, _) => {}
                (Vital::Ask, Which::Commands) => self.command(redis::Request::ping(), Work::Ping),
                (Vital::Ask, Which::Events) => self.ping(Work::Ping),
                (Vital::Dead, _) => {
                    let waited = self.shared.settings.health_interval;
                    return Step::Broken(format!("the server has not answered for {waited:?}"));
                }
            }
        }
        Step::Fine
    }

    /// Answers everything that is under way or queued, and closes the connections.
    pub(super) fn fail(mut self, error: &Error) {
        let retry = |pending: Pending| pending.answer(Err(Failure::Retry(error.clone())));
        for (which, sent_before, work) in std::mem::take(&mut self.under_way).into_values() {
            let may_have_left = self.meter(which).sent() != sent_before;
            match work {
                Work::Subscribe(_) | Work::Unsubscribe(_) | Work::Ping => {}
                Work::SubscribeAndRead(_, reads) | Work::ReadTogether(reads) => {
                    for read in reads {
                        retry(read.pending);
                    }
                }
                Work::Delete(_, pending) | Work::Write(_, pending) if may_have_left => {
                    pending.answer(Err(Self::uncertain(error)));
                }
                Work::Read { read: Read { pending, .. }, .. }
                | Work::ReadMany(ReadMany { pending, .. })
                | Work::Check { store: Store { pending, .. }, .. }
                | Work::Exists(_, pending)
                | Work::Delete(_, pending)
                | Work::Write(_, pending)
                | Work::Barrier(pending) => retry(pending),
            }
        }
        for request in self.writes.parked() {
            request.put_off(error);
        }
        self.watches.parked().map(|read| read.pending).chain(self.reads.queued()).for_each(retry);
        self.shared.subscriptions.store(0, Relaxed);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ticks.abort();
    }
}
