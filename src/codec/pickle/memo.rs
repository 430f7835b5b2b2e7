//! The memo: values that a pickle refers to again by number. Numbers count up from 0 in what Python
//! writes; others cost no more than their entry.

use std::collections::HashMap;

/// Values by number.
pub(super) struct Memo<R> {
    dense: Vec<R>,
    sparse: HashMap<u64, R>,
}

impl<R: Copy> Memo<R> {
    /// An empty memo.
    pub(super) fn new() -> Self {
        Self { dense: Vec::new(), sparse: HashMap::new() }
    }

    /// Keeps a value under a number.
    pub(super) fn put(&mut self, number: u64, value: R) {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(kept) = self.dense.get_mut(place) {
            *kept = value;
        } else if place == self.dense.len() {
            self.dense.push(value);
            self.sparse.remove(&number);
        } else {
            self.sparse.insert(number, value);
        }
    }

    /// Keeps a value under the number of values that are kept so far.
    pub(super) fn add(&mut self, value: R) {
        self.put((self.dense.len() + self.sparse.len()) as u64, value);
    }

    /// The value of a number.
    pub(super) fn get(&self, number: u64) -> Option<R> {
        let dense = usize::try_from(number).ok().and_then(|place| self.dense.get(place));
        dense.or_else(|| self.sparse.get(&number)).copied()
    }
}
