//! The state of a queue: items, events, and who is blocked until there is one. It lies behind one
//! lock. A method takes what happened and returns whom to wake; the descriptor alone is changed
//! here, so that whoever polls it after a call has returned finds it right.

use super::{
    Pending, Site, Taken,
    events::{Events, Progress, Report},
    items::{HELD, Item, Items, is_older},
};
use crate::{
    engine::Event,
    model::{Error, Id, Result, Status},
    sys::{EventFd, Parking},
};
use std::{collections::VecDeque, num::NonZeroU32, sync::Arc};

/// A caller that is blocked; true once it was woken.
pub(super) type Parked = Arc<Parking<bool>>;

pub(super) struct State<S, T> {
    items: Items<T, Progress>,
    events: Events,
    sites: Vec<Option<(Arc<S>, usize)>>,
    pending: Pending,
    /// How many of those that have not ended have no record, as far as is known.
    absent: usize,
    report: Report,
    /// Whether somebody waits for what looks find.
    heeds_looks: bool,
    parked: VecDeque<Parked>,
    /// Whether somebody asked for a blocked caller, or the next one, to return.
    woken: bool,
    descriptor: Option<EventFd>,
    /// Whether anybody may be polling the descriptor. Until then it is left alone: raising and lowering it
    /// are system calls.
    is_polled: bool,
    gone: Gone<S, T>,
}

/// What was removed. To be dropped after the lock: it may be the last that holds an app.
pub(super) type Gone<S, T> = (Vec<Arc<S>>, Vec<Item<T, Progress>>);

/// What is to be done once the lock is released.
#[derive(Default)]
#[must_use]
pub(super) struct Outcome {
    pub(super) wake: Option<Parked>,
    /// Whether the queue was empty before.
    pub(super) was_empty: bool,
}

/// Waits that are to end: where, and for what under which token.
pub(super) type Ended<S> = Vec<(S, Vec<(Id, u64)>)>;

impl<S: Site, T: Clone> State<S, T> {
    pub(super) fn new(descriptor: Option<EventFd>) -> Self {
        Self {
            items: Items::new(),
            events: Events::new(),
            sites: Vec::new(),
            pending: Pending::default(),
            absent: 0,
            report: Report::default(),
            heeds_looks: false,
            parked: VecDeque::new(),
            woken: false,
            descriptor,
            is_polled: false,
            gone: (Vec::new(), Vec::new()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn take_gone(&mut self) -> Gone<S, T> {
        std::mem::take(&mut self.gone)
    }

    pub(super) fn pending(&self) -> Pending {
        self.pending
    }

    /// The descriptor for somebody who is going to poll it.
    pub(super) fn poll(&mut self) -> Option<&EventFd> {
        if !std::mem::replace(&mut self.is_polled, true) && self.events.len() > 0 {
            self.raise();
        }
        self.descriptor.as_ref()
    }

    pub(super) fn report(&mut self, report: Report) {
        self.report = report;
    }

    /// The number of a site.
    pub(super) fn site(&mut self, site: &S) -> Result<u16> {
        let same = |known: &Option<(Arc<S>, usize)>| {
            known.as_ref().is_some_and(|(known, _)| known.engine().is_same(site.engine()))
        };
        let place = self.sites.iter().position(same).or_else(|| self.sites.iter().position(Option::is_none));
        let place = place.unwrap_or(self.sites.len());
        let number = u16::try_from(place).ok().filter(|number| *number != HELD);
        let number = number.ok_or_else(|| Error::new(Status::Limit, "a queue serves at most 65535 apps"))?;
        match self.sites.get_mut(place) {
            Some(Some(_)) => {}
            Some(free) => *free = Some((Arc::new(site.clone()), 0)),
            None => self.sites.push(Some((Arc::new(site.clone()), 0))),
        }
        Ok(number)
    }

    /// Keeps an item: what is waited for at a site, or else held. Gives its token.
    pub(super) fn insert(&mut self, wait: Option<(u16, Id)>, key: u64, payload: T) -> Result<u64> {
        let unseen = usize::from(wait.is_some());
        let (site, id) = wait.map_or((HELD, None), |(site, id)| (site, Some(id)));
        let token = self.items.insert(Item::new(key, payload, id, site));
        let token = token.ok_or_else(|| Error::new(Status::Limit, "a queue holds at most 2^32 results"))?;
        if let Some((_, count)) = self.known_site(site) {
            *count = count.saturating_add(1);
        }
        self.pending.items = self.pending.items.saturating_add(1);
        self.pending.unseen = self.pending.unseen.saturating_add(unseen);
        Ok(token)
    }

    /// Items were added well. Until now nobody could remove them: who is told that he removed something
    /// must not be told by another call that it was never added.
    pub(super) fn show(&mut self, waits: &[(Id, u64)]) -> Outcome {
        let before = self.events.len();
        for (_, token) in waits {
            if let Some(item) = self.items.show(*token) {
                self.events.show(*token, item);
            }
        }
        self.changed(before)
    }

    /// Something was found out about items. One caller is woken for all of it, who passes on what it
    /// does not take.
    pub(super) fn hear<'e>(&mut self, told: impl IntoIterator<Item = (u64, &'e Event)>) -> Outcome {
        let (before, mut is_heeded) = (self.events.len(), false);
        for (token, event) in told {
            is_heeded |= self.hear_one(token, event);
        }
        let mut outcome = self.changed(before);
        if is_heeded && outcome.wake.is_none() {
            outcome.wake = self.wake().wake;
        }
        outcome
    }

    /// Tells whether somebody who heeds looks is to return.
    fn hear_one(&mut self, token: u64, event: &Event) -> bool {
        let Some(item) = self.items.get(token).filter(|item| !item.has_ended()) else { return false };
        match event {
            Event::Unfinished { record, how } => {
                let (first, was_absent) = (!item.is_seen(), item.is_absent());
                item.saw(record.is_none());
                let is_absent = item.is_absent();
                self.absent = self.absent.saturating_sub(usize::from(was_absent));
                self.absent = self.absent.saturating_add(usize::from(is_absent));
                if let Some(record) = record.as_ref().filter(|_| self.report.history > 0) {
                    self.events.progress(token, item, record.clone(), *how, self.report);
                }
                if let Some(progress) = item.progress.as_mut().filter(|_| record.is_none()) {
                    progress.saw_nothing();
                }
                if first {
                    self.pending.unseen = self.pending.unseen.saturating_sub(1);
                }
                self.heeds_looks && (is_absent || (first && self.pending.unseen == 0))
            }
            Event::Ready { .. } | Event::Failed(_) => {
                item.end();
                let (unseen, absent) = (!item.is_seen(), item.is_absent());
                self.events.end(token, item, event.clone());
                self.no_longer_pending(unseen, absent);
                false
            }
        }
    }

    /// Takes the oldest events.
    pub(super) fn take(&mut self, max: usize) -> Vec<Taken<S, T>> {
        let mut taken = Vec::with_capacity(max.min(self.events.len()));
        while taken.len() < max
            && let Some(token) = self.events.first()
        {
            let Some(item) = self.items.get(token) else {
                self.events.skip();
                continue;
            };
            let Some((event, is_last)) = self.events.take(item) else { continue };
            let number = item.site;
            let site = self.sites.get(usize::from(number)).and_then(Option::as_ref);
            let site = site.map(|(site, _)| Arc::clone(site));
            if !is_last {
                let (id, payload) = (item.id.clone(), item.payload.clone());
                taken.push(Taken { key: item.key, id, site, payload, event });
            } else if let Some(Item { key, id, payload, .. }) = self.items.remove(token) {
                self.leave_site(number);
                taken.push(Taken { key, id, site, payload, event });
            }
        }
        if self.events.len() == 0 && !taken.is_empty() {
            self.events.shrink();
            self.lower();
        }
        taken
    }

    /// Marks the present, for [`Self::remove`].
    pub(super) fn now(&self) -> NonZeroU32 {
        self.items.now()
    }

    /// Removes some of what was added under a key before that moment: how many, and the waits that
    /// end by it.
    pub(super) fn remove(&mut self, key: u64, before: NonZeroU32, most: usize) -> (usize, Ended<S>) {
        let (mut count, mut ended) = (0_usize, Vec::new());
        while count < most
            && let Some(token) = self.items.find(key).filter(|token| is_older(*token, before))
        {
            count = count.saturating_add(1);
            self.forget(token, &mut ended);
        }
        (count, ended)
    }

    /// Gives up all there is; nothing happens here any more.
    pub(super) fn retire(&mut self) -> Self {
        std::mem::replace(self, Self::new(None))
    }

    /// Removes one item and what was said of it.
    pub(super) fn forget(&mut self, token: u64, ended: &mut Ended<S>) {
        let Some(item) = self.items.remove(token) else { return };
        let before = self.events.len();
        let items = &mut self.items;
        self.events.forget(&item, |token| items.is_known(token));
        if before > 0 && self.events.len() == 0 {
            self.lower();
        }
        if !item.has_ended() {
            self.no_longer_pending(!item.is_seen(), item.is_absent());
            if let (Some(id), Some((site, _))) = (&item.id, self.known_site(item.site)) {
                let site = S::clone(site);
                push(ended, site, (Id::clone(id), token));
            }
        }
        self.leave_site(item.site);
        self.gone.1.push(item);
    }

    /// All waits that have not ended, at most so many of them.
    pub(super) fn waits(&self, most: usize) -> Ended<S> {
        let mut waits = Vec::new();
        let pending = self.items.iter().filter(|(_, item)| !item.has_ended() && item.id.is_some());
        for (token, item) in pending.take(most) {
            let site = self.sites.get(usize::from(item.site)).and_then(Option::as_ref);
            if let (Some(id), Some((site, _))) = (&item.id, site) {
                push(&mut waits, S::clone(site), (Id::clone(id), token));
            }
        }
        waits
    }

    /// The record of the oldest item under this key may be missing from now on.
    pub(super) fn excuse(&mut self, key: u64) {
        let Some(item) = self.items.find(key).and_then(|token| self.items.get(token)) else { return };
        if item.is_absent() && !item.has_ended() {
            self.absent = self.absent.saturating_sub(1);
        }
        item.excuse();
    }

    /// An item without a record, as far as is known.
    pub(super) fn first_absent(&self) -> Option<u64> {
        // Whoever asks again and again must not go over a million each time in vain.
        if self.absent == 0 {
            return None;
        }
        let absent = |item: &&Item<T, Progress>| item.is_absent() && !item.has_ended();
        self.items.iter().map(|(_, item)| item).find(absent).map(|item| item.key)
    }

    pub(super) fn heed_looks(&mut self) {
        self.heeds_looks = true;
    }

    /// Makes a blocked caller, or the next one, return.
    pub(super) fn wake(&mut self) -> Outcome {
        self.woken = true;
        Outcome { wake: self.parked.pop_front(), was_empty: false }
    }

    /// Whether the caller is to return because somebody asked for it.
    pub(super) fn take_wake(&mut self) -> bool {
        std::mem::take(&mut self.woken)
    }

    /// Whether a caller has a reason to return.
    pub(super) fn has_something(&self) -> bool {
        self.woken || self.events.len() > 0
    }

    pub(super) fn park(&mut self, parked: &Parked) {
        self.parked.push_back(Arc::clone(parked));
    }

    pub(super) fn unpark(&mut self, parked: &Parked) {
        self.parked.retain(|other| !Arc::ptr_eq(other, parked));
    }

    #[cfg(test)]
    pub(super) fn absent(&self) -> usize {
        self.absent
    }

    #[cfg(test)]
    pub(super) fn parked(&self) -> usize {
        self.parked.len()
    }

    /// Whom to wake for what a caller that returns leaves behind.
    pub(super) fn pass_on(&mut self) -> Option<Parked> {
        if self.has_something() { self.parked.pop_front() } else { None }
    }

    fn known_site(&mut self, number: u16) -> Option<&mut (Arc<S>, usize)> {
        self.sites.get_mut(usize::from(number)).and_then(Option::as_mut)
    }

    fn leave_site(&mut self, number: u16) {
        if let Some(seat) = self.sites.get_mut(usize::from(number))
            && let Some((_, count)) = seat
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.gone.0.extend(seat.take().map(|(site, _)| site));
            }
        }
    }

    fn no_longer_pending(&mut self, unseen: bool, absent: bool) {
        self.pending.items = self.pending.items.saturating_sub(1);
        self.pending.unseen = self.pending.unseen.saturating_sub(usize::from(unseen));
        self.absent = self.absent.saturating_sub(usize::from(absent));
    }

    fn changed(&mut self, before: usize) -> Outcome {
        if self.events.len() <= before {
            return Outcome::default();
        }
        if before == 0 {
            self.raise();
        }
        Outcome { wake: self.parked.pop_front(), was_empty: before == 0 }
    }

    fn raise(&self) {
        if let Some(descriptor) = self.descriptor.as_ref().filter(|_| self.is_polled) {
            descriptor.raise();
        }
    }

    fn lower(&self) {
        if let Some(descriptor) = self.descriptor.as_ref().filter(|_| self.is_polled) {
            descriptor.clear();
        }
    }
}

fn push<S: Site>(waits: &mut Ended<S>, site: S, wait: (Id, u64)) {
    match waits.iter_mut().find(|(known, _)| known.engine().is_same(site.engine())) {
        Some((_, list)) => list.push(wait),
        None => waits.push((site, vec![wait])),
    }
}
