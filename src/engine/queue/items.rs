//! The items of a queue, found by token and by key. A token names one item for ever: it holds the
//! item's place, and a number that tells it from others that had the place before. Items of one key
//! form a ring, of which the table knows the oldest: a million items may have the same key.

use crate::{engine::tables::Tables, model::Id};
use std::num::NonZeroU32;

/// For some ten thousand keys each where there are a million.
const TABLES: usize = 32;

/// No site: the item is completed by somebody else.
pub(super) const HELD: u16 = u16::MAX;

const SEEN: u8 = 1;
const ABSENT: u8 = 2;
const ENDED: u8 = 4;
const ADDING: u8 = 8;
const EXCUSED: u8 = 16;

/// One item. There may be a million, so what few of them need is in a box.
pub(super) struct Item<T, P> {
    pub(super) key: u64,
    pub(super) payload: T,
    /// `None` for what is held.
    pub(super) id: Option<Id>,
    pub(super) progress: Option<Box<P>>,
    /// Never 0, which saves a place that has no item another eight bytes.
    number: NonZeroU32,
    pub(super) site: u16,
    flags: u8,
}

impl<T, P> Item<T, P> {
    pub(super) fn new(key: u64, payload: T, id: Option<Id>, site: u16) -> Self {
        // Nobody looks at what is held, and it is there at once.
        let flags = if site == HELD { SEEN } else { ADDING };
        Self { key, payload, id, progress: None, number: NonZeroU32::MIN, site, flags }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Whether the store was looked at since it was added.
    pub(super) fn is_seen(&self) -> bool {
        self.has(SEEN)
    }

    /// Notes what a look has shown.
    pub(super) fn saw(&mut self, absent: bool) {
        self.set(SEEN, true);
        self.set(ABSENT, absent);
    }

    /// Whether the latest look found no record, and that matters.
    pub(super) fn is_absent(&self) -> bool {
        self.has(ABSENT) && !self.has(EXCUSED)
    }

    /// That there is no record does not matter from now on.
    pub(super) fn excuse(&mut self) {
        self.set(EXCUSED, true);
    }

    /// Whether its final event has come.
    pub(super) fn has_ended(&self) -> bool {
        self.has(ENDED)
    }

    pub(super) fn end(&mut self) {
        self.set(ENDED, true);
    }

    /// Whether it is still being added, which may fail: nobody is to hear of it so far.
    pub(super) fn is_being_added(&self) -> bool {
        self.has(ADDING)
    }
}

pub(super) struct Items<T, P> {
    seats: Vec<Option<Item<T, P>>>,
    free: Vec<u32>,
    /// The place of the oldest item of each key.
    keys: Tables,
    /// The places of the previous and the next item of the same key, round and round. Empty until
    /// there are two of one key.
    rings: Vec<[u32; 2]>,
    next: NonZeroU32,
}

impl<T, P> Items<T, P> {
    pub(super) fn new() -> Self {
        Self {
            seats: Vec::new(),
            free: Vec::new(),
            keys: Tables::new(TABLES),
            rings: Vec::new(),
            next: NonZeroU32::MIN,
        }
    }

    /// Keeps an item and names it; `None` when there is no more room for numbers. One that is being added
    /// is not found by its key before [`Self::show`].
    pub(super) fn insert(&mut self, mut item: Item<T, P>) -> Option<u64> {
        let place = match self.free.pop() {
            Some(place) => place,
            None => u32::try_from(self.seats.len()).ok()?,
        };
        self.next = self.next.checked_add(1).unwrap_or(NonZeroU32::MIN);
        item.number = self.next;
        let (key, token) = (item.key, token(item.number, place as usize));
        let is_there = !item.is_being_added();
        match self.seats.get_mut(place as usize) {
            Some(seat) => *seat = Some(item),
            None => self.seats.push(Some(item)),
        }
        if is_there {
            self.join(place, key);
        }
        Some(token)
    }

    /// An item has been added well.
    pub(super) fn show(&mut self, token: u64) -> Option<&mut Item<T, P>> {
        let item = self.get(token).filter(|item| item.is_being_added())?;
        item.set(ADDING, false);
        let key = item.key;
        self.join(u32::try_from(place(token)).ok()?, key);
        self.get(token)
    }

    pub(super) fn get(&mut self, token: u64) -> Option<&mut Item<T, P>> {
        let item = self.seats.get_mut(place(token))?.as_mut()?;
        (u64::from(item.number.get()) == token >> 32).then_some(item)
    }

    pub(super) fn is_known(&self, token: u64) -> bool {
        let item = self.seats.get(place(token)).and_then(Option::as_ref);
        item.is_some_and(|item| u64::from(item.number.get()) == token >> 32)
    }

    pub(super) fn remove(&mut self, token: u64) -> Option<Item<T, P>> {
        let item = self.get(token)?;
        let (place, key) = (place(token), item.key);
        if !item.is_being_added() {
            self.leave(place, key);
        }
        let item = self.seats.get_mut(place)?.take();
        self.free.extend(u32::try_from(place));
        if self.free.len() == self.seats.len() {
            // A crowd has left; a daemon should not keep its seats for months.
            self.seats = Vec::new();
            self.free = Vec::new();
            self.rings = Vec::new();
            self.keys.shrink();
        }
        item
    }

    /// The oldest item of this key.
    pub(super) fn find(&self, key: u64) -> Option<u64> {
        let place = self.oldest(key, self.keys.hasher().hash(&key))?;
        self.seats.get(place)?.as_ref().map(|item| token(item.number, place))
    }

    /// The present moment, for [`is_older`].
    pub(super) fn now(&self) -> NonZeroU32 {
        self.next
    }

    /// All items with their tokens.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Item<T, P>)> {
        let seats = self.seats.iter().enumerate();
        seats.filter_map(|(place, seat)| seat.as_ref().map(|item| (token(item.number, place), item)))
    }
}

impl<T, P> Items<T, P> {
    fn oldest(&self, key: u64, hash: u32) -> Option<usize> {
        self.keys.find(hash, |place| key_at(&self.seats, place) == Some(key))
    }

    /// An item has come: behind the last one of its key.
    fn join(&mut self, place: u32, key: u64) {
        let hash = self.keys.hasher().hash(&key);
        let oldest = self.oldest(key, hash).and_then(|oldest| u32::try_from(oldest).ok());
        if self.rings.is_empty() && oldest.is_none() {
            return self.begin_key(place, hash);
        }
        // As large as the seats, and everybody alone: once, and then one by one as these grow.
        let seats = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        let known = u32::try_from(self.rings.len()).unwrap_or(u32::MAX);
        self.rings.extend((known..seats).map(|alone| [alone; 2]));
        let Some(oldest) = oldest else {
            self.link(place, place);
            return self.begin_key(place, hash);
        };
        let last = self.ring(oldest as usize).map_or(oldest, |[previous, _]| previous);
        self.link(last, place);
        self.link(place, oldest);
    }

    /// An item goes; where it was the oldest of its key, the next one is.
    fn leave(&mut self, place: usize, key: u64) {
        let hash = self.keys.hasher().hash(&key);
        let [previous, next] = match self.ring(place) {
            Some(ring) if ring.iter().any(|other| *other as usize != place) => ring,
            _ => return self.keys.remove(place, hash),
        };
        self.link(previous, next);
        if self.keys.find(hash, |first| first == place).is_some() {
            self.keys.remove(place, hash);
            self.begin_key(next, hash);
        }
    }

    fn begin_key(&mut self, place: u32, hash: u32) {
        let (seats, hasher) = (&self.seats, self.keys.hasher().clone());
        self.keys.insert(place, hash, |place| key_at(seats, place).map_or(0, |key| hasher.hash(&key)));
    }

    fn ring(&self, place: usize) -> Option<[u32; 2]> {
        self.rings.get(place).copied()
    }

    fn link(&mut self, before: u32, after: u32) {
        if let Some([_, next]) = self.rings.get_mut(before as usize) {
            *next = after;
        }
        if let Some([previous, _]) = self.rings.get_mut(after as usize) {
            *previous = before;
        }
    }
}

/// Whether the item of this token was there at that moment. Numbers begin again some day: what is
/// older is less than half the way behind.
pub(super) fn is_older(token: u64, moment: NonZeroU32) -> bool {
    let number = u32::try_from(token >> 32).unwrap_or_default();
    moment.get().wrapping_sub(number) < u32::MAX / 2
}

fn token(number: NonZeroU32, place: usize) -> u64 {
    u64::from(number.get()) << 32 | u64::try_from(place).unwrap_or_default()
}

fn place(token: u64) -> usize {
    usize::try_from(token & u64::from(u32::MAX)).unwrap_or(usize::MAX)
}

fn key_at<T, P>(items: &[Option<Item<T, P>>], place: usize) -> Option<u64> {
    items.get(place)?.as_ref().map(|item| item.key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_item_is_small() {
        assert!(size_of::<Option<Item<u64, [u64; 9]>>>() <= 48);
    }

    #[test]
    fn a_token_names_one_item_for_ever() {
        let mut items: Items<char, ()> = Items::new();
        let first = items.insert(Item::new(7, 'a', None, HELD)).unwrap();
        let second = items.insert(Item::new(7, 'b', None, HELD)).unwrap();
        assert_eq!(items.remove(first).unwrap().payload, 'a');
        let third = items.insert(Item::new(8, 'c', None, HELD)).unwrap();
        assert!(items.get(first).is_none());
        assert_eq!(items.get(third).unwrap().payload, 'c');
        assert_eq!(items.find(7), Some(second));
        assert_eq!(items.find(9), None);
        assert_eq!(items.iter().count(), 2);
    }
}
