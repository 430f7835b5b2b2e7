//! State and task id of a record, by the machine with a heap that keeps nothing but where values
//! stand in the pickle and what was set on the outermost map. It needs far less memory than the
//! values, so the record's texts are found by it too where there is not enough for all of them.

use super::budget::Budget;
use super::cursor::{Cursor, Fault, Place, Span};
use super::heap::{Heap, Shape, Slot};
use super::literal::{self, Decoded, LONGEST_ESCAPE, Literal, Spelling, decoded};
use super::machine;
use crate::codec::limits::Bounds;
use crate::codec::outline::{Outline, Sketch};
use crate::codec::transcript::Transcript;
use crate::codec::transcription::Transcription;
use crate::model::{Error, Result, Status};

/// State and task id, without decoding the value.
pub(super) fn outline(pickle: &[u8], bounds: &Bounds) -> Result<Outline> {
    let traces = traces(pickle, bounds)?;
    let mut sketch = Sketch::default();
    for (key, value) in [(STATUS, traces.status), (TASK_ID, traces.task_id)] {
        let Some(value) = value else { continue };
        let text = text(pickle, value).map_err(|fault| {
            Error::new(Status::Decode, format!("the record, a pickle, at key {key:?}: {fault}"))
        })?;
        sketch.note(key.as_bytes(), text.as_deref());
    }
    sketch.finish()
}

/// The record as JSON text of which only the parts are given that are text; `error` says why there are
/// no others.
pub(super) fn texts(pickle: &[u8], bounds: &Bounds, error: Error) -> Result<Transcription> {
    let traces = traces(pickle, bounds)?;
    if traces.parts.len() > MOST_PARTS {
        return Err(error);
    }
    let mut out = Transcript::new(bounds, pickle.len());
    out.open_object()?;
    for (key, value) in traces.parts {
        let Ok(Some(key)) = text(pickle, key) else { return Err(error) };
        out.key(key.as_bytes())?;
        let part = out.part();
        let written = match text(pickle, value) {
            Ok(Some(text)) => out.text(text.as_bytes()),
            _ => Err(error.clone()),
        };
        if let Err(error) = written {
            out.refuse(part, error)?;
        }
    }
    out.close_object()?;
    Ok(out.finish())
}

fn traces<'a>(pickle: &'a [u8], bounds: &Bounds) -> Result<Traces<'a>> {
    let budget = Budget::new(bounds);
    let mut traces =
        Traces { pickle, budget, outermost: OTHER, status: None, task_id: None, parts: Vec::new() };
    machine::run(pickle, &mut traces)?;
    Ok(traces)
}

/// Keys of a record that are kept: more than Celery's records have.
const MOST_PARTS: usize = 32;

const STATUS: &str = "status";
const TASK_ID: &str = "task_id";

/// Bytes that a key of interest may take with its opcode, its length and its quotes.
const LONGEST_KEY: usize = TASK_ID.len() * LONGEST_ESCAPE + 16;

/// Where a text or a map begins that may be the outermost one.
type Trace = Place;

/// Any other value.
const OTHER: Trace = Trace::MAX;

struct Traces<'a> {
    pickle: &'a [u8],
    budget: Budget,
    /// The last map that may be the outermost one.
    outermost: Trace,
    /// What is set there.
    status: Option<Trace>,
    task_id: Option<Trace>,
    /// Keys and values that are set there; one more than the most where there are more.
    parts: Vec<(Trace, Trace)>,
}

impl Traces<'_> {
    fn note(&mut self, pairs: &[Trace]) {
        for pair in pairs.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            if self.parts.len() <= MOST_PARTS {
                self.parts.push((key, value));
            }
            // So that a key costs the same however long it is.
            let end = self.pickle.len().min((key as usize).saturating_add(LONGEST_KEY));
            let start = self.pickle.get(..end).unwrap_or_default();
            let Some((span, spelling)) = spelled(start, key) else { continue };
            let is = |name| literal::is_text(span.of(start), spelling, name);
            if is(STATUS) {
                self.status = Some(value);
            } else if is(TASK_ID) {
                self.task_id = Some(value);
            }
        }
    }
}

/// The text at a place, where there is one.
fn spelled(pickle: &[u8], trace: Trace) -> Option<(Span, Spelling)> {
    let mut cursor = Cursor::at(pickle, trace).ok()?;
    let opcode = cursor.byte().ok()?;
    match literal::read(&mut cursor, opcode).ok()?? {
        Literal::Text(span, spelling) => Some((span, spelling)),
        _ => None,
    }
}

/// The text at a place, where it is UTF-8.
fn text(pickle: &[u8], trace: Trace) -> std::result::Result<Option<String>, Fault> {
    let Some((span, spelling)) = spelled(pickle, trace) else { return Ok(None) };
    Ok(match decoded(span.of(pickle), spelling)? {
        Decoded::Text(text) => String::from_utf8(text.into_owned()).ok(),
        Decoded::Bytes(_) => None,
    })
}

impl Heap for Traces<'_> {
    type Ref = Trace;

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn literal(&mut self, place: Place, literal: Literal) -> Result<Trace, Fault> {
        Ok(if matches!(literal, Literal::Text(..)) { place } else { OTHER })
    }

    fn group(&mut self, _: Shape, _: &[Trace]) -> Result<Trace, Fault> {
        Ok(OTHER)
    }

    fn outermost(&mut self, place: Place, pairs: &[Trace]) -> Result<Trace, Fault> {
        (self.outermost, self.status, self.task_id) = (place, None, None);
        self.parts.clear();
        self.note(pairs);
        Ok(place)
    }

    fn extend(&mut self, target: Trace, slot: Slot, items: &[Trace]) -> Result<(), Fault> {
        if slot == Slot::Entries && target == self.outermost {
            self.note(items);
        }
        Ok(())
    }

    fn name(&mut self, _: Trace, _: Trace, _: bool) -> Result<Trace, Fault> {
        Ok(OTHER)
    }

    fn call(&mut self, _: Trace, _: Trace, _: Option<Trace>) -> Result<Trace, Fault> {
        Ok(OTHER)
    }

    fn build(&mut self, _: Trace, _: Trace) -> Result<(), Fault> {
        Ok(())
    }
}
