//! Waiting for any, all or some of several results, of any apps, in one call.

use super::ResultBase;
use crate::{
    model::{Error, Result, Status},
    sys::Cancel,
};
use std::time::Duration;

/// Waits until one of the results has finished, and gives its index.
#[allow(unused, missing_docs)]
pub fn wait_any(results: &[ResultBase], timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<usize> {
    Err(Error::new(Status::Unsupported, "stub"))
}

/// Waits until all of the results have finished.
#[allow(unused, missing_docs)]
pub fn wait_all(results: &[ResultBase], timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
    Err(Error::new(Status::Unsupported, "stub"))
}

/// Waits until at least `least` of the results have finished, and gives the indices of all that
/// have, in the order in which that became known.
#[allow(unused, missing_docs)]
pub fn wait_some(
    results: &[ResultBase],
    least: usize,
    timeout: Option<Duration>,
    cancel: Option<&Cancel>,
) -> Result<Vec<usize>> {
    Err(Error::new(Status::Unsupported, "stub"))
}
