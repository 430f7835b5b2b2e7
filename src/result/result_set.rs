//! `ResultSet`: several results that are asked and waited for together. What is asked of the
//! members' states is in [`super::states`], how one waits for them in [`super::set_waits`].

use super::{
    ResultBase,
    members::{Members, Observer},
    nesting, unlink,
};
use crate::{
    app::App,
    model::{Error, Result, Status, check_length},
};
use std::{
    fmt,
    sync::{Arc, Weak},
};

/// Several results (`celery.result.ResultSet`). Cloning gives another reference to the same set;
/// making one does no I/O and subscribes to nothing. Members may belong to other apps, and may be
/// sets and groups themselves. All methods may be called from any thread at once; who waits for a
/// set meanwhile, waits for what is added too, and no longer for what is removed. In a forked child
/// whatever can fail fails with `Forked`; nothing else is to be called there.
#[derive(Clone)]
pub struct ResultSet {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    members: Members,
}

impl ResultSet {
    /// A set of these members in this order; equal ones stay, as in Celery.
    ///
    /// Fails with `TooDeep` where more than a thousand sets are inside each other.
    pub fn new(app: &App, members: Vec<ResultBase>) -> Result<Self> {
        nesting::check(None, &members)?;
        Ok(Self::of_checked(app, members))
    }

    /// A set of members that are known not to be nested too deep.
    pub(super) fn of_checked(app: &App, members: Vec<ResultBase>) -> Self {
        Self { inner: Arc::new(Inner { app: app.clone(), members: Members::new(members) }) }
    }

    /// The app it belongs to; its members may have others.
    pub fn app(&self) -> &App {
        &self.inner.app
    }

    /// The members at this moment, in order (`ResultSet.results`).
    pub fn members(&self) -> Arc<Vec<ResultBase>> {
        self.inner.members.snapshot()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.inner.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member at this position.
    pub fn get_member(&self, index: usize) -> Option<ResultBase> {
        self.inner.members.get(index)
    }

    /// Whether an equal result is a member; members of nested sets do not count.
    pub fn contains(&self, member: &ResultBase) -> bool {
        self.inner.members.contains(member)
    }

    /// Appends a member, unless an equal one is there (`ResultSet.add`).
    ///
    /// Fails with `InvalidArgument` where the set would come to hold itself, directly or through
    /// its members, and with `TooDeep` where more than a thousand sets would be inside each other.
    pub fn add(&self, member: &ResultBase) -> Result<()> {
        self.update(std::slice::from_ref(member))
    }

    /// Appends each member of which no equal one is there (`ResultSet.update`). Unlike in Celery,
    /// who waits for the set waits for them too.
    ///
    /// Fails as [`Self::add`]; then none was appended.
    pub fn update(&self, members: &[ResultBase]) -> Result<()> {
        self.check_process()?;
        nesting::check(Some(self), members)?;
        for member in members {
            // Two sets may be added to each other at the same time: whoever looks last sees it.
            if self.inner.members.add(member)
                && member.is_set()
                && let Err(error) = nesting::check(Some(self), std::slice::from_ref(member))
            {
                self.inner.members.remove(member);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Removes the first member that equals this one (`ResultSet.remove`).
    ///
    /// Fails with `NoSuchValue` where there is none.
    pub fn remove(&self, member: &ResultBase) -> Result<()> {
        self.check_process()?;
        if self.inner.members.remove(member) {
            return Ok(());
        }
        Err(no_such_member(member))
    }

    /// Removes the first task of this id (`ResultSet.remove` with an id).
    ///
    /// Fails with `NoSuchValue` where there is none, and with `InvalidArgument` on an empty id.
    pub fn remove_id(&self, task_id: &str) -> Result<()> {
        check_length("task_id", task_id)?;
        self.remove(&ResultBase::Async(super::AsyncResult::new(self.app(), task_id)?))
    }

    /// Removes the first member that equals this one, if there is one (`ResultSet.discard`).
    pub fn discard(&self, member: &ResultBase) {
        self.inner.members.remove(member);
    }

    /// Removes all members (`ResultSet.clear`).
    pub fn clear(&self) {
        self.inner.members.clear();
    }

    /// Whether both are references to one set; equal ones need not be.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The members at this moment; every change after it is told to the observer, with this
    /// context, as long as somebody holds the observer.
    pub(super) fn observe(&self, observer: Weak<dyn Observer>, context: u64) -> Arc<Vec<ResultBase>> {
        self.inner.members.observe(observer, context)
    }

    /// Fails in a forked child: a lock may be held there by a thread that does not exist.
    pub(super) fn check_process(&self) -> Result<()> {
        self.app().engine().check_process()
    }

    /// Whether a member is a set or a group.
    pub(super) fn has_nested(&self) -> bool {
        self.inner.members.nested() > 0
    }

    /// Tells references to one set from those to others, as long as one is held.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    /// What the handle held, if this was the last reference to it.
    pub(super) fn into_last_parts(self) -> Vec<ResultBase> {
        Arc::into_inner(self.inner).map(|mut inner| inner.members.take_last_parts()).unwrap_or_default()
    }
}

fn no_such_member(member: &ResultBase) -> Error {
    match member {
        ResultBase::Async(_) | ResultBase::Eager(_) => {
            let id = member.id().map_or("", AsRef::as_ref);
            let error = Error::new(Status::NoSuchValue, format!("task {id} is not a member of the set"));
            member.id().map_or_else(|| error.clone(), |id| error.clone().with_task_id(id))
        }
        ResultBase::Group(group) => {
            Error::new(Status::NoSuchValue, format!("group {} is not a member of the set", group.id()))
        }
        ResultBase::Set(_) => Error::new(Status::NoSuchValue, "no member of the set has the same members"),
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        unlink(self.members.take_last_parts());
    }
}

impl fmt::Debug for ResultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ResultSet: [{}]>", names(&self.members()))
    }
}

/// The ids of results, as Celery shows sets. Nothing is opened: it could go deep.
pub(super) fn names(members: &[ResultBase]) -> String {
    let names: Vec<_> = members.iter().map(|member| member.id().map_or("ResultSet", AsRef::as_ref)).collect();
    names.join(", ")
}
