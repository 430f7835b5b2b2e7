//! `iter_native`: the members of a set as they finish.

use super::{
    GetOptions, ResultBase, ResultSet,
    gather_wait::GatherWait,
    member_tree::{Child, Step, TaskEnd},
};
use crate::model::{Result, TaskMeta};
use std::{sync::Arc, time::Instant};

/// A member that has finished.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its position: that in the set when the walk began; what was added later comes behind.
    pub index: usize,
    /// The member.
    pub member: ResultBase,
    /// The record, of a member that is a task; `None` for a set or group, and where the result is
    /// ignored.
    pub meta: Option<Arc<TaskMeta>>,
}

/// The walk; see `ResultSet::iter_native`. Dropping it ends all that it waits for.
pub struct IterNative {
    stage: Stage,
}

enum Stage {
    Fresh(ResultSet, GetOptions),
    Walking(Box<GatherWait>),
    Over,
}

impl IterNative {
    pub(super) fn new(set: &ResultSet, options: &GetOptions) -> Self {
        Self { stage: Stage::Fresh(set.clone(), options.clone()) }
    }

    /// Waits for the next member to finish, and gives it, however it ended; those that had finished
    /// before come first, in their order. `None` when all have. A set or group comes once, when all
    /// its tasks have finished. What is added meanwhile comes too, what is removed does not.
    ///
    /// The timeout is one budget for the whole walk from the first call on. Fails as
    /// `ResultSet::wait`, and with `Decode` where a record cannot be decoded; the walk can be gone
    /// on with, and a member that failed so is left out.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Finished>> {
        if let Stage::Fresh(set, options) = &self.stage {
            let wait = GatherWait::for_set(set, options.clone(), Instant::now())?;
            self.stage = Stage::Walking(Box::new(wait));
        }
        let Stage::Walking(wait) = &mut self.stage else { return Ok(None) };
        while let Some(step) = wait.next()? {
            match step {
                Step::Leaf(leaf) => {
                    if let Some(error) = wait.gather.trouble(leaf) {
                        return Err(error);
                    }
                }
                Step::Top(index) => {
                    if let Some(finished) = finished(wait, index)? {
                        return Ok(Some(finished));
                    }
                }
            }
        }
        self.stage = Stage::Over;
        Ok(None)
    }
}

fn finished(wait: &GatherWait, index: usize) -> Result<Option<Finished>> {
    let tree = &wait.gather.tree;
    let Some(member) = tree.member(index).cloned() else { return Ok(None) };
    let Child::Leaf(leaf) = tree.child(index) else {
        return Ok(Some(Finished { index, member, meta: None }));
    };
    let meta = match tree.leaf(leaf).map(|task| &task.end) {
        Some(TaskEnd::Finished(meta)) => Some(Arc::clone(meta)),
        Some(TaskEnd::Unreadable(error)) => return Err(wait.gather.about(leaf, error.clone())),
        // Its error was given before.
        Some(TaskEnd::Failed(_)) => return Ok(None),
        _ => match &member {
            ResultBase::Eager(result) => result.meta().meta,
            _ => None,
        },
    };
    Ok(Some(Finished { index, member, meta }))
}
