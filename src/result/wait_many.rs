//! Waiting for any, all or some of several results, of any kinds and apps, in one call.

use super::{GetOptions, ResultBase, ResultSet, gather_wait::GatherWait, member_tree::Step};
use crate::{
    model::{Error, Result, Status},
    sys::Cancel,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Waits until one of the results has finished, whatever the outcome, and gives its index: the
/// lowest, where several have. A set or group has when all its members have, a result that is ignored
/// has at once. `None` waits for ever, zero is one batched look.
///
/// Fails with `InvalidArgument` where there are no results, with `Timeout` or `Unreachable`,
/// `Cancelled`, `Forked`, `Recursive`; and where no other one has finished either, with what
/// keeps one from being waited for: `Closed`, `Decode`, `TooLarge`, what the server refuses. The
/// error names the result's index as its member.
pub fn wait_any(results: &[ResultBase], timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<usize> {
    let finished = wait_some(results, 1, timeout, cancel)?;
    // At least one has.
    Ok(finished.into_iter().min().unwrap_or_default())
}

/// Waits until all of the results have finished, whatever the outcomes. `None` waits for ever, zero
/// is one batched look; where there are no results it is at once.
///
/// Fails with `Timeout` or `Unreachable`, `Cancelled`, `Forked`, `Recursive`, and with what keeps one
/// of the results from being waited for: `Closed`, `Decode`, `TooLarge`, what the server refuses.
/// The error names the result's index as its member.
pub fn wait_all(results: &[ResultBase], timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    wait_some(results, results.len(), timeout, cancel).map(drop)
}

/// Waits until at least `least` of the results have finished, whatever the outcomes, and gives the
/// indices of all that have, in the order in which that became known; those that had before in
/// their order. `None` waits for ever, zero is one batched look.
///
/// Fails as [`wait_any`]; with `InvalidArgument` where `least` is 0 or more than there are results.
pub fn wait_some(
    results: &[ResultBase],
    least: usize,
    timeout: Option<Duration>,
    cancel: Option<&Cancel>,
) -> Result<Vec<usize>> {
    if least == 0 || least > results.len() {
        let count = results.len();
        let message =
            format!("{least} of {count} results cannot be waited for; it must be from 1 to {count}");
        let message = if count == 0 { "there are no results to wait for".to_owned() } else { message };
        return Err(Error::new(Status::InvalidArgument, message));
    }
    let options = GetOptions { timeout, cancel: cancel.cloned(), ..GetOptions::default() };
    let mut wait = GatherWait::new(options, Instant::now())?;
    for result in results {
        result.nested_set().map_or(Ok(()), ResultSet::check_process)?;
        wait.gather.add(result);
    }
    let (mut finished, mut failed, mut trouble) = (Vec::new(), HashSet::new(), None);
    loop {
        while let Some(step) = wait.next_known() {
            match step {
                Step::Leaf(leaf) => {
                    if let Some(error) = wait.gather.trouble(leaf) {
                        failed.extend(error.member());
                        trouble.get_or_insert(error);
                    }
                }
                Step::Top(index) if failed.contains(&index) => {}
                Step::Top(index) => finished.push(index),
            }
        }
        if finished.len() >= least {
            return Ok(finished);
        }
        if trouble.is_some() {
            // Another one may have finished as well, and was not looked at yet.
            wait.await_looks();
        }
        let can_suffice = results.len().saturating_sub(failed.len()) >= least;
        if let Some(error) = trouble.take_if(|_| !can_suffice || wait.is_looked_at()) {
            return Err(error);
        }
        wait.advance()?;
    }
}
