//! Where the entry of an id is. Many small tables instead of one: a table that grows moves all it
//! holds, and with a million ids in one every wait would stand still for that long. The tables
//! hold places only; the ids are in the entries.

use super::Entries;
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// A table of a million ids' share grows in well under a millisecond.
const TABLES: usize = 256;

pub(super) struct Places {
    tables: Vec<HashTable<u32>>,
    hasher: RandomState,
    len: usize,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { tables: (0..TABLES).map(|_| HashTable::new()).collect(), hasher: RandomState::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn get(&self, id: &str, entries: &Entries) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let table = self.tables.get(table(hash))?;
        table.find(hash, |place| id_at(entries, *place) == Some(id)).map(|place| *place as usize)
    }

    /// Remembers a place that has an entry, whose id is not here yet.
    pub(super) fn insert(&mut self, place: u32, entries: &Entries) {
        let Some(id) = id_at(entries, place) else { return };
        let hash = self.hasher.hash_one(id);
        if let Some(table) = self.tables.get_mut(table(hash)) {
            let hasher = &self.hasher;
            table.insert_unique(hash, place, |place| {
                hasher.hash_one(id_at(entries, *place).unwrap_or_default())
            });
            self.len = self.len.saturating_add(1);
        }
    }

    /// Forgets a place that still has its entry.
    pub(super) fn remove(&mut self, place: usize, entries: &Entries) {
        let Some((place, id)) =
            u32::try_from(place).ok().and_then(|place| Some((place, id_at(entries, place)?)))
        else {
            return;
        };
        let hash = self.hasher.hash_one(id);
        if let Some(table) = self.tables.get_mut(table(hash))
            && let Ok(found) = table.find_entry(hash, |other| *other == place)
        {
            found.remove();
            self.len = self.len.saturating_sub(1);
        }
    }

    /// Some of them.
    pub(super) fn some(&self, most: usize) -> Vec<usize> {
        self.tables.iter().flat_map(HashTable::iter).take(most).map(|place| *place as usize).collect()
    }

    /// Gives back the memory of tables that are empty.
    pub(super) fn shrink(&mut self) {
        for table in &mut self.tables {
            if table.is_empty() {
                *table = HashTable::new();
            }
        }
    }
}

/// Chosen by bits of the hash that a table itself makes little use of.
fn table(hash: u64) -> usize {
    usize::try_from(hash >> 48).unwrap_or_default() % TABLES
}

fn id_at(entries: &Entries, place: u32) -> Option<&str> {
    entries.get(place as usize)?.as_deref().map(|entry| &*entry.id)
}
