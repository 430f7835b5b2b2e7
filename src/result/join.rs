//! The guard against waiting inside a task (`celery.result.allow_join_result`). Celery keeps one
//! flag for the whole process, which hits threads that have nothing to do with the task; here it
//! is per thread.

use super::GetOptions;
use crate::model::{Error, Result, Status};
use std::cell::Cell;

thread_local! {
    static DENIED: Cell<bool> = const { Cell::new(false) };
}

/// Denies or allows `get` on the calling thread, for calls with `disable_sync_subtasks` (the
/// default). Returns the flag as it was, to be put back.
pub fn join_deny(deny: bool) -> bool {
    DENIED.try_with(|flag| flag.replace(deny)).unwrap_or(false)
}

/// Whether [`join_deny`] is in force on the calling thread.
pub fn join_is_denied() -> bool {
    DENIED.try_with(Cell::get).unwrap_or(false)
}

/// Refuses a `get` or `join` with these options where waiting is denied.
pub(super) fn check_allowed(options: &GetOptions) -> Result<()> {
    if options.disable_sync_subtasks && join_is_denied() {
        return Err(Error::new(
            Status::JoinDenied,
            "get() was called where waiting is denied (inside a task); see disable_sync_subtasks",
        ));
    }
    Ok(())
}
