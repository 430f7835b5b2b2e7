//! Where a task is: told by its record, or by the worker that has it.

use super::{AsyncResult, ResultBase};
use crate::{
    app::{Answers, ControlOptions},
    message::{Command, Whereabouts, answers},
    model::Result,
};

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It has finished.
    Finished,
    /// A worker runs it.
    Running,
    /// A worker holds it and has not begun.
    Reserved,
    /// A worker holds it until its time has come.
    Scheduled,
    /// No worker that answered knows it.
    Unknown,
}

/// Where a task is, and who said so.
#[derive(Clone, Debug)]
pub struct Located {
    /// Where.
    pub place: Place,
    /// What the workers answered, with the name of the one that has the task; `None` where its record told.
    pub answers: Option<Answers>,
}

impl ResultBase {
    /// Looks at the record, asks the workers where that says nothing (`query_task`), and looks again.
    /// A task that waits in a queue is unknown to the workers, as is one that has vanished.
    ///
    /// Fails as [`crate::app::App::control`], where the record cannot be read, and with `WrongKind` for a
    /// set or group.
    pub fn locate(&self, options: &ControlOptions) -> Result<Located> {
        if let Self::Eager(_) = self {
            return Ok(Located { place: Place::Finished, answers: None });
        }
        self.task()?.locate(options)
    }
}

impl AsyncResult {
    fn locate(&self, options: &ControlOptions) -> Result<Located> {
        let finished = Located { place: Place::Finished, answers: None };
        if self.state()?.is_ready() {
            return Ok(finished);
        }
        let command = Command::query_task([self.id().as_ref()]);
        let mut found = self.app().control(&command, options)?;
        let place = found.nodes.iter().find_map(|(node, answer)| {
            let place = match answers::whereabouts(answer, self.id())? {
                Whereabouts::Active => Place::Running,
                Whereabouts::Scheduled => Place::Scheduled,
                Whereabouts::Reserved => Place::Reserved,
            };
            Some((place, node.clone()))
        });
        let Some((place, node)) = place else {
            // It may have ended between the two questions.
            let place = if self.state()?.is_ready() { Place::Finished } else { Place::Unknown };
            return Ok(Located { place, answers: Some(found) });
        };
        found.node = Some(node);
        Ok(Located { place, answers: Some(found) })
    }
}
