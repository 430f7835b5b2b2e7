//! Where the entry of an id is. Many small tables instead of one: a table that grows moves all it
//! holds, and with a million ids in one every wait would stand still for that long.

use crate::model::Id;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

/// A table of a million ids' share grows in well under a millisecond.
const TABLES: u64 = 256;

pub(super) struct Places {
    tables: Vec<HashMap<Id, usize>>,
    /// Not the hash of the tables, which would then have ids of one kind only.
    choice: RandomState,
    len: usize,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { tables: (0..TABLES).map(|_| HashMap::new()).collect(), choice: RandomState::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn get(&self, id: &str) -> Option<usize> {
        self.tables.get(self.table(id))?.get(id).copied()
    }

    pub(super) fn insert(&mut self, id: Id, place: usize) {
        let table = self.table(&id);
        let before = self.tables.get_mut(table).and_then(|table| table.insert(id, place));
        self.len = self.len.saturating_add(usize::from(before.is_none()));
    }

    pub(super) fn remove(&mut self, id: &str) {
        let table = self.table(id);
        let removed = self.tables.get_mut(table).and_then(|table| table.remove(id));
        self.len = self.len.saturating_sub(usize::from(removed.is_some()));
    }

    /// Some of them.
    pub(super) fn some(&self, most: usize) -> Vec<usize> {
        self.tables.iter().flat_map(HashMap::values).take(most).copied().collect()
    }

    /// Gives back the memory of tables that are empty.
    pub(super) fn shrink(&mut self) {
        for table in &mut self.tables {
            table.shrink_to_fit();
        }
    }

    fn table(&self, id: &str) -> usize {
        usize::try_from(self.choice.hash_one(id) % TABLES).unwrap_or_default()
    }
}
