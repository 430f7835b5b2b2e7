//! What is in sets, sets in sets included, as it is at one moment: every set is looked at once,
//! however often it is a member and however deep, also where it comes to hold itself while it is
//! looked at.

use super::{AsyncResult, ResultBase, ResultSet};
use std::{collections::HashMap, sync::Arc};

/// The members of every set below some results.
#[derive(Default)]
pub(super) struct Tree {
    levels: Vec<Level>,
    /// The level of a set, by its address.
    places: HashMap<usize, usize>,
}

struct Level {
    /// Held, so that its address stays its own.
    _set: ResultSet,
    members: Arc<Vec<ResultBase>>,
}

impl Tree {
    /// Looks at everything below these results.
    pub(super) fn new(roots: &[ResultBase]) -> Self {
        let mut tree = Self::default();
        tree.enter(roots);
        let mut next = 0;
        while let Some(level) = tree.levels.get(next) {
            tree.enter(&Arc::clone(&level.members));
            next += 1;
        }
        tree
    }

    fn enter(&mut self, members: &[ResultBase]) {
        for set in members.iter().filter_map(ResultBase::nested_set) {
            self.places.entry(set.address()).or_insert_with(|| {
                self.levels.push(Level { _set: set.clone(), members: set.members() });
                self.levels.len() - 1
            });
        }
    }

    /// The members of a set that is below these results.
    pub(super) fn members(&self, set: &ResultSet) -> &[ResultBase] {
        let level = self.places.get(&set.address()).and_then(|place| self.levels.get(*place));
        level.map_or(&[], |level| &level.members)
    }

    /// Every task that is waited for below the results, those results included.
    pub(super) fn tasks<'a>(&'a self, roots: &'a [ResultBase]) -> impl Iterator<Item = &'a AsyncResult> {
        let members = self.levels.iter().flat_map(|level| level.members.iter());
        roots.iter().chain(members).filter_map(|member| match member {
            ResultBase::Async(task) => Some(task),
            ResultBase::Eager(_) | ResultBase::Set(_) | ResultBase::Group(_) => None,
        })
    }
}
