//! Finds places in a list by what is stored there. Several tables instead of one: a table that
//! grows moves all it holds, and with a million in one everybody would stand still for that long.
//! The tables hold places only, so nothing is kept twice.

use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, RandomState};

pub(super) struct Tables {
    shares: Vec<HashTable<u32>>,
    hasher: RandomState,
    len: usize,
}

impl Tables {
    /// One among so many tables grows in well under a millisecond if it has a few thousand places.
    pub(super) fn new(tables: usize) -> Self {
        let shares = (0..tables.max(1)).map(|_| HashTable::new()).collect();
        Self { shares, hasher: RandomState::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A place of which `is_it` is true, among those that were inserted under this key.
    pub(super) fn find<K: Hash + ?Sized>(
        &self,
        key: &K,
        mut is_it: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let found = self.shares.get(self.table(hash))?.find(hash, |place| is_it(*place as usize));
        found.map(|place| *place as usize)
    }

    /// Remembers a place under its key; `key_of` gives the keys of those that are here.
    pub(super) fn insert<K: Hash>(&mut self, place: u32, key: K, key_of: impl Fn(usize) -> Option<K>) {
        let hash = self.hasher.hash_one(&key);
        let table = self.table(hash);
        if let Some(table) = self.shares.get_mut(table) {
            let hasher = &self.hasher;
            let hash_of = |place: &u32| key_of(*place as usize).map_or(0, |key| hasher.hash_one(key));
            table.insert_unique(hash, place, hash_of);
            self.len = self.len.saturating_add(1);
        }
    }

    /// Forgets a place that was inserted under this key.
    pub(super) fn remove<K: Hash + ?Sized>(&mut self, place: usize, key: &K) {
        let hash = self.hasher.hash_one(key);
        let table = self.table(hash);
        if let Some(table) = self.shares.get_mut(table)
            && let Ok(found) = table.find_entry(hash, |other| *other as usize == place)
        {
            found.remove();
            self.len = self.len.saturating_sub(1);
        }
    }

    /// Some of the places.
    pub(super) fn some(&self, most: usize) -> Vec<usize> {
        self.shares.iter().flat_map(HashTable::iter).take(most).map(|place| *place as usize).collect()
    }

    /// Gives back the memory of tables that are empty.
    pub(super) fn shrink(&mut self) {
        for table in &mut self.shares {
            if table.is_empty() {
                *table = HashTable::new();
            }
        }
    }

    /// Chosen by bits of the hash that a table itself makes little use of.
    fn table(&self, hash: u64) -> usize {
        usize::try_from(hash >> 40).unwrap_or_default() % self.shares.len()
    }
}
