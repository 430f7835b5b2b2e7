//! `ResultSet.join`: as if `get` was called on each member in turn, within one budget. All members
//! are watched from the beginning, and with them the tasks before them, so that what has finished
//! costs one batched read.

use super::{
    AsyncResult, GetOptions, Outcome, ResultBase, ResultSet, ancestors,
    gather_wait::GatherWait,
    get::check_ancestors,
    join,
    member_outcomes::{Failures, MEMBERS_VALUES, is_failure},
    member_tree::Step,
};
use crate::model::{Error, Result, value::Assembly};
use std::{collections::HashSet, time::Instant};

impl ResultSet {
    /// Waits for the members in their order and gives the array of their values (`ResultSet.join`);
    /// as [`Self::join_native`] but for what follows.
    ///
    /// Fails at the first member, in their order, that has failed; of one behind it nothing is
    /// noticed before. With `fail_fast` off it goes on to the end and fails then. With
    /// `follow_parents` it fails too where a task before that member has failed. A `callback` is
    /// called in the order of the members, and the value is then `[]`, as in Celery; unlike there
    /// `on_message` is called here too.
    pub fn join(&self, options: &GetOptions) -> Result<Outcome> {
        let begun = Instant::now();
        join::check_allowed(options)?;
        let wait = GatherWait::for_set(self, options.clone(), begun)?;
        let mut turns =
            Turns { wait, failures: Failures::default(), prepared: 0, companions: HashSet::new() };
        let (mut outcomes, mut failed) = (Vec::new(), None);
        let mut position = 0;
        while turns.has(position) {
            match turns.failure_of(position)? {
                Some(error) if options.fail_fast || !is_failure(&error) => return Err(error),
                Some(error) => failed = failed.or(Some(error)),
                None if options.callback.is_some() => turns.wait.call_back(position)?,
                None if turns.wait.gather.tree.member(position).is_some() => {
                    outcomes.push(turns.wait.outcome(position)?);
                }
                None => {}
            }
            position += 1;
        }
        failed.map_or_else(|| array(outcomes), Err)
    }
}

fn array(members: Vec<Outcome>) -> Result<Outcome> {
    let mut assembly = Assembly::default();
    assembly.open();
    for member in &members {
        assembly.push(&member.value);
    }
    assembly.close();
    let value = assembly.finish(MEMBERS_VALUES)?;
    Ok(Outcome { value, exception: None, members: Some(members.into()) })
}

/// Members that are waited for in turn.
struct Turns {
    wait: GatherWait,
    failures: Failures,
    /// The members from here on are looked at for what came before them.
    prepared: usize,
    /// The tasks before members that are watched, by their addresses.
    companions: HashSet<usize>,
}

impl Turns {
    /// Whether there is a member at this position, or was.
    fn has(&mut self, position: usize) -> bool {
        self.take_in();
        position < self.wait.gather.tree.positions()
    }

    /// Waits for the member at this position, and gives what is wrong with it or with what came
    /// before it.
    fn failure_of(&mut self, position: usize) -> Result<Option<Error>> {
        let ancestors = self.ancestors(position);
        loop {
            self.take_in();
            if let Err(error) = check_ancestors(&ancestors, &self.wait.options) {
                return Ok(Some(error.with_member(position)));
            }
            let ended = self.wait.gather.tree.has_ended(position);
            if let Some(error) = self.failures.of(position)
                && (ended || self.wait.options.fail_fast)
            {
                return Ok(Some(error.clone()));
            }
            let is_known = |ancestor: &AsyncResult| ancestor.cache().state().is_some();
            if ended && (ancestors.iter().all(is_known) || self.wait.is_looked_at()) {
                return Ok(None);
            }
            self.wait.advance()?;
        }
    }

    /// Takes in what has become known, and what was added.
    fn take_in(&mut self) {
        while let Some(step) = self.wait.next_known() {
            if let Step::Leaf(leaf) = step {
                let _ = self.failures.note(&self.wait, leaf);
            }
        }
        while self.prepared < self.wait.gather.tree.positions() {
            for ancestor in self.ancestors(self.prepared) {
                if ancestor.cache().state().is_none() && self.companions.insert(ancestor.address()) {
                    self.wait.gather.tree.add_companion(ancestor);
                    self.wait.await_looks();
                }
            }
            self.prepared += 1;
        }
    }

    /// The tasks that have to end well before this member can.
    fn ancestors(&self, position: usize) -> Vec<AsyncResult> {
        let options = &self.wait.options;
        match self.wait.gather.tree.member(position) {
            Some(ResultBase::Async(result))
                if options.follow_parents && options.propagate && !result.is_ignored() =>
            {
                ancestors::flatten(result)
            }
            _ => Vec::new(),
        }
    }
}
