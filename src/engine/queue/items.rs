//! The items of a queue, found by token and by key. A token names one item for ever: it holds the
//! item's place, and a number that tells it from others that had the place before.

use crate::{engine::tables::Tables, model::Id};
use std::num::NonZeroU32;

/// For some ten thousand keys each where there are a million.
const TABLES: usize = 32;

/// No site: the item is completed by somebody else.
pub(super) const HELD: u16 = u16::MAX;

const SEEN: u8 = 1;
const ABSENT: u8 = 2;
const ENDED: u8 = 4;

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
        Self { key, payload, id, progress: None, number: NonZeroU32::MIN, site, flags: 0 }
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

    /// Whether the latest look found no record.
    pub(super) fn is_absent(&self) -> bool {
        self.has(ABSENT)
    }

    /// Whether its final event has come.
    pub(super) fn has_ended(&self) -> bool {
        self.has(ENDED)
    }

    pub(super) fn end(&mut self) {
        self.set(ENDED, true);
    }
}

pub(super) struct Items<T, P> {
    seats: Vec<Option<Item<T, P>>>,
    free: Vec<u32>,
    keys: Tables,
    next: NonZeroU32,
}

impl<T, P> Items<T, P> {
    pub(super) fn new() -> Self {
        Self { seats: Vec::new(), free: Vec::new(), keys: Tables::new(TABLES), next: NonZeroU32::MIN }
    }

    /// Keeps an item and names it; `None` when there is no more room for numbers.
    pub(super) fn insert(&mut self, mut item: Item<T, P>) -> Option<u64> {
        let place = match self.free.pop() {
            Some(place) => place,
            None => u32::try_from(self.seats.len()).ok()?,
        };
        self.next = self.next.checked_add(1).unwrap_or(NonZeroU32::MIN);
        item.number = self.next;
        let (key, token) = (item.key, token(item.number, place as usize));
        match self.seats.get_mut(place as usize) {
            Some(seat) => *seat = Some(item),
            None => self.seats.push(Some(item)),
        }
        let seats = &self.seats;
        self.keys.insert(place, key, |place| key_at(seats, place));
        Some(token)
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
        let key = self.get(token)?.key;
        let place = place(token);
        self.keys.remove(place, &key);
        let item = self.seats.get_mut(place)?.take();
        self.free.extend(u32::try_from(place));
        if self.keys.is_empty() {
            // A crowd has left; a daemon should not keep its seats for months.
            self.seats = Vec::new();
            self.free = Vec::new();
            self.keys.shrink();
        }
        item
    }

    /// An item of this key.
    pub(super) fn find(&self, key: u64) -> Option<u64> {
        let place = self.keys.find(&key, |place| key_at(&self.seats, place) == Some(key))?;
        self.seats.get(place)?.as_ref().map(|item| token(item.number, place))
    }

    /// All items with their tokens.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Item<T, P>)> {
        let seats = self.seats.iter().enumerate();
        seats.filter_map(|(place, seat)| seat.as_ref().map(|item| (token(item.number, place), item)))
    }
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
