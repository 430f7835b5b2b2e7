//! `revoke`: telling the workers to drop tasks, or to end them, and asking them where a task is.

use super::{ResultBase, tree::Tree};
use crate::{
    app::{Answers, App, ControlOptions},
    message::{Command, Signal},
    model::{Id, Result},
    sys::Deadline,
};
use std::{collections::HashSet, slice};

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

impl ResultBase {
    /// Has the workers ignore the task, and end it where that is asked for (`AsyncResult.revoke`); of a
    /// set or group all tasks in it, also those in sets within, by one message for each app
    /// (`ResultSet.revoke`). Workers of Celery 5.6.2 and later store REVOKED at once; older ones when the
    /// task's turn comes. An eager result becomes REVOKED itself, and nobody answers.
    ///
    /// The time of [`ControlOptions`] is one budget for everything. Fails as [`App::control`]; a set of
    /// several apps stops at the first that fails.
    pub fn revoke(&self, options: &RevokeOptions) -> Result<Option<Answers>> {
        if let Self::Eager(result) = self {
            return result.revoke().map(|()| None);
        }
        if let Self::Set(set) = self {
            set.check_process()?;
        }
        let roots = slice::from_ref(self);
        let tree = Tree::new(roots);
        let mut all: Option<Answers> = None;
        let RevokeOptions { terminate, signal, control } = options;
        let until = Deadline::after(Some(control.timeout));
        for (app, ids) in by_app(&tree, roots) {
            let command = match ids.as_slice() {
                [id] => Command::revoke(id, *terminate, signal.as_ref()),
                ids => Command::revoke_all(ids.iter().map(AsRef::as_ref), *terminate, signal.as_ref()),
            };
            let timeout = until.left().unwrap_or(control.timeout);
            let answers = app.control(&command, &ControlOptions { timeout, ..control.clone() })?;
            all = Some(match all {
                None => answers,
                Some(before) => before.and(answers),
            });
        }
        Ok(Some(all.unwrap_or_else(Answers::of_nobody)))
    }
}

/// Has the workers ignore every task that bears one of these stamps, a JSON object of names and values
/// (`revoke_by_stamped_headers`). Fails as [`App::control`], and with `InvalidArgument` where the text is
/// no such object.
pub fn revoke_by_stamped_headers(app: &App, headers: &str, options: &RevokeOptions) -> Result<Answers> {
    let RevokeOptions { terminate, signal, control } = options;
    let command = Command::revoke_by_stamped_headers(app.codec(), headers, *terminate, signal.as_ref())?;
    app.control(&command, control)
}

/// The tasks, each once, with their app, in order.
fn by_app<'a>(tree: &'a Tree, roots: &'a [ResultBase]) -> Vec<(&'a App, Vec<Id>)> {
    let mut apps: Vec<(&App, Vec<Id>)> = Vec::new();
    let mut seen = HashSet::new();
    for task in tree.tasks(roots) {
        let address = task.app().address();
        if !seen.insert((address, task.id().clone())) {
            continue;
        }
        match apps.iter_mut().find(|(app, _)| app.address() == address) {
            Some((_, ids)) => ids.push(task.id().clone()),
            None => apps.push((task.app(), vec![task.id().clone()])),
        }
    }
    apps
}
