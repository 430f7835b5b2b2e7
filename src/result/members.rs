//! The members of a set as many threads change and follow them: each change is told, in the order
//! in which the changes were made, to those who wait for the set meanwhile. How the members are
//! kept is in [`super::member_list`].

use super::{ResultBase, member_list::MemberList};
use crate::sys::{Mutex, MutexGuard};
use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

/// Is told of each change of a set that it follows: on the thread that makes the change, or on one
/// that makes another change at the same time, and never under a lock.
pub(super) trait Observer: Send + Sync {
    /// A member was appended.
    fn added(&self, context: u64, member: &ResultBase);
    /// A member was removed; where the set holds equal ones, the first of them.
    fn removed(&self, context: u64, member: &ResultBase);
}

/// The members of one set.
pub(super) struct Members {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    list: MemberList,
    followers: Followers,
    /// What has to be told, each to those who followed the set then.
    changes: VecDeque<(Change, Followers)>,
    /// Whether some thread tells the changes at this moment, and will tell those that come.
    telling: bool,
}

/// Who follows the set, and what each is to be reminded of. Shared, as every change keeps it.
type Followers = Arc<Vec<(Weak<dyn Observer>, u64)>>;

enum Change {
    Added(ResultBase),
    Removed(ResultBase),
    Cleared(Arc<Vec<ResultBase>>),
}

impl Members {
    pub(super) fn new(members: Vec<ResultBase>) -> Self {
        Self { state: Mutex::new(State { list: MemberList::new(members), ..State::default() }) }
    }

    /// The members at this moment, in order.
    pub(super) fn snapshot(&self) -> Arc<Vec<ResultBase>> {
        Arc::clone(self.state.lock().list.whole())
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().list.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<ResultBase> {
        self.state.lock().list.whole().get(index).cloned()
    }

    /// How many members are sets or groups.
    pub(super) fn nested(&self) -> usize {
        self.state.lock().list.nested()
    }

    /// The members at this moment; every change after it is told to the observer, with this
    /// context, as long as somebody holds the observer.
    pub(super) fn observe(&self, observer: Weak<dyn Observer>, context: u64) -> Arc<Vec<ResultBase>> {
        let mut state = self.state.lock();
        let followers = Arc::make_mut(&mut state.followers);
        // As many as there is room for anyway may be gone; so each is looked at twice on average.
        if followers.len() == followers.capacity() {
            followers.retain(|(observer, _)| observer.strong_count() > 0);
        }
        followers.push((observer, context));
        Arc::clone(state.list.whole())
    }

    /// Whether there is an equal member.
    pub(super) fn contains(&self, member: &ResultBase) -> bool {
        self.with_place(member, |_, place| place.is_some())
    }

    /// Appends the member unless an equal one is there; whether it was appended.
    pub(super) fn add(&self, member: &ResultBase) -> bool {
        let added = self.with_place(member, |state, place| {
            if place.is_some() {
                return false;
            }
            state.list.push(member.clone());
            state.change(|| Change::Added(member.clone()));
            true
        });
        self.tell();
        added
    }

    /// Removes the first member that equals this one; whether there was one.
    pub(super) fn remove(&self, member: &ResultBase) -> bool {
        let removed = self.with_place(member, |state, place| {
            let removed = state.list.take(place?)?;
            state.change(|| Change::Removed(removed.clone()));
            Some(removed)
        });
        self.tell();
        removed.is_some()
    }

    /// Removes all members.
    pub(super) fn clear(&self) {
        let members = {
            let mut state = self.state.lock();
            let members = state.list.clear();
            state.change(|| Change::Cleared(Arc::clone(&members)));
            members
        };
        self.tell();
        drop(members);
    }

    /// The members, if no snapshot holds them too. Takes no lock: a forked child drops sets as well.
    pub(super) fn take_last_parts(&mut self) -> Vec<ResultBase> {
        std::mem::take(&mut self.state.get_mut().list).into_last_parts()
    }

    /// Does something under the lock with the place of the first equal member.
    fn with_place<T>(&self, member: &ResultBase, act: impl FnOnce(&mut State, Option<usize>) -> T) -> T {
        loop {
            let (candidates, version) = {
                let mut state = self.indexed();
                let places = state.list.candidates(member);
                // Tasks are equal when their ids are; what else has the id is no task.
                if matches!(member, ResultBase::Async(_) | ResultBase::Eager(_)) {
                    let is_task = |place: &usize| {
                        matches!(state.list.at(*place), Some(ResultBase::Async(_) | ResultBase::Eager(_)))
                    };
                    let place = places.into_iter().find(is_task);
                    return act(&mut state, place);
                }
                let candidate = |place| Some((place, state.list.at(place)?.clone()));
                (places.into_iter().filter_map(candidate).collect::<Vec<_>>(), state.list.version())
            };
            // To compare sets is to lock them, which must not happen under this lock.
            let place = candidates.iter().find(|(_, candidate)| candidate == member).map(|(place, _)| *place);
            let mut state = self.indexed();
            if state.list.version() == version {
                return act(&mut state, place);
            }
        }
    }

    /// The state, with a complete index.
    fn indexed(&self) -> MutexGuard<'_, State> {
        loop {
            let mut state = self.state.lock();
            if state.list.index_some() {
                return state;
            }
        }
    }

    /// Tells what has changed, unless another thread is at it.
    fn tell(&self) {
        {
            let mut state = self.state.lock();
            if state.telling || state.changes.is_empty() {
                return;
            }
            state.telling = true;
        }
        let mut telling = Telling { members: self, ended: false };
        while let Some((change, followers)) = self.next_change() {
            for (observer, context) in followers.iter() {
                if let Some(observer) = observer.upgrade() {
                    change.tell(&*observer, *context);
                }
            }
        }
        telling.ended = true;
    }

    fn next_change(&self) -> Option<(Change, Followers)> {
        let mut state = self.state.lock();
        let next = state.changes.pop_front();
        state.telling = next.is_some();
        next
    }
}

impl State {
    fn change(&mut self, change: impl FnOnce() -> Change) {
        if !self.followers.is_empty() {
            self.changes.push_back((change(), Arc::clone(&self.followers)));
        }
    }
}

impl Change {
    fn tell(&self, observer: &dyn Observer, context: u64) {
        match self {
            Self::Added(member) => observer.added(context, member),
            Self::Removed(member) => observer.removed(context, member),
            Self::Cleared(members) => members.iter().for_each(|member| observer.removed(context, member)),
        }
    }
}

/// A thread that tells: should an observer panic, the next change is told by another one.
struct Telling<'a> {
    members: &'a Members,
    ended: bool,
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.members.state.lock().telling = false;
        }
    }
}
