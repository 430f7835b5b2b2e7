//! Waiting for the members of a set.

use super::{GetOptions, IterNative, Outcome, ResultSet};
use crate::{
    model::{Error, Result, Status},
    sys::Cancel,
};
use std::time::Duration;

fn stub<T>() -> Result<T> {
    Err(Error::new(Status::Unsupported, "stub"))
}

#[allow(unused, missing_docs, clippy::unused_self)]
impl ResultSet {
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        stub()
    }
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        stub()
    }
    pub fn join(&self, options: &GetOptions) -> Result<Outcome> {
        stub()
    }
    pub fn join_native(&self, options: &GetOptions) -> Result<Outcome> {
        stub()
    }
    pub fn iter_native(&self, options: &GetOptions) -> Result<IterNative> {
        stub()
    }
    pub fn then(&self, callback: impl FnOnce(&Self, Result<()>) + Send + 'static) -> Result<()> {
        stub()
    }
}
