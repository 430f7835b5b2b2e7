//! How deep sets are nested in sets, and that none comes to hold itself.

use super::{ResultBase, ResultSet};
use crate::model::{Error, MAX_TUPLE_DEPTH, Result, Status, too_deep};
use std::{collections::HashSet, sync::Arc};

/// Checks what is to become members of a set, of `set` where it exists already.
///
/// Fails with `InvalidArgument` where the set would come to hold itself, and with `TooDeep` where
/// more than a thousand sets would be inside each other.
pub(super) fn check(set: Option<&ResultSet>, members: &[ResultBase]) -> Result<()> {
    let mut seen = HashSet::new();
    for member in members.iter().filter_map(ResultBase::nested_set) {
        check_one(set, member, &mut seen)?;
    }
    Ok(())
}

/// Walks the sets in a set, with a stack of its own. Those in `seen` were walked before, no deeper
/// than the walk was then.
fn check_one(holder: Option<&ResultSet>, set: &ResultSet, seen: &mut HashSet<(usize, usize)>) -> Result<()> {
    let mut open = Vec::new();
    let mut next = Some(set.clone());
    loop {
        if let Some(set) = next.take() {
            set.check_process()?;
            if holder.is_some_and(|holder| holder.is_same(&set)) {
                return Err(Error::new(
                    Status::InvalidArgument,
                    "a set cannot hold itself, directly or through its members",
                ));
            }
            // The holder is one more.
            if open.len() + 2 > MAX_TUPLE_DEPTH {
                return Err(too_deep("a set"));
            }
            if set.has_nested() && seen.insert((set.address(), open.len())) {
                open.push(Level { members: set.members(), at: 0 });
            }
        }
        let Some(level) = open.last_mut() else { return Ok(()) };
        match level.members.get(level.at) {
            Some(member) => {
                level.at += 1;
                next = member.nested_set().cloned();
            }
            None => drop(open.pop()),
        }
    }
}

struct Level {
    members: Arc<Vec<ResultBase>>,
    at: usize,
}
