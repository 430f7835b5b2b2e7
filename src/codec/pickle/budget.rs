//! What following a pickle may cost in memory. An opcode is one byte and makes a value of many, so
//! everything that is kept (stack, marks, memo, values and their links) is paid from one budget.

use super::cursor::Fault;
use crate::codec::limits::{Bounds, Subject};
use crate::model::{Error, Status};

/// The memory that is left for one pickle.
pub(super) struct Budget {
    left: usize,
    bounds: Bounds,
}

impl Budget {
    /// Any pickle may cost this much: values need more memory than their text does, so that one whose
    /// text keeps to a small `max_payload_bytes` would not be read otherwise.
    const GRANTED: usize = 32 << 20;

    /// The budget of a pickle within these bounds: what its text may have.
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self { left: Self::most(bounds), bounds: bounds.clone() }
    }

    /// What the pickle is.
    pub(super) fn subject(&self) -> Subject {
        self.bounds.subject
    }

    /// Takes bytes from it.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes).ok_or(Fault::TooLarge)?;
        Ok(())
    }

    /// Makes room in a list; what it takes beyond its elements is paid too.
    pub(super) fn room<T>(&mut self, list: &mut Vec<T>, more: usize) -> Result<(), Fault> {
        let (old, needed) = (list.capacity(), list.len().saturating_add(more));
        if needed <= old {
            return Ok(());
        }
        // Doubling, but half of what is left stays for the other lists.
        let spare = (self.left / size_of::<T>().max(1) / 2).min(old.max(8));
        let capacity = needed.max(old.saturating_add(spare));
        self.spend((capacity - old).saturating_mul(size_of::<T>()))?;
        list.try_reserve_exact(capacity - list.len()).map_err(|_| Fault::TooLarge)
    }

    /// Appends to a list.
    pub(super) fn push<T>(&mut self, list: &mut Vec<T>, value: T) -> Result<(), Fault> {
        self.room(list, 1)?;
        list.push(value);
        Ok(())
    }

    /// The error for a pickle that needs more.
    pub(super) fn exceeded(&self) -> Error {
        let (most, Bounds { subject, stored, option, .. }) = (Self::most(&self.bounds), &self.bounds);
        let message = format!(
            "{subject}, a pickle of {stored} bytes as stored, needs more than {most} bytes of memory for its values, which {option} does not allow"
        );
        Error::new(Status::TooLarge, message)
    }

    fn most(bounds: &Bounds) -> usize {
        bounds.grown.max(Self::GRANTED)
    }
}
