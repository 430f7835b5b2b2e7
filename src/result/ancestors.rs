//! The tasks before a task: its parents up to the root, and the members of groups among them.

use super::{AsyncResult, ResultBase};

/// Every task that has to end well before this one can, root first; the members of a group in
/// their order. Groups nested in groups are opened.
pub(super) fn flatten(result: &AsyncResult) -> Vec<AsyncResult> {
    let mut chain = Vec::new();
    let mut next = result.parent();
    while let Some(parent) = next {
        chain.push(parent);
        next = match parent {
            ResultBase::Async(parent) => parent.parent(),
            // Celery asks a group's members only, not what came before the group.
            ResultBase::Eager(_) | ResultBase::Set(_) | ResultBase::Group(_) => None,
        };
    }
    let mut tasks = Vec::new();
    // A stack of what is still to be opened, so that nesting needs no recursion.
    let mut rest: Vec<ResultBase> = chain.into_iter().cloned().collect();
    while let Some(result) = rest.pop() {
        match result {
            ResultBase::Async(result) => tasks.push(result),
            ResultBase::Group(group) => rest.extend(group.members().iter().rev().cloned()),
            ResultBase::Set(set) => rest.extend(set.members().iter().rev().cloned()),
            ResultBase::Eager(_) => {}
        }
    }
    tasks
}
