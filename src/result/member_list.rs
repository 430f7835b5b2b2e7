//! The list of a set's members: in order, with an index by id, so that a member is found, added
//! and removed without a walk over the others. Who may change it when, and who is told, is in
//! [`super::members`].

use super::ResultBase;
use crate::model::Id;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

/// How many members are entered into the index in one go.
const SLICE: usize = 4096;

/// The members of one set.
#[derive(Default)]
pub(super) struct MemberList {
    /// The members as snapshots share them; empty while there are holes.
    whole: Arc<Vec<ResultBase>>,
    /// The members since one was removed, up to the next snapshot.
    holed: Option<Holed>,
    /// How many members are sets or groups.
    nested: usize,
    index: Index,
    /// Counts the changes after which a position that was found before is void.
    version: u64,
}

struct Holed {
    slots: Vec<Option<ResultBase>>,
    holes: usize,
}

/// Where members stand. Made when it is first needed: a set that is only read has none.
#[derive(Default)]
struct Index {
    /// How many slots, from the first, have been entered.
    entered: usize,
    /// The first position of each id.
    by_id: HashMap<Id, usize>,
    /// Its other positions in order, of the few ids that have more.
    again: HashMap<Id, VecDeque<usize>>,
    /// Sets have no id.
    sets: BTreeSet<usize>,
}

impl MemberList {
    pub(super) fn new(members: Vec<ResultBase>) -> Self {
        let nested = members.iter().filter(|member| member.is_set()).count();
        Self { whole: Arc::new(members), nested, ..Self::default() }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn len(&self) -> usize {
        self.holed.as_ref().map_or(self.whole.len(), |holed| holed.slots.len() - holed.holes)
    }

    pub(super) fn nested(&self) -> usize {
        self.nested
    }

    /// All members in order.
    pub(super) fn whole(&mut self) -> &Arc<Vec<ResultBase>> {
        if let Some(Holed { slots, holes }) = self.holed.take() {
            self.whole = Arc::new(slots.into_iter().flatten().collect());
            if holes > 0 {
                self.index = Index::default();
                self.version += 1;
            }
        }
        &self.whole
    }

    /// Enters some more members into the index; whether all are in.
    pub(super) fn index_some(&mut self) -> bool {
        let until = self.slots().min(self.index.entered + SLICE);
        for at in self.index.entered..until {
            if let Some(member) = self.at(at).cloned() {
                self.index.enter(at, &member);
            }
        }
        self.index.entered = until;
        until == self.slots()
    }

    /// The position of the first task of this id, run at once or not; the index must be complete.
    pub(super) fn task(&self, id: &Id) -> Option<usize> {
        self.index.places(id).find(|at| self.at(*at).is_some_and(|member| !member.is_set()))
    }

    /// The positions where a member may stand that equals this set or group, in order; the index
    /// must be complete.
    pub(super) fn sets_like(&self, set: &ResultBase) -> Vec<usize> {
        let is_set = |at: &usize| self.at(*at).is_some_and(ResultBase::is_set);
        match set.id() {
            Some(id) => {
                let mut places: Vec<_> =
                    self.index.places(id).filter(is_set).chain(self.index.sets.iter().copied()).collect();
                places.sort_unstable();
                places
            }
            // A set equals whatever has the same members, a group too.
            None => (0..self.slots()).filter(is_set).collect(),
        }
    }

    /// The member in this slot.
    pub(super) fn at(&self, at: usize) -> Option<&ResultBase> {
        match &self.holed {
            None => self.whole.get(at),
            Some(holed) => holed.slots.get(at)?.as_ref(),
        }
    }

    /// Appends a member; the index must be complete.
    pub(super) fn push(&mut self, member: ResultBase) {
        let at = self.slots();
        self.index.enter(at, &member);
        self.index.entered = at + 1;
        self.nested += usize::from(member.is_set());
        match &mut self.holed {
            None => Arc::make_mut(&mut self.whole).push(member),
            Some(holed) => holed.slots.push(Some(member)),
        }
        self.version += 1;
    }

    /// Takes the member out of this slot; the index must be complete.
    pub(super) fn take(&mut self, at: usize) -> Option<ResultBase> {
        let holed = self.holed.get_or_insert_with(|| {
            let members = std::mem::take(&mut self.whole);
            let members = Arc::try_unwrap(members).unwrap_or_else(|shared| (*shared).clone());
            Holed { slots: members.into_iter().map(Some).collect(), holes: 0 }
        });
        let member = holed.slots.get_mut(at)?.take()?;
        holed.holes += 1;
        let mostly_holes = holed.holes > holed.slots.len() / 2;
        self.index.remove(at, &member);
        self.nested -= usize::from(member.is_set());
        self.version += 1;
        if mostly_holes {
            self.whole();
        }
        Some(member)
    }

    /// Takes everything out.
    pub(super) fn clear(&mut self) -> Arc<Vec<ResultBase>> {
        let members = Arc::clone(self.whole());
        *self = Self { version: self.version + 1, ..Self::default() };
        members
    }

    /// Everything, if no snapshot holds it any longer.
    pub(super) fn into_last_parts(mut self) -> Vec<ResultBase> {
        self.whole();
        Arc::into_inner(self.whole).unwrap_or_default()
    }

    fn slots(&self) -> usize {
        self.holed.as_ref().map_or(self.whole.len(), |holed| holed.slots.len())
    }
}

impl Index {
    fn enter(&mut self, at: usize, member: &ResultBase) {
        let Some(id) = member.id() else {
            self.sets.insert(at);
            return;
        };
        if self.by_id.contains_key(id) {
            self.again.entry(id.clone()).or_default().push_back(at);
        } else {
            self.by_id.insert(id.clone(), at);
        }
    }

    fn remove(&mut self, at: usize, member: &ResultBase) {
        let Some(id) = member.id() else {
            self.sets.remove(&at);
            return;
        };
        let again = self.again.get_mut(id);
        if self.by_id.get(id) != Some(&at) {
            if let Some(again) = again {
                again.retain(|place| *place != at);
            }
        } else if let Some(next) = again.and_then(VecDeque::pop_front) {
            self.by_id.insert(id.clone(), next);
        } else {
            self.by_id.remove(id);
            self.again.remove(id);
        }
    }

    fn places(&self, id: &Id) -> impl Iterator<Item = usize> + '_ {
        self.by_id.get(id).into_iter().chain(self.again.get(id).into_iter().flatten()).copied()
    }
}
