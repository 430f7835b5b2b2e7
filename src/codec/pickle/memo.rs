//! The memo: values that a pickle refers to again by number. Numbers count up from 0 or 1 in what
//! Python writes; others cost no more than their entry.

use super::budget::Budget;
use super::cursor::Fault;
use std::collections::HashMap;

/// What an entry out of turn costs at most, with the spare room of the map and while the map grows.
const ENTRY: usize = 64;

/// Values by number.
pub(super) struct Memo<R> {
    /// Values from the number `first` on
    dense: Vec<R>,
    first: u64,
    sparse: HashMap<u64, R>,
}

impl<R: Copy> Memo<R> {
    /// An empty memo.
    pub(super) fn new() -> Self {
        Self { dense: Vec::new(), first: 0, sparse: HashMap::new() }
    }

    /// Keeps a value under a number.
    pub(super) fn put(&mut self, number: u64, value: R, budget: &mut Budget) -> Result<(), Fault> {
        if self.dense.is_empty() && self.sparse.is_empty() {
            self.first = number;
        }
        let place = self.place(number);
        if let Some(kept) = place.and_then(|place| self.dense.get_mut(place)) {
            *kept = value;
        } else if place == Some(self.dense.len()) {
            budget.push(&mut self.dense, value)?;
            self.sparse.remove(&number);
        } else if let Some(kept) = self.sparse.get_mut(&number) {
            *kept = value;
        } else {
            budget.spend(ENTRY)?;
            self.sparse.try_reserve(1).map_err(|_| Fault::TooLarge)?;
            self.sparse.insert(number, value);
        }
        Ok(())
    }

    /// Keeps a value under the number of values that are kept so far.
    pub(super) fn add(&mut self, value: R, budget: &mut Budget) -> Result<(), Fault> {
        self.put((self.dense.len() + self.sparse.len()) as u64, value, budget)
    }

    /// The value of a number.
    pub(super) fn get(&self, number: u64) -> Option<R> {
        let dense = self.place(number).and_then(|place| self.dense.get(place));
        dense.or_else(|| self.sparse.get(&number)).copied()
    }

    fn place(&self, number: u64) -> Option<usize> {
        number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok())
    }
}
