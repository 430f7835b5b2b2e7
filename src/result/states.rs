//! What the members of a set are like together.

use super::{GetOptions, ResultSet};
use crate::model::{Error, Result, Status};

fn stub<T>() -> Result<T> {
    Err(Error::new(Status::Unsupported, "stub"))
}

#[allow(unused, missing_docs, clippy::unused_self)]
impl ResultSet {
    pub fn ready(&self) -> Result<bool> {
        stub()
    }
    pub fn successful(&self) -> Result<bool> {
        stub()
    }
    pub fn failed(&self) -> Result<bool> {
        stub()
    }
    pub fn waiting(&self) -> Result<bool> {
        stub()
    }
    pub fn completed_count(&self) -> Result<usize> {
        stub()
    }
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<()> {
        stub()
    }
    pub fn forget(&self) -> Result<()> {
        stub()
    }
}
