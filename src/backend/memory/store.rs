//! The records of a store in memory, and the apps that share it. Expired records go when they are
//! met, and a few with each store, so that ids nobody asks for again do not pile up.

use super::MemoryBackend;
use crate::{
    backend::MayReplace,
    model::{Key, Stored},
    sys::{Mutex, fork::PerProcess},
};
use hashbrown::HashTable;
use smallvec::SmallVec;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    hash::{BuildHasher, RandomState},
    num::NonZeroU64,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How many expired records a store may clear away on the way.
const CLEARED_PER_STORE: usize = 4;

/// With more than so many records gone, their memory is given back.
const CROWD: usize = 512;

/// The stores that have a name. Weak: a store goes with its last user. An ordered map, since a leak
/// checker can follow its pointers, other than those of a hash table.
static NAMED: PerProcess<Mutex<BTreeMap<String, Weak<Store>>>> = PerProcess::new();

pub(super) struct Store {
    records: Mutex<Records>,
    apps: Mutex<Vec<Weak<MemoryBackend>>>,
    /// Ids come from others: with a key of its own nobody can choose them to collide.
    hasher: RandomState,
    began: Instant,
}

/// Nanoseconds since the store began, which lasts for 584 years: half of what an `Instant` takes.
type Moment = u64;

#[derive(Default)]
struct Records {
    places: HashTable<Place>,
    /// The records lie in the order in which they came, so that whoever stores many does not jump about in
    /// memory.
    seats: Vec<Option<Kept>>,
    free: Vec<usize>,
    /// What expires, the next one first. An entry whose record was replaced or removed since is void.
    expiries: BinaryHeap<Reverse<Expiry>>,
    /// How many records expire.
    expiring: usize,
    /// How many were stored that expire.
    numbers: u64,
}

/// Where the record of a key is.
struct Place {
    /// Of the key, so that a table that grows need not look at the keys.
    hash: u64,
    seat: usize,
}

/// As large as what a processor reads at once.
struct Kept {
    hash: u64,
    key: Key,
    record: Stored,
    expires: Option<Expires>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Expires {
    at: Moment,
    /// Tells it from those of other records, earlier ones of the same key among them. Never 0, which stands
    /// for a record that does not expire.
    number: NonZeroU64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Expiry {
    expires: Expires,
    seat: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            records: Mutex::default(),
            apps: Mutex::default(),
            hasher: RandomState::new(),
            began: Instant::now(),
        }
    }
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
        let (hash, now) = (self.hash(key), self.now());
        let mut records = self.records.lock();
        let seat = records.find(hash, key)?;
        let kept = records.at(seat)?;
        if kept.has_expired(now) {
            records.remove(seat);
            return None;
        }
        Some(kept.record.clone())
    }

    pub(super) fn delete(&self, key: &Key) -> bool {
        let (hash, now) = (self.hash(key), self.now());
        let mut records = self.records.lock();
        let removed = records.find(hash, key).and_then(|seat| records.remove(seat));
        removed.is_some_and(|kept| !kept.has_expired(now))
    }

    /// Stores and tells every app on the store, on this thread. False where `may_replace` refused.
    pub(super) fn write(
        &self,
        key: Key,
        record: Stored,
        may_replace: Option<&MayReplace>,
        expires: Option<Duration>,
    ) -> bool {
        let (hash, now) = (self.hash(&key), self.now());
        let expires = expires.and_then(|expires| now.checked_add(nanoseconds(expires)?));
        let id = if let Key::Task(id) = &key { Some(id.clone()) } else { None };
        {
            let mut records = self.records.lock();
            records.clear_expired(now);
            let expires = expires.map(|at| records.number(at));
            let kept = Kept { hash, key, record: record.clone(), expires };
            // Under the lock, so that two stores cannot both find the old record; it is a look at
            // a few bytes.
            let gives_way = |standing: &Kept| {
                standing.has_expired(now)
                    || may_replace.is_none_or(|may_replace| may_replace(&standing.record))
            };
            if !records.insert(kept, gives_way) {
                return false;
            }
        }
        if let Some(id) = id {
            // Nearly always one.
            let apps: SmallVec<[_; 1]> = self.apps.lock().iter().filter_map(Weak::upgrade).collect();
            for app in apps {
                app.hear(&id, &record);
            }
        }
        true
    }

    fn hash(&self, key: &Key) -> u64 {
        self.hasher.hash_one(&**key.id())
    }

    fn now(&self) -> Moment {
        nanoseconds(self.began.elapsed()).unwrap_or(Moment::MAX)
    }
}

fn nanoseconds(duration: Duration) -> Option<Moment> {
    Moment::try_from(duration.as_nanos()).ok()
}

impl Kept {
    fn has_expired(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| expires.at <= now)
    }
}

impl Records {
    fn find(&self, hash: u64, key: &Key) -> Option<usize> {
        let is_it = |place: &Place| self.at(place.seat).is_some_and(|kept| kept.key == *key);
        self.places.find(hash, is_it).map(|place| place.seat)
    }

    fn at(&self, seat: usize) -> Option<&Kept> {
        self.seats.get(seat)?.as_ref()
    }

    fn number(&mut self, at: Moment) -> Expires {
        self.numbers = self.numbers.wrapping_add(1);
        Expires { at, number: NonZeroU64::new(self.numbers).unwrap_or(NonZeroU64::MIN) }
    }

    /// Keeps a record in place of the one that stands there, if that gives way.
    fn insert(&mut self, kept: Kept, gives_way: impl FnOnce(&Kept) -> bool) -> bool {
        let (hash, expires) = (kept.hash, kept.expires);
        let standing = self.find(hash, &kept.key);
        let seat = standing.or_else(|| self.free.pop()).unwrap_or(self.seats.len());
        if standing.is_some_and(|seat| !self.at(seat).is_none_or(gives_way)) {
            return false;
        }
        if standing.is_none() {
            self.places.insert_unique(hash, Place { hash, seat }, |place| place.hash);
        }
        if let Some(expires) = expires {
            self.expiring = self.expiring.saturating_add(1);
            self.expiries.push(Reverse(Expiry { expires, seat }));
        }
        match self.seats.get_mut(seat) {
            None => self.seats.push(Some(kept)),
            Some(place) => {
                let replaced = place.replace(kept);
                self.gone(replaced.as_ref());
            }
        }
        true
    }

    fn remove(&mut self, seat: usize) -> Option<Kept> {
        let kept = self.seats.get_mut(seat)?.take()?;
        if let Ok(place) = self.places.find_entry(kept.hash, |place| place.seat == seat) {
            place.remove();
        }
        self.free.push(seat);
        self.gone(Some(&kept));
        if self.places.is_empty() && self.seats.len() > CROWD {
            // A crowd has left; a daemon should not keep its seats for months.
            *self = Self { numbers: self.numbers, ..Self::default() };
        }
        Some(kept)
    }

    /// A record is there no more.
    fn gone(&mut self, kept: Option<&Kept>) {
        if kept.is_none_or(|kept| kept.expires.is_none()) {
            return;
        }
        self.expiring = self.expiring.saturating_sub(1);
        // Voided entries would otherwise stay until their time, a day by default.
        if self.expiries.len() > 64 && self.expiries.len() / 2 > self.expiring {
            let seats = &self.seats;
            self.expiries.retain(|Reverse(expiry)| expiry.stands(seats));
        }
    }

    fn clear_expired(&mut self, now: Moment) {
        for _ in 0..CLEARED_PER_STORE {
            match self.expiries.peek() {
                Some(Reverse(expiry)) if expiry.expires.at <= now => {}
                _ => return,
            }
            if let Some(Reverse(expiry)) = self.expiries.pop()
                && expiry.stands(&self.seats)
            {
                self.remove(expiry.seat);
            }
        }
    }
}

impl Expiry {
    /// Whether it is about the record that is there.
    fn stands(&self, seats: &[Option<Kept>]) -> bool {
        let kept = seats.get(self.seat).and_then(Option::as_ref);
        kept.is_some_and(|kept| kept.expires == Some(self.expires))
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
    fn a_record_is_kept_in_little_memory() {
        assert!(size_of::<Option<Kept>>() <= 64 && size_of::<Reverse<Expiry>>() <= 24);
    }

    #[test]
    fn expired_records_are_gone_and_leave_nothing_behind() {
        let store = Store::default();
        for number in 0..1_000 {
            store.write(key(&number.to_string()), record(), None, Some(Duration::ZERO));
        }
        assert!(store.read(&key("999")).is_none());
        let mut records = store.records.lock();
        records.clear_expired(store.now());
        assert!(records.places.len() <= 1 && records.seats.len() <= 2);
        assert!(records.expiries.len() <= 1 && records.expiring <= 1);
    }

    #[test]
    fn a_record_stored_again_for_long_keeps_no_trail() {
        let store = Store::default();
        for _ in 0..10_000 {
            store.write(key("one"), record(), None, Some(Duration::from_secs(86_400)));
        }
        let records = store.records.lock();
        assert_eq!((records.places.len(), records.seats.len(), records.expiring), (1, 1, 1));
        assert!(records.expiries.len() <= 65);
    }

    #[test]
    fn what_was_removed_makes_room_and_is_not_taken_for_another_record() {
        let store = Store::default();
        let long = Some(Duration::from_secs(86_400));
        for round in 0..100 {
            for number in 0..100 {
                let expires = if (round + number) % 3 == 0 { long } else { None };
                assert!(store.write(key(&number.to_string()), record(), None, expires));
            }
            for number in (round % 2..100).step_by(2) {
                assert!(store.delete(&key(&number.to_string())));
                assert!(!store.delete(&key(&number.to_string())));
            }
            let there = (0..100).filter(|number: &i32| store.read(&key(&number.to_string())).is_some());
            assert!(there.eq((1 - round % 2..100).step_by(2)));
            let records = store.records.lock();
            assert!(records.seats.len() <= 100 && records.expiries.len() <= 65.max(2 * records.expiring + 1));
            assert_eq!(
                records.seats.iter().flatten().filter(|kept| kept.expires.is_some()).count(),
                records.expiring
            );
        }
    }

    #[test]
    fn what_expires_does_not_take_its_successor_along() {
        let store = Store::default();
        let soon = Some(Duration::from_nanos(1));
        for _ in 0..10 {
            store.write(key("one"), record(), None, soon);
            store.write(key("one"), record(), None, None);
            store.write(key("two"), record(), None, soon);
            store.delete(&key("two"));
            store.write(key("three"), record(), None, None);
            assert!(store.read(&key("one")).is_some() && store.read(&key("three")).is_some());
        }
    }

    #[test]
    fn a_record_that_may_not_be_replaced_stays_until_it_has_expired() {
        let store = Store::default();
        let never: MayReplace = Arc::new(|_| false);
        let other = || Stored::new(*b"other");
        assert!(store.write(key("one"), record(), Some(&never), None));
        assert!(!store.write(key("one"), other(), Some(&never), None));
        assert_eq!(store.read(&key("one")).unwrap().bytes(), b"x");
        assert!(store.write(key("one"), record(), None, Some(Duration::ZERO)));
        assert!(store.write(key("one"), other(), Some(&never), None));
        assert_eq!(store.read(&key("one")).unwrap().bytes(), b"other");
    }

    #[test]
    fn a_name_is_a_store_as_long_as_somebody_uses_it() {
        let first = Store::shared("of the test");
        first.write(key("one"), record(), None, None);
        assert!(Store::shared("of the test").read(&key("one")).is_some());
        drop(first);
        assert!(Store::shared("of the test").read(&key("one")).is_none());
    }
}
