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
    by_id: HashMap<Id, Places>,
    /// Sets have no id.
    sets: BTreeSet<usize>,
}

/// The positions of one id in ascending order, rarely more than one.
struct Places {
    first: usize,
    later: Option<Box<VecDeque<usize>>>,
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

    /// The positions where an equal member may stand, in order; the index must be complete.
    pub(super) fn candidates(&self, member: &ResultBase) -> Vec<usize> {
        let same_id = member.id().and_then(|id| self.index.by_id.get(id));
        let same_id = same_id.into_iter().flat_map(Places::iter);
        match member {
            ResultBase::Async(_) | ResultBase::Eager(_) => same_id.collect(),
            ResultBase::Group(_) => {
                let mut places: Vec<_> = same_id.chain(self.index.sets.iter().copied()).collect();
                places.sort_unstable();
                places
            }
            // A set equals whatever has the same members, a group too.
            ResultBase::Set(_) => {
                let is_set = |at: &usize| self.at(*at).is_some_and(ResultBase::is_set);
                (0..self.slots()).filter(is_set).collect()
            }
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
        match self.by_id.get_mut(id) {
            Some(places) => places.later.get_or_insert_default().push_back(at),
            None => {
                self.by_id.insert(id.clone(), Places { first: at, later: None });
            }
        }
    }

    fn remove(&mut self, at: usize, member: &ResultBase) {
        let Some(id) = member.id() else {
            self.sets.remove(&at);
            return;
        };
        let Some(places) = self.by_id.get_mut(id) else { return };
        if places.first == at {
            match places.later.as_mut().and_then(|later| later.pop_front()) {
                Some(next) => places.first = next,
                None => {
                    self.by_id.remove(id);
                }
            }
        } else if let Some(later) = &mut places.later {
            later.retain(|place| *place != at);
        }
    }
}

impl Places {
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.first).chain(self.later.iter().flat_map(|later| later.iter().copied()))
    }
}
