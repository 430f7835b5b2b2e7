//! `CompletionQueue`: one thread, or a poll loop, serves the results of any number of apps. How
//! events are kept and waited for is [`crate::engine::Queue`]'s affair; what an event is, and what
//! is made of records, is here.

use super::{
    AsyncResult, EagerResult, ResultBase, ResultSet,
    background::{Background, INTERVAL},
    gather::Gather,
    message,
    queue_link::LinkWatch,
};
use crate::{
    app::App,
    engine::{Event, How, Item, LinkObserver, Queue, QueueSettings, Taken},
    model::{Error, Id, Result, State, Status, Stored, TaskMeta, check_id},
    sys::{Cancel, Deadline, Mutex},
};
use std::{collections::HashMap, os::fd::RawFd, sync::Arc, time::Duration};

/// What an event of a queue is.
#[derive(Clone, Debug)]
pub enum QueueEventKind {
    /// It has finished, whatever the outcome. With the record of a task; a group or set has none, nor
    /// has a result that is ignored.
    Ready(Option<Arc<TaskMeta>>),
    /// An intermediate state of a task.
    Progress(Arc<TaskMeta>),
    /// It cannot be waited for: its record cannot be read, access is refused. Of a group or set
    /// that holds for one of its members, which the error names.
    Failed(Error),
    /// Its app was closed.
    Closed(Error),
    /// Of an app whose connection is reported: there is one.
    Connected,
    /// Of an app whose connection is reported: there is none, and this is why. It is tried again,
    /// and whatever is waited for goes on.
    Disconnected(Error),
}

/// One event.
#[derive(Clone, Debug)]
pub struct QueueEvent {
    /// As it was given when the result was added.
    pub tag: u64,
    /// The task's or group's id; `None` for a set.
    pub id: Option<Id>,
    /// What happened.
    pub kind: QueueEventKind,
    /// Whether states may have been missed before it: the connection was lost meanwhile.
    pub after_gap: bool,
}

impl QueueEvent {
    /// The state in the record, where there is one.
    pub fn state(&self) -> Option<&State> {
        match &self.kind {
            QueueEventKind::Ready(Some(meta)) | QueueEventKind::Progress(meta) => Some(meta.state()),
            _ => None,
        }
    }
}

/// The queue. Belongs to no app: results of several can be in it, and it holds its own references to
/// them. Each result has one final event, of any kind but `Progress`, and is then no longer in the
/// queue. Cloning gives another reference; dropping the last one ends its waits. All methods may be
/// called from any thread at once, also while others block in [`Self::next`].
#[derive(Clone)]
pub struct CompletionQueue {
    events: Arc<Events>,
    links: Arc<Mutex<Vec<Arc<LinkWatch>>>>,
}

/// Where the events are.
pub(super) type Events = Queue<App, Payload>;

/// The handle that was added; an id that was added has none.
pub(super) type Payload = Option<Arc<Waited>>;

pub(super) enum Waited {
    Task(AsyncResult),
    Eager(EagerResult),
    Set(Box<SetWait>),
    Link(Arc<LinkWatch>),
}

pub(super) struct SetWait {
    set: ResultBase,
    background: Arc<Background>,
    /// The members once all have finished, with records that nobody has decoded.
    finished: Mutex<Option<Gather>>,
}

impl CompletionQueue {
    /// An empty queue, with a descriptor to poll. Fails with `Limit` where the process has none left.
    pub fn new() -> Result<Self> {
        let settings = QueueSettings { pollable: true, interval: INTERVAL, listener: None };
        Ok(Self { events: Arc::new(Queue::new(settings)?), links: Arc::default() })
    }

    /// Waits for a result of any kind from now on; of a group or set until all its members have
    /// finished, also those that it gets meanwhile. Its event is queued at once where it has
    /// finished already. Does no waiting; several may share a tag.
    ///
    /// Fails with `Closed`, with `Forked` where queue or app are from before a fork, and with `Limit`
    /// beyond the option `max_subscriptions`.
    pub fn add(&self, result: &ResultBase, tag: u64) -> Result<()> {
        match result {
            ResultBase::Async(task) if is_waited_for(task) => {
                let payload = Some(Arc::new(Waited::Task(task.clone())));
                self.events.add(task.app(), vec![Item { key: tag, id: task.id().clone(), payload }])
            }
            ResultBase::Async(task) => self.add_finished(Waited::Task(task.clone()), tag),
            ResultBase::Eager(task) => self.add_finished(Waited::Eager(task.clone()), tag),
            ResultBase::Set(set) => self.add_set(result, set, tag),
            ResultBase::Group(group) => self.add_set(result, group.set(), tag),
        }
    }

    /// Waits for tasks of an app by their ids, each with its tag: all of them, or none where it
    /// fails. Made for a million of them; takes less memory than handles do.
    ///
    /// Fails with `InvalidArgument` on an empty or overlong id, naming its index, and as
    /// [`Self::add`].
    pub fn add_ids(&self, app: &App, ids: &[(&str, u64)]) -> Result<()> {
        let item = |(index, (id, tag)): (usize, &(&str, u64))| {
            // The place is spelled out for an error only: there may be a million ids.
            let id = check_id("ids", id).or_else(|_| check_id(&format!("ids[{index}]"), id))?;
            Ok(Item { key: *tag, id, payload: None })
        };
        let items = ids.iter().enumerate().map(item).collect::<Result<Vec<_>>>()?;
        self.events.add(app, items)
    }

    /// Waits for each member that a set or group has at this moment: the first under the tag
    /// `first_tag`, the others under those that follow. Members that are sets themselves have one
    /// event each.
    ///
    /// Adds all of them, or none where it fails as [`Self::add`] would for one of the tasks; the error
    /// names the first member of the app that is why. Fails with `WrongKind` where it is the result of
    /// a task, and with `InvalidArgument` where the tags do not suffice.
    pub fn add_members(&self, set: &ResultBase, first_tag: u64) -> Result<()> {
        let set = set.set()?;
        set.check_process()?;
        let members = set.members();
        let behind_first = members.len().saturating_sub(1);
        if first_tag.checked_add(behind_first as u64).is_none() {
            let message =
                format!("first_tag is {first_tag}, which leaves no tags for {} members", members.len());
            return Err(Error::new(Status::InvalidArgument, message));
        }
        // The apps in the order of their first members, so that always the same one is refused.
        let mut places: HashMap<usize, usize> = HashMap::new();
        let (mut apps, mut firsts, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (member, tag)) in members.iter().zip(first_tag..=u64::MAX).enumerate() {
            match member {
                ResultBase::Async(task) if is_waited_for(task) => {
                    let app = task.app();
                    let place = *places.entry(app.address()).or_insert_with(|| {
                        apps.push((app.clone(), Vec::new()));
                        firsts.push((index, task.id()));
                        apps.len() - 1
                    });
                    if let Some((_, items)) = apps.get_mut(place) {
                        let payload = Some(Arc::new(Waited::Task(task.clone())));
                        items.push(Item { key: tag, id: task.id().clone(), payload });
                    }
                }
                _ => others.push((member, tag)),
            }
        }
        self.events.add_together(apps).map_err(|(place, error)| match firsts.get(place) {
            // The limit is the app's, not one task's.
            Some((index, id)) if error.status() != Status::Limit => {
                error.with_member(*index).with_task_id(id)
            }
            _ => error,
        })?;
        others.into_iter().try_for_each(|(member, tag)| match member {
            // Also where its handle has forgotten the end meanwhile: what comes first is not undone.
            ResultBase::Async(task) => self.add_finished(Waited::Task(task.clone()), tag),
            _ => self.add(member, tag),
        })
    }

    /// Ends the waits under this tag and takes back their events: after this none comes. Gives how
    /// many results that were. Their handles are as they were, and what another thread is adding stays.
    pub fn remove(&self, tag: u64) -> usize {
        if self.is_forked() {
            return 0;
        }
        let mut gone = Vec::new();
        self.links.lock().retain(|link| {
            let stays = link.tag != tag;
            if !stays {
                gone.push(Arc::clone(link));
            }
            stays
        });
        let queued = gone.iter().filter(|link| link.is_queued()).count();
        self.events.remove(tag).saturating_sub(queued).saturating_add(gone.len())
    }

    /// Reports the connection of an app under this tag, until it is removed or the app is closed:
    /// `Connected` at once where there is one, then each time that it comes or goes. Of several
    /// changes that were not taken the last one counts. Stores without connections have nothing to
    /// report. The app is not kept open by it.
    ///
    /// Fails with `Closed`, and with `Forked` where queue or app are from before a fork.
    pub fn report_connection(&self, app: &App, tag: u64) -> Result<()> {
        if self.is_forked() {
            return Err(Error::new(Status::Forked, "the queue was made before fork(); make another one"));
        }
        let link = LinkWatch::new(&self.events, tag);
        let observer: Arc<dyn LinkObserver> = Arc::<LinkWatch>::clone(&link);
        app.engine().observe_link(&observer)?;
        let mut links = self.links.lock();
        links.retain(|link| !link.has_ended());
        links.push(link);
        Ok(())
    }

    /// Reports intermediate states of tasks too from now on: what is stored when a task is added,
    /// and each state that is published after it. Of those of one task that were not taken, the
    /// newest `history` are kept; 0 reports none.
    pub fn report_progress(&self, history: usize) {
        self.events.report_progress(history);
    }

    /// Waits for events and takes the oldest, at least one and at most `max`. `None` waits for ever;
    /// zero gives what is there, and does no I/O.
    ///
    /// Fails with `Timeout`, `Cancelled`, `Wakeup` after [`Self::wakeup`], `Forked`, with `Recursive`
    /// where it would block a thread of the library, and with `InvalidArgument` where `max` is 0.
    pub fn next(
        &self,
        timeout: Option<Duration>,
        cancel: Option<&Cancel>,
        max: usize,
    ) -> Result<Vec<QueueEvent>> {
        let deadline = Deadline::after(timeout);
        loop {
            let taken = self.events.next(max, deadline, cancel)?;
            let events: Vec<_> = taken.into_iter().filter_map(event).collect();
            // A state that cannot be read is none to report.
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Makes one [`Self::next`] fail with `Wakeup`: one that is blocked, or else the next one.
    pub fn wakeup(&self) {
        self.events.wake();
    }

    /// How many events can be taken.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether no event can be taken.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many results are waited for that have not ended.
    pub fn pending(&self) -> usize {
        self.events.pending().items
    }

    /// The descriptor, readable exactly while there are events to take. The queue's own: it must not
    /// be read, written or closed by others. `None` in a forked child.
    pub fn fd(&self) -> Option<RawFd> {
        self.events.fd()
    }

    /// Whether the calling process is not the one that made the queue.
    pub fn is_forked(&self) -> bool {
        self.events.is_forked()
    }

    /// Adds what has finished as far as its handle knows.
    fn add_finished(&self, waited: Waited, tag: u64) -> Result<()> {
        let held = self.events.hold(tag, Some(Arc::new(waited)))?;
        self.events.complete(held, &ended());
        Ok(())
    }

    fn add_set(&self, result: &ResultBase, set: &ResultSet, tag: u64) -> Result<()> {
        let wait = SetWait { set: result.clone(), background: Background::new(), finished: Mutex::default() };
        let waited = Arc::new(Waited::Set(Box::new(wait)));
        let held = self.events.hold(tag, Some(Arc::clone(&waited)))?;
        let (events, weak) = (Arc::downgrade(&self.events), Arc::downgrade(&waited));
        let Waited::Set(wait) = &*waited else { return Ok(()) };
        let begun = wait.background.follow(set, move |gather, end| {
            let Some(events) = events.upgrade() else { return };
            if end.is_ok()
                && let Some(Waited::Set(wait)) = weak.upgrade().as_deref()
            {
                *wait.finished.lock() = Some(gather);
            }
            events.complete(held, &end.map_or_else(Event::Failed, |()| ended()));
        });
        if let Err(error) = begun {
            self.events.complete(held, &Event::Failed(error));
        }
        Ok(())
    }
}

/// The end of what has no record of its own.
pub(super) fn ended() -> Event {
    let nothing: &[u8] = &[];
    Event::Ready { record: Stored::new(nothing), how: How::Read }
}

/// Whether the engine is needed to learn of its end.
fn is_waited_for(task: &AsyncResult) -> bool {
    !task.is_ignored() && task.cache().state().is_none()
}

fn event(taken: Taken<App, Payload>) -> Option<QueueEvent> {
    let Taken { key: tag, id, site, payload, event } = taken;
    if let Some(Waited::Link(link)) = payload.as_deref() {
        return link.take().map(|kind| QueueEvent { tag, id: None, kind, after_gap: false });
    }
    let id = id.or_else(|| payload.as_deref().and_then(Waited::id).cloned());
    // Of a set it names the member's.
    let failed = |error: Error| {
        let error = id.as_ref().map_or_else(|| error.clone(), |id| error.clone().with_task_id(id));
        if error.status() == Status::Closed {
            QueueEventKind::Closed(error)
        } else {
            QueueEventKind::Failed(error)
        }
    };
    let (kind, after_gap) = match event {
        Event::Unfinished { record, how } => {
            let meta = message::decode(site.as_deref()?, id.as_deref()?, record?)?;
            (QueueEventKind::Progress(meta), how == How::AfterGap)
        }
        Event::Ready { record, how } => {
            let meta = match (payload.as_deref(), &site) {
                (Some(waited), None) => waited.finished(),
                (Some(Waited::Task(task)), Some(_)) => task.decode(record).map(Some),
                (_, Some(app)) => app.codec().decode(record).map(Some),
                (None, None) => Ok(None),
            };
            (meta.map_or_else(failed, QueueEventKind::Ready), how == How::AfterGap)
        }
        Event::Failed(error) => (failed(error), false),
    };
    Some(QueueEvent { tag, id, kind, after_gap })
}

impl Waited {
    fn id(&self) -> Option<&Id> {
        match self {
            Self::Task(task) => Some(task.id()),
            Self::Eager(task) => Some(task.id()),
            Self::Set(wait) => wait.set.id(),
            Self::Link(_) => None,
        }
    }

    /// The record of what had finished without the engine, where it has one. Of a set the members
    /// get theirs.
    fn finished(&self) -> Result<Option<Arc<TaskMeta>>> {
        match self {
            Self::Task(task) => task.cache().finished(),
            Self::Eager(task) => Ok(task.meta().meta),
            Self::Set(wait) => {
                let gather = wait.finished.lock().take();
                if let Some(mut gather) = gather {
                    gather.decode_all();
                }
                Ok(None)
            }
            Self::Link(_) => Ok(None),
        }
    }
}
