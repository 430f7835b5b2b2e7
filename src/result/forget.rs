//! `forget`: removing what is stored of tasks and of those before them, all together.

use super::{AsyncResult, ResultBase, ResultSet, look::each_answer};
use crate::{
    engine::CallOp,
    model::{Error, Result},
};
use std::{
    collections::{HashMap, HashSet},
    slice,
};

impl AsyncResult {
    /// Removes the record, the ancestors' first, and what the handle remembers
    /// (`AsyncResult.forget`). A later wait waits again. Of a group among the ancestors the members'
    /// records go, and those of their own ancestors; what came before the group stays, as in Celery,
    /// and so does what [`super::GroupResult::save`] saved.
    ///
    /// Bounded by `operation_timeout_ms`. Everything is tried before the first failure is returned:
    /// `Unreachable`, `Closed`, `Forked`, `Recursive`, and what the server refuses.
    pub fn forget(&self) -> Result<()> {
        let result = ResultBase::Async(self.clone());
        forget(slice::from_ref(&result)).map_err(|(_, error)| error)
    }
}

impl ResultSet {
    /// Forgets every task (`ResultSet.forget`), as [`AsyncResult::forget`] does, together. The set
    /// keeps its members; of a group, what [`super::GroupResult::save`] saved stays.
    ///
    /// Bounded by `operation_timeout_ms` (for every 8 192 tasks, where there are more). Fails as
    /// [`AsyncResult::forget`], naming member and id.
    pub fn forget(&self) -> Result<()> {
        self.check_process()?;
        forget(&self.members()).map_err(|(member, error)| error.with_member(member))
    }
}

/// Forgets everything below these results; which of them failed first, and why.
fn forget(roots: &[ResultBase]) -> Result<(), (usize, Error)> {
    let handles = in_order(roots);
    let mut seen = HashSet::new();
    let mut tasks: Vec<_> = handles.iter().map(|(root, task)| (*root, task)).collect();
    tasks.retain(|(_, task)| seen.insert((task.app().address(), task.id().clone())));
    drop(seen);
    let records: Vec<_> = tasks.iter().map(|(_, task)| *task).collect();
    let mut ends = Ok(());
    let mut roots = tasks.iter().map(|(root, _)| *root);
    each_answer(
        &records,
        |task| CallOp::Delete(task.key()),
        None,
        |_, answer| {
            let root = roots.next().unwrap_or_default();
            if let (Ok(()), Err(error)) = (&ends, answer) {
                ends = Err((root, error));
            }
        },
    );
    // After the records have gone, so that nobody has read one into a handle meanwhile.
    for (_, task) in &handles {
        task.cache().clear();
    }
    ends
}

enum Step {
    /// Whatever has to be forgotten before it comes first.
    Visit(ResultBase),
    Done(AsyncResult),
}

/// Every handle to forget, ancestors first, with the root on whose behalf; each once.
fn in_order(roots: &[ResultBase]) -> Vec<(usize, AsyncResult)> {
    let mut handles = Vec::new();
    // Both kinds are held meanwhile, so that an address stays theirs.
    let (mut tasks, mut sets) = (HashSet::new(), HashMap::new());
    for (index, root) in roots.iter().enumerate() {
        // A stack of its own: parents and members can go deep.
        let mut steps = vec![Step::Visit(root.clone())];
        while let Some(step) = steps.pop() {
            match step {
                Step::Done(task) => handles.push((index, task)),
                Step::Visit(ResultBase::Async(task)) => {
                    if tasks.insert(task.address()) {
                        let parent = task.parent().cloned();
                        steps.push(Step::Done(task));
                        steps.extend(parent.map(Step::Visit));
                    }
                }
                Step::Visit(ResultBase::Eager(_)) => {}
                Step::Visit(result) => {
                    let Some(set) = result.nested_set() else { continue };
                    if sets.insert(set.address(), set.clone()).is_none() {
                        steps.extend(set.members().iter().rev().cloned().map(Step::Visit));
                    }
                }
            }
        }
    }
    handles
}
