//! `revoke`: telling the workers to drop a task, or to end it.

use super::{EagerResult, ResultBase, tree};
use crate::{
    app::{Answers, App, ControlOptions},
    message::{Command, Signal},
    model::{Error, Id, Result, Status},
};

/// The arguments of `revoke`; `Default` gives Celery's defaults, but for the timeout, which here is
/// always bounded.
#[derive(Clone, Debug, Default)]
pub struct RevokeOptions {
    /// Whether a task that runs is ended, by a signal to its process.
    pub terminate: bool,
    /// Which signal; `None` is `SIGTERM`.
    pub signal: Option<Signal>,
    /// Who is told, and whether answers are waited for.
    pub control: ControlOptions,
}
