//! The one look of a wait without a budget: a batched read that leaves no subscription. And what a
//! wait says when its time is up: what is missing, and whether it was looked at.

use super::{AsyncResult, ResultBase, gather_wait::GatherWait, look::each_answer, member_tree::TaskEnd};
use crate::{
    backend::Answer,
    engine::CallOp,
    model::{Error, Result, Status},
    sys::Deadline,
};

impl GatherWait {
    /// Reads tasks together; those of one app stand together. What cannot be read in time stays as
    /// it is.
    pub(super) fn look(&mut self, leaves: impl Iterator<Item = usize>) -> Result<()> {
        let task = |leaf: usize| match &self.gather.tree.leaf(leaf)?.result {
            ResultBase::Async(task) => Some((leaf, task.clone())),
            _ => None,
        };
        let asked: Vec<_> = leaves.filter_map(task).collect();
        let tasks: Vec<_> = asked.iter().map(|(_, task)| task).collect();
        let read = |task: &AsyncResult| CallOp::Read(task.key());
        let mut answers = Vec::with_capacity(asked.len());
        each_answer(&tasks, read, self.options.cancel.as_ref(), |_, answer| answers.push(answer));
        let mut found: Vec<_> = asked.into_iter().zip(answers).collect();
        // What has finished goes in the order of the members.
        found.sort_unstable_by_key(|((leaf, _), _)| *leaf);
        for ((leaf, task), answer) in found {
            self.looked_at(leaf, &task, answer)?;
        }
        Ok(())
    }

    fn looked_at(&mut self, leaf: usize, task: &AsyncResult, answer: Result<Answer>) -> Result<()> {
        let is_member = self.gather.tree.leaf(leaf).is_some_and(|task| task.top.is_some());
        match answer.and_then(Answer::into_record) {
            Ok(None) if is_member => {
                self.looked.absent.get_or_insert(leaf);
            }
            Ok(None) => {}
            Ok(Some(record)) => match task.app().codec().glance(&record, task.id()) {
                Ok(glance) if glance.state.is_ready() => {
                    self.gather.tree.finish(leaf, TaskEnd::Stored(record));
                }
                Ok(_) => {}
                Err(error) => self.gather.fail(leaf, &error),
            },
            Err(error) if error.status() == Status::Unreachable => self.looked.unreached |= is_member,
            Err(error) if error.status() == Status::Cancelled => return Err(error),
            Err(error) => self.gather.fail(leaf, &error),
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
        let queue = self.gather.queue();
        // What was found is there to be taken when the last one has been looked at.
        queue.pending().unseen == 0 && queue.is_empty() && !self.gather.survey.is_going_on()
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
        let unreached = if self.is_one_look() {
            self.looked.unreached
        } else {
            self.gather.queue().pending().unseen > 0 || self.gather.survey.is_going_on()
        };
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
        self.gather.about(first, error)
    }

    /// The error of a wait that gives up on a task without a record.
    pub(super) fn absent(&self, leaf: usize) -> Error {
        self.gather.about(leaf, Error::new(Status::NotFound, "there is no record of this task"))
    }
}
