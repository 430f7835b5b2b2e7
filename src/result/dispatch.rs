//! What can be asked of a result whatever its kind.

use super::{GetOptions, Outcome, ResultBase, ResultSet};
use crate::{
    model::{Error, Result, Status},
    sys::Cancel,
};
use std::time::Duration;

impl ResultBase {
    /// Whether the task, or every task of the set, has finished, however it ended (`ready`).
    ///
    /// Fails as [`super::AsyncResult::ready`] and [`ResultSet::ready`].
    pub fn ready(&self) -> Result<bool> {
        match self {
            Self::Async(result) => result.ready(),
            Self::Eager(_) => Ok(true),
            Self::Set(set) => set.ready(),
            Self::Group(group) => group.set().ready(),
        }
    }

    /// Whether the task, or every task of the set, has ended in SUCCESS (`successful`).
    ///
    /// Fails as [`Self::ready`].
    pub fn successful(&self) -> Result<bool> {
        match self {
            Self::Async(result) => result.successful(),
            Self::Eager(result) => Ok(result.successful()),
            Self::Set(set) => set.successful(),
            Self::Group(group) => group.set().successful(),
        }
    }

    /// Whether the task, or one of the set's, has ended in FAILURE (`failed`).
    ///
    /// Fails as [`Self::ready`].
    pub fn failed(&self) -> Result<bool> {
        match self {
            Self::Async(result) => result.failed(),
            Self::Eager(result) => Ok(result.failed()),
            Self::Set(set) => set.failed(),
            Self::Group(group) => group.set().failed(),
        }
    }

    /// Removes what is stored of the task, or of every task of the set, and of those before it
    /// (`forget`). There is nothing stored of a task that was run at once.
    ///
    /// Fails as [`super::AsyncResult::forget`] and [`ResultSet::forget`].
    pub fn forget(&self) -> Result<()> {
        match self {
            Self::Async(result) => result.forget(),
            Self::Eager(_) => Ok(()),
            Self::Set(set) => set.forget(),
            Self::Group(group) => group.set().forget(),
        }
    }

    /// Waits until the task, or every task of the set, has finished, however it ended.
    ///
    /// Fails as [`super::AsyncResult::wait`] and [`ResultSet::wait`].
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        match self {
            Self::Async(result) => result.wait(timeout, cancel),
            Self::Eager(_) => Ok(()),
            Self::Set(set) => set.wait(timeout, cancel),
            Self::Group(group) => group.set().wait(timeout, cancel),
        }
    }

    /// Waits and gives the value, of a set the list of its members' (`get`).
    ///
    /// Fails as [`super::AsyncResult::get`], [`super::EagerResult::get`] and [`ResultSet::get`].
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        match self {
            Self::Async(result) => result.get(options),
            Self::Eager(result) => result.get(options),
            Self::Set(set) => set.get(options),
            Self::Group(group) => group.set().get(options),
        }
    }

    /// The value as far as there is one, without waiting (`maybe_throw`). A set has none: it only
    /// fails, where a member has failed.
    ///
    /// Fails as [`super::AsyncResult::maybe_throw`] and [`ResultSet::maybe_throw`].
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Option<Outcome>> {
        match self {
            Self::Async(result) => result.maybe_throw(options),
            Self::Eager(result) => result.maybe_throw(options).map(Some),
            Self::Set(set) => set.maybe_throw(options).map(|()| None),
            Self::Group(group) => group.set().maybe_throw(options).map(|()| None),
        }
    }

    /// The results of the tasks that the task sent, or the members of the group (`children`); `None`
    /// where nothing is known of any.
    ///
    /// Fails as [`super::AsyncResult::children`], and with `WrongKind` for a set, which is nobody's
    /// parent.
    pub fn children(&self) -> Result<Option<Vec<Self>>> {
        match self {
            Self::Async(result) => result.children(),
            Self::Eager(_) => Ok(None),
            Self::Set(_) => {
                Err(Error::new(Status::WrongKind, "a ResultSet has members, which are not its children"))
            }
            Self::Group(group) => Ok(Some(group.members().to_vec())),
        }
    }

    /// Whether it is a set or a group: what has members.
    pub(super) fn is_set(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Group(_))
    }

    /// The set, or that of the group.
    pub(super) fn nested_set(&self) -> Option<&ResultSet> {
        match self {
            Self::Set(set) => Some(set),
            Self::Group(group) => Some(group.set()),
            Self::Async(_) | Self::Eager(_) => None,
        }
    }
}
