//! Surveys under way: which tasks a ticket asks for, and who wants to know. One that could not leave
//! because there is no link waits for the next one.

use super::Registry;
use crate::{
    backend::{Op, Ticket},
    engine::survey::Surveyor,
    model::{Id, Key, Result},
};
use std::{collections::BTreeMap, sync::Weak};

/// Tasks that are looked at together.
pub(in crate::engine) struct Survey {
    pub(in crate::engine) tasks: Vec<(Id, u64)>,
    /// One that is gone has no interest in the rest.
    pub(in crate::engine) surveyor: Weak<dyn Surveyor>,
}

#[derive(Default)]
pub(super) struct Surveys {
    sent: BTreeMap<Ticket, Box<Survey>>,
    /// In the order in which they were asked for.
    stalled: BTreeMap<Ticket, Box<Survey>>,
}

impl Registry {
    pub(in crate::engine) fn begin_survey(&mut self, survey: Box<Survey>) -> Result<()> {
        self.check_open()?;
        let ticket = self.ticket();
        self.send_survey(ticket, survey);
        Ok(())
    }

    /// The survey that has been answered.
    pub(super) fn take_survey(&mut self, ticket: Ticket) -> Option<Box<Survey>> {
        self.surveys.sent.remove(&ticket)
    }

    /// A survey was answered *try again*. It is given back where there is a link: what that cannot
    /// read now is better waited for.
    pub(in crate::engine) fn stall_survey(
        &mut self,
        ticket: Ticket,
        survey: Box<Survey>,
    ) -> Option<Box<Survey>> {
        if self.link.live || self.closed.is_some() {
            return Some(survey);
        }
        self.surveys.stalled.insert(ticket, survey);
        None
    }

    /// A survey has read something.
    pub(in crate::engine) fn surveyed(&mut self) {
        self.ever_read = true;
    }

    /// Takes every survey that is not on its way, to be told that it was in vain.
    pub(in crate::engine) fn take_surveys(&mut self) -> impl Iterator<Item = Box<Survey>> + use<> {
        std::mem::take(&mut self.surveys.stalled).into_values()
    }

    pub(super) fn resend_surveys(&mut self) {
        for (ticket, survey) in std::mem::take(&mut self.surveys.stalled) {
            self.send_survey(ticket, survey);
        }
    }

    fn send_survey(&mut self, ticket: Ticket, survey: Box<Survey>) {
        if survey.surveyor.strong_count() == 0 {
            return;
        }
        let keys = survey.tasks.iter().map(|(id, _)| Key::Task(id.clone())).collect();
        self.outbox.push(Op::ReadMany(keys, ticket));
        self.surveys.sent.insert(ticket, survey);
    }
}
