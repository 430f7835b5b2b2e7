//! `GroupResult` as parent or child of other results: id, members, parent.

use super::ResultBase;
use crate::{
    app::App,
    model::{Id, Result},
};

/// The results of a group's tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupResult {}

#[allow(missing_docs, unused_variables)]
impl GroupResult {
    pub fn new(
        app: &App,
        group_id: &str,
        members: Vec<ResultBase>,
        parent: Option<ResultBase>,
    ) -> Result<Self> {
        todo!()
    }
    pub fn id(&self) -> &Id {
        todo!()
    }
    pub fn members(&self) -> &[ResultBase] {
        todo!()
    }
    pub fn parent(&self) -> Option<&ResultBase> {
        todo!()
    }
    pub fn app(&self) -> &App {
        todo!()
    }
}
