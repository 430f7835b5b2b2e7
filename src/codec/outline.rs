//! What the decoders of the other serializers find at a glance: state and task id, in whatever order
//! and however deep the rest is.

use crate::model::{Error, Result, State, Status};

/// What a look at a record tells without decoding its value.
#[derive(Debug)]
pub(super) struct Outline {
    /// The state.
    pub(super) state: State,
    /// The task the record says it is of.
    pub(super) task_id: TaskId,
}

/// The key `task_id` of a record.
#[derive(Debug, Default)]
pub(super) enum TaskId {
    /// The record has no such key.
    #[default]
    Absent,
    /// A text.
    Text(String),
    /// Something else.
    Other,
}

/// The key `status` of a record.
#[derive(Debug, Default)]
enum Found {
    /// The record has no such key.
    #[default]
    Nothing,
    /// A text.
    State(State),
    /// Something else.
    Other,
}

/// An outline in the making: the last of two equal keys counts, as in Python.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    found: Found,
    task_id: TaskId,
}

impl Sketch {
    /// Notes a key of the outermost map; `value` is its value where that is UTF-8 text.
    pub(super) fn note(&mut self, key: &[u8], value: Option<&str>) {
        match key {
            b"status" => {
                self.found = value.map_or(Found::Other, |name| Found::State(State::from_name(name)));
            }
            b"task_id" => self.task_id = value.map_or(TaskId::Other, |id| TaskId::Text(id.to_owned())),
            _ => {}
        }
    }

    /// The outline, or what is missing.
    pub(super) fn finish(self) -> Result<Outline> {
        match self.found {
            Found::State(state) => Ok(Outline { state, task_id: self.task_id }),
            Found::Other => Err(Error::new(Status::Decode, "the record at key \"status\": text expected")),
            Found::Nothing => Err(Error::new(Status::Decode, "the record has no key \"status\"")),
        }
    }
}
