//! State and task id of a record, by the machine with a heap that keeps nothing but where texts
//! stand and what is set on the outermost map.

use super::cursor::{Fault, Span};
use super::heap::{Heap, Shape, Slot};
use super::literal::{Decoded, Literal, Spelling, decoded};
use super::machine;
use crate::codec::outline::{Outline, Sketch};
use crate::model::Result;
use std::mem;

/// State and task id, without decoding the value.
pub(super) fn outline(pickle: &[u8]) -> Result<Outline> {
    let mut heap = Traces { pickle, sketch: Sketch::default(), maps: 0 };
    machine::run(pickle, &mut heap)?;
    heap.sketch.finish()
}

struct Traces<'a> {
    pickle: &'a [u8],
    /// What is known of the map that may be the outermost one.
    sketch: Sketch,
    /// How many such maps there were.
    maps: u32,
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq)]
enum Trace {
    Text(Span, Spelling),
    /// A map that may be the outermost one, by its number.
    Map(u32),
    Other,
}

impl Traces<'_> {
    fn note(&mut self, pairs: &[Trace]) -> Result<(), Fault> {
        for pair in pairs.chunks_exact(2) {
            if let [Trace::Text(key, spelling), value] = pair
                && let Decoded::Text(key) = decoded(key.of(self.pickle), *spelling)?
                && matches!(&*key, b"status" | b"task_id")
            {
                let value = match value {
                    Trace::Text(span, spelling) => match decoded(span.of(self.pickle), *spelling)? {
                        Decoded::Text(text) => Some(text),
                        Decoded::Bytes(_) => None,
                    },
                    _ => None,
                };
                self.sketch.note(&key, value.as_deref().and_then(|text| std::str::from_utf8(text).ok()));
            }
        }
        Ok(())
    }
}

impl Heap for Traces<'_> {
    type Ref = Trace;

    fn literal(&mut self, literal: Literal) -> Result<Trace, Fault> {
        Ok(match literal {
            Literal::Text(span, spelling) => Trace::Text(span, spelling),
            _ => Trace::Other,
        })
    }

    fn group(&mut self, _: Shape, _: &[Trace]) -> Result<Trace, Fault> {
        Ok(Trace::Other)
    }

    fn outermost(&mut self, pairs: &[Trace]) -> Result<Trace, Fault> {
        self.maps += 1;
        mem::take(&mut self.sketch);
        self.note(pairs)?;
        Ok(Trace::Map(self.maps))
    }

    fn extend(&mut self, target: Trace, slot: Slot, items: &[Trace]) -> Result<(), Fault> {
        if slot == Slot::Entries && target == Trace::Map(self.maps) { self.note(items) } else { Ok(()) }
    }

    fn name(&mut self, _: Trace, _: Trace, _: bool) -> Result<Trace, Fault> {
        Ok(Trace::Other)
    }

    fn call(&mut self, _: Trace, _: Trace, _: Option<Trace>) -> Result<Trace, Fault> {
        Ok(Trace::Other)
    }

    fn build(&mut self, _: Trace, _: Trace) -> Result<(), Fault> {
        Ok(())
    }
}
