//! Saved groups: the tuple form of a group under the group's id, as Celery's backends keep it.

use super::App;
use crate::{
    backend::Answer,
    engine::CallOp,
    model::{Error, Id, Key, Result, ResultTuple, Status},
};

impl App {
    /// Stores the tuple form (`Backend.save_group`), for as long as `result_expires` says.
    pub(crate) fn save_group(&self, group: &ResultTuple) -> Result<()> {
        self.check_keeps_groups()?;
        let settings = &self.inner.config.result;
        let record = self.codec().group_encode(group)?;
        let key = Key::Group(group.id.clone());
        let store = CallOp::Store { key, record, may_replace: None, expires: settings.expires };
        self.engine().call(store).map(drop)
    }

    /// Reads the tuple form (`Backend.restore_group`).
    ///
    /// Fails with `NotFound` where no group is saved under the id.
    pub(crate) fn restore_group(&self, id: &Id) -> Result<ResultTuple> {
        self.check_keeps_groups()?;
        match self.engine().call(CallOp::Read(Key::Group(id.clone())))? {
            Answer::Record(Some(record)) => self.codec().group_decode(&record),
            _ => Err(Error::new(Status::NotFound, format!("no group is saved under the id {id}"))),
        }
    }

    /// Removes what is saved under the id (`Backend.delete_group`).
    pub(crate) fn delete_group(&self, id: &Id) -> Result<()> {
        self.check_keeps_groups()?;
        self.engine().call(CallOp::Delete(Key::Group(id.clone()))).map(drop)
    }

    fn check_keeps_groups(&self) -> Result<()> {
        if self.engine().traits().is_some_and(|traits| traits.groups) {
            return Ok(());
        }
        Err(Error::new(Status::Unsupported, format!("{}: this store cannot save groups", self.uri())))
    }
}
