//! The first look of a gather at many tasks. Of those that somebody waits for together most may have
//! finished: they are read many at a time, and only the rest is watched. While one share is decoded
//! by the thread that waits, the next ones are on their way.

use super::{
    AsyncResult, ResultBase,
    gather::{Attention, Gather},
    member_tree::TaskEnd,
};
use crate::{
    app::App,
    codec::Glance,
    engine::{Seen, Surveyor},
    model::{Error, Result, Stored},
    sys::Mutex,
};
use std::{collections::VecDeque, sync::Arc};

/// Most surveys under way. Whoever gives up leaves no more work behind than this.
const UNDER_WAY: usize = 32;

/// The tasks that are not watched because they are being looked at, or will be.
pub(super) struct Survey {
    /// Tasks that were not asked for yet, in shares of one survey each.
    shares: VecDeque<(App, Vec<usize>)>,
    under_way: usize,
    inbox: Arc<Inbox>,
}

/// What has been seen.
struct Inbox {
    seen: Mutex<VecDeque<Vec<(u64, Seen)>>>,
    wake: Attention,
}

impl Surveyor for Inbox {
    fn surveyed(&self, seen: Vec<(u64, Seen)>) {
        let was_empty = {
            let mut inbox = self.seen.lock();
            inbox.push_back(seen);
            inbox.len() == 1
        };
        if was_empty {
            (self.wake)();
        }
    }
}

impl Survey {
    /// One without tasks. `wake` is told when something was seen.
    pub(super) fn new(wake: Attention) -> Self {
        let inbox = Arc::new(Inbox { seen: Mutex::default(), wake });
        Self { shares: VecDeque::new(), under_way: 0, inbox }
    }

    /// Whether tasks have not been looked at.
    pub(super) fn is_going_on(&self) -> bool {
        self.under_way > 0 || !self.shares.is_empty()
    }
}

impl Gather {
    /// Looks at tasks of an app and watches those that have not finished; a few, or what nothing is
    /// gained for, it watches at once.
    pub(super) fn survey_or_watch(&mut self, app: &App, leaves: &[usize]) {
        match app.engine().survey_size(leaves.len()) {
            Some(size) => {
                let share = |share: &[usize]| (app.clone(), share.to_vec());
                self.survey.shares.extend(leaves.chunks(size).map(share));
                self.survey_on();
            }
            None => self.watch(app, leaves),
        }
    }

    /// Takes in what was seen, of one survey; false where nothing was.
    pub(super) fn take_surveyed(&mut self, goes_on: bool) -> bool {
        let Some(seen) = self.survey.inbox.seen.lock().pop_front() else { return false };
        self.survey.under_way = self.survey.under_way.saturating_sub(1);
        if goes_on {
            self.survey_on();
        }
        let looked_at = seen.len();
        let mut unfinished = Vec::new();
        for (key, seen) in seen {
            let Ok(leaf) = usize::try_from(key) else { continue };
            if self.is_waiting(leaf) && !self.look_into(leaf, seen) {
                unfinished.push(leaf);
            }
        }
        let app = unfinished.first().and_then(|leaf| self.tree.leaf(*leaf)?.result.app().cloned());
        if let Some(app) = app {
            self.watch(&app, &unfinished);
            if unfinished.len() > looked_at / 2 {
                self.end_survey(&app);
            }
        }
        true
    }

    fn survey_on(&mut self) {
        let surveyor: Arc<dyn Surveyor> = Arc::<Inbox>::clone(&self.survey.inbox);
        while self.survey.under_way < UNDER_WAY
            && let Some((app, leaves)) = self.survey.shares.pop_front()
        {
            let task = |leaf: &usize| Some((self.tree.leaf(*leaf)?.result.id()?.clone(), *leaf as u64));
            let tasks = leaves.iter().filter_map(task).collect();
            match app.engine().survey(tasks, &surveyor) {
                Ok(()) => self.survey.under_way += 1,
                Err(error) => leaves.iter().for_each(|leaf| self.fail(*leaf, &error)),
            }
        }
    }

    /// Few have finished: the rest of this app's tasks is better watched without another look.
    fn end_survey(&mut self, app: &App) {
        let shares = std::mem::take(&mut self.survey.shares);
        let (rest, others) = shares.into_iter().partition(|(of, _)| of.address() == app.address());
        self.survey.shares = others;
        let rest: Vec<_> =
            VecDeque::<(App, Vec<usize>)>::into_iter(rest).flat_map(|(_, leaves)| leaves).collect();
        self.watch(app, &rest);
    }

    fn is_waiting(&self, leaf: usize) -> bool {
        self.tree.leaf(leaf).is_some_and(|leaf| matches!(leaf.end, TaskEnd::Waiting))
    }

    /// Whether that decides about a task.
    fn look_into(&mut self, leaf: usize, seen: Seen) -> bool {
        match seen {
            Seen::Record(record) => self.look_into_record(leaf, record),
            Seen::Nothing | Seen::Unread => false,
            Seen::Failed(error) => {
                self.fail(leaf, &error);
                true
            }
        }
    }

    fn look_into_record(&mut self, leaf: usize, record: Stored) -> bool {
        let Some(ResultBase::Async(task)) = self.tree.leaf(leaf).map(|leaf| &leaf.result) else {
            return true;
        };
        let end = match task.decode(record) {
            Ok(meta) if meta.state().is_ready() => TaskEnd::Finished(meta),
            Ok(_) => return false,
            // A record that cannot be decoded can still have a state.
            Err(unreadable) => match glance(task, &unreadable) {
                Ok(glance) if glance.state.is_ready() => TaskEnd::Unreadable(unreadable),
                Ok(_) => return false,
                Err(error) => TaskEnd::Failed(error),
            },
        };
        self.tree.finish(leaf, end);
        true
    }
}

/// What can be told of a record that cannot be decoded, which its error holds.
fn glance(task: &AsyncResult, unreadable: &Error) -> Result<Glance> {
    match unreadable.record() {
        Some(record) => task.app().codec().glance(record, task.id()),
        None => Err(unreadable.clone()),
    }
}
