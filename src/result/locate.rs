//! Where a task is: told by its record, or by the worker that has it.

use super::{AsyncResult, ResultBase};
use crate::{
    app::{Answers, ControlOptions},
    message::Command,
    model::{Result, Value},
};

/// Where a task is, the furthest that it can have come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Looks at the record, asks the workers (`query_task`) where that does not say that it has finished, and
    /// looks again where none of them has it. A task that waits in a queue is unknown to the workers, as is one
    /// that has vanished.
    ///
    /// A worker that runs it is believed at once. One that only holds it is not enough, as a task that was
    /// delivered twice (Redis does so after the `visibility_timeout`, and with an eta always) may run
    /// elsewhere: of all answers the furthest counts.
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
        if self.state()?.is_ready() {
            return Ok(Located { place: Place::Finished, answers: None });
        }
        let command = Command::query_task([self.id().as_ref()]);
        let id = self.id().clone();
        let runs = move |answer: &Value| place_by(answer, &id) == Some(Place::Running);
        let mut found = self.app().control_until(&command, options, Some(runs))?;
        let holders = found.nodes.iter();
        let holders = holders.filter_map(|(node, answer)| Some((place_by(answer, self.id())?, node)));
        let place = match holders.min_by_key(|(place, _)| *place) {
            Some((place, node)) => {
                found.node = Some(node.clone());
                place
            }
            // It may have ended between the two questions.
            None if self.state()?.is_ready() => Place::Finished,
            None => Place::Unknown,
        };
        Ok(Located { place, answers: Some(found) })
    }
}

/// Where a task is by an answer to `query_task`; `None` where the worker does not know it, or knows it for
/// done ("ready").
fn place_by(answer: &Value, id: &str) -> Option<Place> {
    let state = answer.get_key(id).ok()?.get(0).ok()?;
    Some(match state.as_str().ok()?.as_ref() {
        "active" => Place::Running,
        "reserved" => Place::Reserved,
        "scheduled" => Place::Scheduled,
        _ => return None,
    })
}
