//! The records of a store in memory, and the apps that share it. Expired records go when they are
//! met, and a few with each store, so that ids nobody asks for again do not pile up.

use super::MemoryBackend;
use crate::{
    backend::MayReplace,
    model::{Key, Stored},
    sys::{Mutex, fork::PerProcess},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How many expired records a store may clear away on the way.
const CLEARED_PER_STORE: usize = 4;

/// The stores that have a name. Weak: a store goes with its last user. An ordered map, since a leak
/// checker can follow its pointers, other than those of a hash table.
static NAMED: PerProcess<Mutex<BTreeMap<String, Weak<Store>>>> = PerProcess::new();

#[derive(Default)]
pub(super) struct Store {
    records: Mutex<Records>,
    apps: Mutex<Vec<Weak<MemoryBackend>>>,
}

#[derive(Default)]
struct Records {
    by_key: HashMap<Key, Kept>,
    /// When something may have expired; an entry whose record was replaced since is void.
    expiries: BinaryHeap<Reverse<(Instant, u64)>>,
    expiring: HashMap<u64, Key>,
    stores: u64,
}

struct Kept {
    record: Stored,
    expires: Option<(Instant, u64)>,
}

impl Store {
    /// The process's store of this name.
    pub(super) fn shared(name: &str) -> Arc<Self> {
        let mut named = NAMED.get().lock();
        if let Some(store) = named.get(name).and_then(Weak::upgrade) {
            return store;
        }
        named.retain(|_, store| store.strong_count() > 0);
        let store = Arc::new(Self::default());
        named.insert(name.to_owned(), Arc::downgrade(&store));
        store
    }

    pub(super) fn attach(&self, app: Weak<MemoryBackend>) {
        let mut apps = self.apps.lock();
        apps.retain(|app| app.strong_count() > 0);
        apps.push(app);
    }

    pub(super) fn read(&self, key: &Key) -> Option<Stored> {
        let mut records = self.records.lock();
        if records.by_key.get(key)?.has_expired(Instant::now()) {
            records.remove(key);
            return None;
        }
        records.by_key.get(key).map(|kept| kept.record.clone())
    }

    pub(super) fn delete(&self, key: &Key) -> bool {
        let mut records = self.records.lock();
        let existed = records.by_key.get(key).is_some_and(|kept| !kept.has_expired(Instant::now()));
        records.remove(key);
        existed
    }

    /// Stores and tells every app on the store, on this thread. False where `may_replace` refused.
    pub(super) fn write(
        &self,
        key: &Key,
        record: Stored,
        may_replace: Option<&MayReplace>,
        expires: Option<Duration>,
    ) -> bool {
        let now = Instant::now();
        {
            let mut records = self.records.lock();
            // Under the lock, so that two stores cannot both find the old record; it is a look at
            // a few bytes.
            let standing = records.by_key.get(key).filter(|kept| !kept.has_expired(now));
            if let (Some(may_replace), Some(kept)) = (may_replace, standing)
                && !may_replace(&kept.record)
            {
                return false;
            }
            records.clear_expired(now);
            records.insert(key.clone(), record.clone(), expires.and_then(|expires| now.checked_add(expires)));
        }
        if let Key::Task(id) = key {
            let apps: Vec<_> = self.apps.lock().iter().filter_map(Weak::upgrade).collect();
            for app in apps {
                app.hear(id, &record);
            }
        }
        true
    }
}

impl Kept {
    fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|(at, _)| at <= now)
    }
}

impl Records {
    fn insert(&mut self, key: Key, record: Stored, expires: Option<Instant>) {
        self.remove(&key);
        self.stores = self.stores.wrapping_add(1);
        let expires = expires.map(|at| (at, self.stores));
        if let Some((at, number)) = expires {
            self.expiries.push(Reverse((at, number)));
            self.expiring.insert(number, key.clone());
        }
        self.by_key.insert(key, Kept { record, expires });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(Kept { expires: Some((_, number)), .. }) = self.by_key.remove(key) {
            self.expiring.remove(&number);
        }
        // Voided entries would otherwise stay until their time, a day by default.
        if self.expiries.len() > 64 && self.expiries.len() / 2 > self.expiring.len() {
            let expiring = &self.expiring;
            self.expiries.retain(|Reverse((_, number))| expiring.contains_key(number));
        }
    }

    fn clear_expired(&mut self, now: Instant) {
        for _ in 0..CLEARED_PER_STORE {
            match self.expiries.peek() {
                Some(Reverse((at, _))) if *at <= now => {}
                _ => return,
            }
            if let Some(Reverse((_, number))) = self.expiries.pop()
                && let Some(key) = self.expiring.remove(&number)
            {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key(name: &str) -> Key {
        Key::Task(name.into())
    }

    fn record() -> Stored {
        Stored::new(*b"x")
    }

    #[test]
    fn expired_records_are_gone_and_leave_nothing_behind() {
        let store = Store::default();
        for number in 0..1_000 {
            store.write(&key(&number.to_string()), record(), None, Some(Duration::ZERO));
        }
        assert!(store.read(&key("999")).is_none());
        let mut records = store.records.lock();
        records.clear_expired(Instant::now());
        assert!(records.by_key.len() <= 1 && records.expiries.len() <= 1 && records.expiring.len() <= 1);
    }

    #[test]
    fn a_record_stored_again_for_long_keeps_no_trail() {
        let store = Store::default();
        for _ in 0..10_000 {
            store.write(&key("one"), record(), None, Some(Duration::from_secs(86_400)));
        }
        let records = store.records.lock();
        assert_eq!((records.by_key.len(), records.expiring.len()), (1, 1));
        assert!(records.expiries.len() <= 65);
    }

    #[test]
    fn a_name_is_a_store_as_long_as_somebody_uses_it() {
        let first = Store::shared("of the test");
        first.write(&key("one"), record(), None, None);
        assert!(Store::shared("of the test").read(&key("one")).is_some());
        drop(first);
        assert!(Store::shared("of the test").read(&key("one")).is_none());
    }
}
