//! A gather: the members that somebody waits for, followed while their sets change, and the queue
//! in which the engines leave word of them. Nothing here blocks; a thread that waits is in
//! [`super::gather_wait`], waiting without a thread in [`super::background`].

use super::{
    ResultBase, ResultSet,
    gather_survey::Survey,
    member_tree::{MemberTree, ROOT, Step, TaskEnd},
    members::Observer,
};
use crate::{
    app::App,
    engine::{Event, Item, Queue, QueueSettings, Taken},
    model::{Error, Result},
    sys::Mutex,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How many tasks are handled in one go.
const SLICE: usize = 8192;

/// What is told when there is something to do: the queue has events, or a set has changed.
pub(super) type Attention = Arc<dyn Fn() + Send + Sync>;

/// The members and what is known of them.
pub(super) struct Gather {
    pub(super) tree: MemberTree,
    queue: Arc<Queue<App, ()>>,
    changes: Arc<Changes>,
    pub(super) survey: Survey,
    /// The leaves from here on are not watched yet.
    unwatched: usize,
    /// The apps of what was not finished at first, by their addresses.
    apps: HashMap<usize, App>,
}

impl Gather {
    /// One without members. `attention` is given where no thread waits in [`Queue::next`].
    pub(super) fn new(interval: Duration, attention: Option<Attention>) -> Result<Self> {
        let listener = attention.clone().map(|attention| {
            let listener: Box<dyn Fn() + Send + Sync> = Box::new(move || attention());
            listener
        });
        let queue = Arc::new(Queue::new(QueueSettings { pollable: false, interval, listener })?);
        let wake: Attention = attention.unwrap_or_else(|| {
            let queue = Arc::clone(&queue);
            Arc::new(move || queue.wake())
        });
        let survey = Survey::new(Arc::clone(&wake));
        let changes = Arc::new(Changes { made: Mutex::default(), any: AtomicBool::new(false), wake });
        Ok(Self { tree: MemberTree::new(), queue, changes, survey, unwatched: 0, apps: HashMap::new() })
    }

    /// Gathers the members of a set, also those that it will get.
    pub(super) fn follow(&mut self, set: &ResultSet) {
        for member in self.observe(set).iter() {
            self.add(member);
        }
    }

    /// Has the changes of a set heeded; gives the members it has now, which are to be added.
    pub(super) fn observe(&self, set: &ResultSet) -> Arc<Vec<ResultBase>> {
        let observer: Weak<Changes> = Arc::downgrade(&self.changes);
        set.observe(observer, ROOT as u64)
    }

    /// Gathers one more result.
    pub(super) fn add(&mut self, member: &ResultBase) {
        add(&mut self.tree, &self.changes, ROOT, member);
    }

    pub(super) fn queue(&self) -> &Queue<App, ()> {
        &self.queue
    }

    pub(super) fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    /// Does what the sets' changes ask for.
    pub(super) fn catch_up(&mut self) {
        if !self.changes.any.load(Ordering::Acquire) {
            return;
        }
        // Those that come meanwhile wake once more.
        self.changes.any.store(false, Ordering::Release);
        let made = std::mem::take(&mut *self.changes.made.lock());
        for (kind, node, member) in made {
            match kind {
                Kind::Added => add(&mut self.tree, &self.changes, node, &member),
                Kind::Removed => {
                    for leaf in self.tree.remove(node, &member) {
                        self.queue.remove(leaf as u64);
                    }
                }
            }
        }
    }

    /// The apps of the tasks that are neither watched nor finished.
    pub(super) fn unwatched(&mut self) -> Vec<(App, Vec<usize>)> {
        let from = self.unwatched;
        self.unwatched = self.tree.leaves().len();
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut found: Vec<(App, Vec<usize>)> = Vec::new();
        for (leaf, task) in self.tree.leaves().iter().enumerate().skip(from) {
            let (TaskEnd::Waiting, Some(app)) = (&task.end, task.result.app()) else { continue };
            let place = *places.entry(app.address()).or_insert_with(|| {
                self.apps.entry(app.address()).or_insert_with(|| app.clone());
                found.push((app.clone(), Vec::new()));
                found.len() - 1
            });
            if let Some((_, leaves)) = found.get_mut(place) {
                leaves.push(leaf);
            }
        }
        found
    }

    /// Has [`Self::unwatched`] give these once more.
    pub(super) fn leave_unwatched(&mut self, fresh: &[(App, Vec<usize>)]) {
        let first = fresh.iter().filter_map(|(_, leaves)| leaves.first()).min();
        self.unwatched = first.copied().unwrap_or(self.unwatched);
    }

    /// Begins to watch tasks of an app.
    pub(super) fn watch(&mut self, app: &App, leaves: &[usize]) {
        for slice in leaves.chunks(SLICE) {
            let item = |leaf: &usize| {
                let id = self.tree.leaf(*leaf)?.result.id()?.clone();
                Some(Item { key: *leaf as u64, id, payload: () })
            };
            let items = slice.iter().filter_map(item).collect();
            if let Err(error) = self.queue.add(app, items) {
                for leaf in slice {
                    self.fail(*leaf, &error);
                }
            }
            for leaf in slice {
                if self.tree.leaf(*leaf).is_some_and(|task| task.top.is_none()) {
                    self.queue.excuse(*leaf as u64);
                }
            }
        }
    }

    /// Takes in what became known.
    pub(super) fn learn(&mut self, mut events: Vec<Taken<App, ()>>) {
        // What had finished before goes in the order of the members, as far as it came together.
        events.sort_by_key(|taken| match &taken.event {
            Event::Ready { how, .. } if how.is_news() => (true, 0),
            Event::Ready { .. } | Event::Failed(_) => (false, taken.key),
            Event::Unfinished { .. } => (true, 0),
        });
        for Taken { key, event, .. } in events {
            let Ok(leaf) = usize::try_from(key) else { continue };
            match event {
                Event::Ready { record, .. } => self.tree.finish(leaf, TaskEnd::Stored(record)),
                Event::Failed(error) => self.fail(leaf, &error),
                Event::Unfinished { .. } => {}
            }
        }
    }

    /// A task cannot be waited for.
    pub(super) fn fail(&mut self, leaf: usize, error: &Error) {
        self.tree.finish(leaf, TaskEnd::Failed(error.clone()));
    }

    /// Why this task cannot be waited for, if that is so.
    pub(super) fn trouble(&self, leaf: usize) -> Option<Error> {
        match &self.tree.leaf(leaf)?.end {
            TaskEnd::Failed(error) => Some(self.about(leaf, error.clone())),
            _ => None,
        }
    }

    /// Says which task and which member an error is about.
    pub(super) fn about(&self, leaf: usize, error: Error) -> Error {
        let Some(task) = self.tree.leaf(leaf) else { return error };
        let error = match task.result.id() {
            Some(id) => error.with_task_id(id),
            None => error,
        };
        match task.top {
            Some(position) => error.with_member(position),
            None => error,
        }
    }

    /// A member that has no record, as far as is known.
    pub(super) fn first_absent(&self) -> Option<usize> {
        self.queue.first_absent().and_then(|key| usize::try_from(key).ok())
    }

    /// Watches nothing but the members from now on.
    pub(super) fn leave_companions(&self) {
        for (leaf, task) in self.tree.leaves().iter().enumerate() {
            if task.top.is_none() && matches!(task.end, TaskEnd::Waiting) {
                self.queue.remove(leaf as u64);
            }
        }
    }

    /// What has ended next; of a task the record is decoded.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        let step = self.tree.next_step();
        if let Some(Step::Leaf(leaf)) = step {
            self.tree.decode(leaf);
        }
        step
    }

    /// Decodes what is not decoded, so that the handles remember it.
    pub(super) fn decode_all(&mut self) {
        for leaf in 0..self.tree.leaves().len() {
            self.tree.decode(leaf);
        }
    }
}

fn add(tree: &mut MemberTree, changes: &Arc<Changes>, node: usize, member: &ResultBase) {
    tree.add(node, member, &|set, node| {
        let observer: Weak<Changes> = Arc::downgrade(changes);
        set.observe(observer, node as u64)
    });
}

/// What was changed in the sets and not taken in yet, with the places of the sets in the tree.
struct Changes {
    made: Mutex<Vec<(Kind, usize, ResultBase)>>,
    /// Whether there is one.
    any: AtomicBool,
    wake: Attention,
}

enum Kind {
    Added,
    Removed,
}

impl Changes {
    fn note(&self, kind: Kind, context: u64, member: &ResultBase) {
        let Ok(node) = usize::try_from(context) else { return };
        self.made.lock().push((kind, node, member.clone()));
        self.any.store(true, Ordering::Release);
        (self.wake)();
    }
}

impl Observer for Changes {
    fn added(&self, context: u64, member: &ResultBase) {
        self.note(Kind::Added, context, member);
    }

    fn removed(&self, context: u64, member: &ResultBase) {
        self.note(Kind::Removed, context, member);
    }
}
