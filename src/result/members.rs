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
        // Tasks are equal when their ids are, and never equal a set.
        if let (Some(id), false) = (member.id(), member.is_set()) {
            let mut state = self.indexed();
            let place = state.list.task(id);
            return act(&mut state, place);
        }
        loop {
            let (candidates, version) = {
                let state = self.indexed();
                let candidate = |place| Some((place, state.list.at(place)?.clone()));
                let places = state.list.sets_like(member).into_iter();
                (places.filter_map(candidate).collect::<Vec<_>>(), state.list.version())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::AsyncResult;
    use super::*;
    use crate::{app::App, config::Options, sys::Log};
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    /// Keeps a copy of the members by what it is told.
    #[derive(Default)]
    struct Copy {
        ids: Mutex<Vec<String>>,
        told: AtomicUsize,
    }

    impl Observer for Copy {
        fn added(&self, context: u64, member: &ResultBase) {
            assert_eq!(context, 7);
            self.ids.lock().push(name(member));
            self.told.fetch_add(1, Ordering::Relaxed);
        }

        fn removed(&self, _: u64, member: &ResultBase) {
            let mut ids = self.ids.lock();
            let place = ids.iter().position(|id| *id == name(member)).unwrap();
            ids.remove(place);
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn name(member: &ResultBase) -> String {
        member.id().map_or("set", AsRef::as_ref).to_owned()
    }

    fn names(members: &Members) -> Vec<String> {
        members.snapshot().iter().map(name).collect()
    }

    fn app() -> App {
        App::open("memory://", &Options::new(), Log::default()).unwrap()
    }

    fn task(app: &App, id: impl ToString) -> ResultBase {
        ResultBase::Async(AsyncResult::new(app, &id.to_string()).unwrap())
    }

    fn follow(members: &Members) -> Arc<Copy> {
        let copy = Arc::new(Copy::default());
        let observer: Arc<dyn Observer> = copy.clone();
        // What is told before the snapshot is copied waits for it.
        let mut ids = copy.ids.lock();
        let snapshot = members.observe(Arc::downgrade(&observer), 7);
        ids.extend(snapshot.iter().map(name));
        drop(ids);
        copy
    }

    #[test]
    fn those_who_follow_are_told_every_change_in_order() {
        let app = &app();
        let members = Members::new(vec![task(app, "a"), task(app, "b"), task(app, "a")]);
        let copy = follow(&members);
        assert!(members.add(&task(app, "c")) && !members.add(&task(app, "c")));
        assert!(members.remove(&task(app, "a")) && !members.remove(&task(app, "x")));
        assert_eq!(*copy.ids.lock(), ["b", "a", "c"]);
        assert_eq!(names(&members), ["b", "a", "c"]);
        let late = follow(&members);
        members.clear();
        assert!(members.add(&task(app, "d")));
        for copy in [copy, late] {
            assert_eq!(*copy.ids.lock(), ["d"]);
        }
        assert!(members.add(&task(app, "e")), "nobody follows any more");
    }

    #[test]
    fn nothing_is_missed_or_told_twice_while_many_threads_change_a_set() {
        let app = &app();
        for _ in 0..50 {
            let members = Members::new(Vec::new());
            let copies: Vec<_> = thread::scope(|scope| {
                for changer in 0..4 {
                    let members = &members;
                    scope.spawn(move || {
                        for number in 0..50 {
                            assert!(members.add(&task(app, changer * 1000 + number)));
                            if number % 3 == 0 {
                                assert!(members.remove(&task(app, changer * 1000 + number / 2)));
                                assert!(members.add(&task(app, changer * 1000 + number / 2)));
                            }
                        }
                    });
                }
                let followers: Vec<_> = (0..4).map(|_| scope.spawn(|| follow(&members))).collect();
                followers.into_iter().map(|follower| follower.join().unwrap()).collect()
            });
            // A thread may have left its last change to another one, which has told it by now.
            let expected = names(&members);
            assert_eq!(expected.len(), 200);
            for copy in copies {
                assert_eq!(*copy.ids.lock(), expected);
            }
        }
    }

    #[test]
    fn an_observer_may_change_the_set_and_a_dead_one_is_let_go() {
        struct Clears(Arc<Members>);
        impl Observer for Clears {
            fn added(&self, _: u64, _: &ResultBase) {
                self.0.clear();
            }
            fn removed(&self, _: u64, _: &ResultBase) {}
        }
        let app = &app();
        let members = Arc::new(Members::new(Vec::new()));
        let observer: Arc<dyn Observer> = Arc::new(Clears(Arc::clone(&members)));
        members.observe(Arc::downgrade(&observer), 0);
        assert!(members.add(&task(app, "a")));
        assert_eq!(members.len(), 0);
        drop(observer);
        for _ in 0..1_000 {
            follow(&members);
        }
        assert!(members.state.lock().followers.len() < 10);
    }

    #[test]
    fn after_an_observer_panicked_the_others_are_told_again() {
        struct Panics;
        impl Observer for Panics {
            fn added(&self, _: u64, _: &ResultBase) {
                panic!("of the test");
            }
            fn removed(&self, _: u64, _: &ResultBase) {}
        }
        let app = &app();
        let members = Members::new(Vec::new());
        let copy = follow(&members);
        let observer: Arc<dyn Observer> = Arc::new(Panics);
        members.observe(Arc::downgrade(&observer), 0);
        let added = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| members.add(&task(app, "a"))));
        assert!(added.is_err());
        drop(observer);
        members.add(&task(app, "b"));
        assert_eq!(*copy.ids.lock(), ["a", "b"]);
    }

    #[test]
    fn members_are_found_after_any_changes() {
        let app = &app();
        let members = Members::new((0..10).map(|number| task(app, number % 5)).collect());
        // Removed from the front, the middle and the end, with and without snapshots in between.
        for (id, left) in [(0, "1234"), (3, "124"), (4, "12"), (1, "2"), (2, "")] {
            assert!(members.remove(&task(app, id)) && members.remove(&task(app, id)));
            assert!(!members.contains(&task(app, id)) && !members.remove(&task(app, id)));
            if id != 3 {
                let expected: Vec<_> = left.chars().chain(left.chars()).map(String::from).collect();
                let mut found = names(&members);
                found.sort();
                let mut expected = expected;
                expected.sort();
                assert_eq!(found, expected);
            }
            assert_eq!(members.len(), left.len() * 2);
        }
        assert!(members.add(&task(app, 3)));
        assert_eq!(members.get(0), Some(task(app, 3)));
    }
}
