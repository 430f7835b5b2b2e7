//! The one look of a wait without a budget: a batched read that leaves no subscription. And what a
//! wait says when its time is up: what is missing, and whether it was looked at.

use super::{gather_wait::GatherWait, member_tree::TaskEnd};
use crate::{
    app::App,
    backend::Answer,
    engine::{CallOp, call_together},
    model::{Error, Key, Result, Status, Stored},
    sys::Deadline,
};

impl GatherWait {
    /// Reads tasks together. What cannot be read in time stays as it is.
    pub(super) fn look(&mut self, tasks: &[(App, Vec<usize>)]) -> Result<()> {
        let (mut operations, mut asked) = (Vec::new(), Vec::new());
        for (app, leaves) in tasks {
            for leaf in leaves {
                let task = self.gather.tree.leaf(*leaf);
                let Some(id) = task.and_then(|task| task.result.id()) else { continue };
                operations.push((app.engine(), CallOp::Read(Key::Task(id.clone()))));
                asked.push((app, *leaf));
            }
        }
        let until = self.clock.look.unwrap_or(Deadline::NEVER);
        let ends = call_together(&operations, until, self.options.cancel.as_ref());
        for ((app, leaf), end) in asked.into_iter().zip(ends) {
            match end {
                Ok(Answer::Record(Some(record))) => self.take_record(app, leaf, record),
                Ok(Answer::Record(None)) if self.is_member(leaf) => {
                    self.looked.absent.get_or_insert(leaf);
                }
                Ok(Answer::Record(None)) => {}
                Ok(other) => {
                    let message = format!("a read was answered with {other:?}");
                    self.gather.fail(leaf, &Error::new(Status::Panic, message));
                }
                Err(error) if error.status() == Status::Cancelled => return Err(error),
                Err(error) if error.status() == Status::Unreachable => {
                    self.looked.unreached |= self.is_member(leaf);
                }
                Err(error) => self.gather.fail(leaf, &error),
            }
        }
        Ok(())
    }

    /// Whether everything that is waited for was looked at, or that has taken too long.
    pub(super) fn is_looked_at(&self) -> bool {
        if self.is_one_look()
            || self.clock.deadline.min(self.clock.look.unwrap_or(Deadline::NEVER)).has_passed()
        {
            return true;
        }
        self.gather.queue().pending().unseen == 0
    }

    /// The error of a wait whose time is up.
    pub(super) fn too_late(&mut self) -> Error {
        if let Some(leaf) = self.looked.absent.filter(|_| self.clock.absent.has_passed()) {
            return self.absent(leaf);
        }
        self.gather.leave_companions();
        let (mut missing, mut tasks, mut first) = (0_usize, 0_usize, None);
        for (leaf, task) in self.gather.tree.leaves().iter().enumerate() {
            match task.end {
                _ if task.top.is_none() => continue,
                TaskEnd::Gone => continue,
                TaskEnd::Waiting => {
                    missing += 1;
                    first.get_or_insert(leaf);
                }
                _ => {}
            }
            tasks += 1;
        }
        let Some(first) = first else { return Error::new(Status::Timeout, "not finished in time") };
        let unreached =
            if self.is_one_look() { self.looked.unreached } else { self.gather.queue().pending().unseen > 0 };
        let task =
            self.gather.tree.leaf(first).and_then(|task| task.result.id().cloned()).unwrap_or_default();
        let what = format!("{missing} of {tasks} tasks, of which the first is {task},");
        let error = if unreached {
            let troubled = self.gather.apps().find(|app| app.engine().trouble().is_some());
            match troubled.or_else(|| self.gather.apps().next()) {
                Some(app) => app.engine().unreachable(&what),
                None => Error::new(Status::Unreachable, format!("{what} could not be read in time")),
            }
        } else {
            Error::new(Status::Timeout, format!("{what} have not finished in time"))
        };
        self.about(first, error)
    }

    /// The error of a wait that gives up on a task without a record.
    pub(super) fn absent(&self, leaf: usize) -> Error {
        self.about(leaf, Error::new(Status::NotFound, "there is no record of this task"))
    }

    /// Why this task cannot be waited for, if that is so.
    pub(super) fn trouble(&self, leaf: usize) -> Option<Error> {
        match &self.gather.tree.leaf(leaf)?.end {
            TaskEnd::Failed(error) => Some(self.about(leaf, error.clone())),
            _ => None,
        }
    }

    /// Says which task and which member an error is about.
    pub(super) fn about(&self, leaf: usize, error: Error) -> Error {
        let Some(task) = self.gather.tree.leaf(leaf) else { return error };
        let error = task.result.id().map_or_else(|| error.clone(), |id| error.clone().with_task_id(id));
        task.top.map_or_else(|| error.clone(), |top| error.clone().with_member(top))
    }

    fn is_member(&self, leaf: usize) -> bool {
        self.gather.tree.leaf(leaf).is_some_and(|task| task.top.is_some())
    }

    fn take_record(&mut self, app: &App, leaf: usize, record: Stored) {
        let Some(id) = self.gather.tree.leaf(leaf).and_then(|task| task.result.id()) else { return };
        match app.codec().glance(record.bytes(), id) {
            Ok(glance) if glance.state.is_ready() => self.gather.tree.finish(leaf, TaskEnd::Stored(record)),
            Ok(_) => {}
            Err(error) => self.gather.fail(leaf, &error),
        }
    }
}
