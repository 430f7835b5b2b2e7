//! Finds places in a list by what is stored there. Several tables instead of one: a table that
//! grows moves all it holds, and with a million in one everybody would stand still for that long.
//! The tables hold places only, so nothing is kept twice.

use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, RandomState};

pub(super) struct Tables {
    shares: Vec<HashTable<u32>>,
    hasher: Hasher,
    len: usize,
}

/// Makes the hashes of keys, by which their places are found. Whoever can keep a hash saves having it
/// made again: the keys are ids from elsewhere, and a hash that nobody can foresee takes its time.
#[derive(Clone, Default)]
pub(super) struct Hasher {
    state: RandomState,
}

impl Hasher {
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u32 {
        (self.state.hash_one(key) >> 32) as u32
    }
}

impl Tables {
    /// One among so many tables grows in well under a millisecond if it has a few thousand places.
    pub(super) fn new(tables: usize) -> Self {
        let shares = (0..tables.max(1)).map(|_| HashTable::new()).collect();
        Self { shares, hasher: Hasher::default(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// A place of which `is_it` is true, among those that were inserted under a key of this hash.
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        let hash = spread(hash);
        let found = self.shares.get(self.table(hash))?.find(hash, |place| is_it(*place as usize));
        found.map(|place| *place as usize)
    }

    /// Remembers a place under the hash of its key; `hash_of` gives the hashes of those that are here.
    pub(super) fn insert(&mut self, place: u32, hash: u32, hash_of: impl Fn(usize) -> u32) {
        let hash = spread(hash);
        let table = self.table(hash);
        if let Some(table) = self.shares.get_mut(table) {
            table.insert_unique(hash, place, |place| spread(hash_of(*place as usize)));
            self.len = self.len.saturating_add(1);
        }
    }

    /// Forgets a place that was inserted under this hash.
    pub(super) fn remove(&mut self, place: usize, hash: u32) {
        let hash = spread(hash);
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

/// A table looks at both ends of a hash, and which one it is is told by its middle.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
