//! Surveys: one look at many tasks for somebody who is about to wait for those that have not
//! finished. It costs a ticket for as many records as the store reads in one request, and leaves
//! nothing in the list of those who wait; who is not answered well waits for his task as ever.

use super::{Engine, Shared, registry::Survey, watch::AT_ONCE};
use crate::{
    backend::{Answer, Failure, Ticket, Wakes},
    model::{Error, Id, Result, Status, Stored},
};
use std::sync::{Arc, Weak};

/// What was seen of a task.
#[derive(Clone, Debug)]
pub enum Seen {
    /// There is a record; nobody has looked into it.
    Record(Stored),
    /// There is none.
    Nothing,
    /// It could not be read now.
    Unread,
    /// It cannot be read.
    Failed(Error),
}

/// Who asks for surveys.
pub trait Surveyor: Send + Sync {
    /// Called once for each of [`Engine::survey`], on any thread, without locks; must not block.
    fn surveyed(&self, seen: Vec<(u64, Seen)>);
}

impl Engine {
    /// How many tasks one survey is to be made for; `None` where nothing is gained by surveys: of a few
    /// tasks, and where the store tells of every record by itself.
    pub fn survey_size(&self, tasks: usize) -> Option<usize> {
        let traits = self.traits()?;
        (tasks > AT_ONCE && traits.wakes != Wakes::Direct).then_some(traits.batch.max(1))
    }

    /// Looks at tasks, each of which has a number of the caller's. Does no waiting. `surveyor` is told
    /// once, unless it is dropped before. Fails when the engine has ended.
    pub fn survey(&self, tasks: Vec<(Id, u64)>, surveyor: &Arc<dyn Surveyor>) -> Result<()> {
        self.shared.check_process()?;
        let survey = Box::new(Survey { tasks, surveyor: Arc::downgrade(surveyor) });
        let (begun, ops) = self.shared.decide(|registry| registry.begin_survey(survey));
        self.shared.send(ops);
        begun
    }
}

impl Shared {
    pub(super) fn survey_answered(
        &self,
        ticket: Ticket,
        survey: Box<Survey>,
        result: std::result::Result<Answer, Failure>,
    ) {
        match result {
            Ok(Answer::Records(records)) => {
                self.registry.lock().surveyed();
                let tokens = survey.tasks.iter().map(|(_, token)| *token);
                tell(&survey.surveyor, || tokens.zip(records.into_iter().map(seen)).collect());
            }
            Ok(other) => {
                let message = format!("a read of many records was answered with {other:?}");
                survey.fail(&Error::new(Status::Panic, message));
            }
            Err(Failure::Retry(_)) => {
                let given_back = self.registry.lock().stall_survey(ticket, survey);
                if let Some(survey) = given_back {
                    survey.give_up();
                }
            }
            Err(_) => survey.give_up(),
        }
    }
}

impl Survey {
    /// Tells that none of the tasks can be read.
    pub(super) fn fail(&self, reason: &Error) {
        tell(&self.surveyor, || self.each(|| Seen::Failed(reason.clone())));
    }

    /// What is wrong is found out by who waits for one of the tasks.
    fn give_up(&self) {
        tell(&self.surveyor, || self.each(|| Seen::Unread));
    }

    fn each(&self, seen: impl Fn() -> Seen) -> Vec<(u64, Seen)> {
        self.tasks.iter().map(|(_, token)| (*token, seen())).collect()
    }
}

fn tell(surveyor: &Weak<dyn Surveyor>, seen: impl FnOnce() -> Vec<(u64, Seen)>) {
    if let Some(surveyor) = surveyor.upgrade() {
        surveyor.surveyed(seen());
    }
}

fn seen(read: std::result::Result<Option<Stored>, Failure>) -> Seen {
    match read {
        Ok(Some(record)) => Seen::Record(record),
        Ok(None) => Seen::Nothing,
        // Access rules can be mended too: who waits knows what to do about it.
        Err(Failure::Retry(_) | Failure::Uncertain(_) | Failure::Permanent(_)) => Seen::Unread,
        Err(Failure::TooLarge(error) | Failure::Unsupported(error)) => Seen::Failed(error),
    }
}
