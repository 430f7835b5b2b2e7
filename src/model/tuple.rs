//! The tuple form of results, as `AsyncResult.as_tuple()` and `GroupResult.as_tuple()` give it:
//! `[[id, parent], null]` for a task, `[[id, parent], [member, …]]` for a group. How it is
//! spelled in bytes is the codec's affair.

use super::Id;

/// One result in tuple form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultTuple {
    /// The task or group id.
    pub id: Id,
    /// The parent's tuple form, if a parent is known.
    pub parent: Option<Box<Self>>,
    /// `None` for a task; the members for a group, also when it has none.
    pub members: Option<Vec<Self>>,
}
