//! Stub.
#![allow(missing_docs)]
use super::{GetOptions, Outcome, ResultBase};
use crate::{
    model::{Error, Result, Status},
    sys::Cancel,
};
use std::time::Duration;
fn stub<T>() -> Result<T> {
    Err(Error::new(Status::Unsupported, "stub"))
}
impl ResultBase {
    pub fn ready(&self) -> Result<bool> {
        match self {
            Self::Async(r) => r.ready(),
            Self::Eager(_) => Ok(true),
            Self::Set(s) => s.ready(),
            Self::Group(g) => g.set().ready(),
        }
    }
    pub fn successful(&self) -> Result<bool> {
        match self {
            Self::Async(r) => r.successful(),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.successful(),
            Self::Group(g) => g.set().successful(),
        }
    }
    pub fn failed(&self) -> Result<bool> {
        match self {
            Self::Async(r) => r.failed(),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.failed(),
            Self::Group(g) => g.set().failed(),
        }
    }
    pub fn forget(&self) -> Result<()> {
        match self {
            Self::Async(r) => r.forget(),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.forget(),
            Self::Group(g) => g.set().forget(),
        }
    }
    pub fn wait(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        match self {
            Self::Async(r) => r.wait(timeout, cancel),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.wait(timeout, cancel),
            Self::Group(g) => g.set().wait(timeout, cancel),
        }
    }
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        match self {
            Self::Async(r) => r.get(options),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.get(options),
            Self::Group(g) => g.set().get(options),
        }
    }
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Option<Outcome>> {
        match self {
            Self::Async(r) => r.maybe_throw(options),
            Self::Eager(_) => stub(),
            Self::Set(s) => s.maybe_throw(options).map(|()| None),
            Self::Group(g) => g.set().maybe_throw(options).map(|()| None),
        }
    }
    pub fn children(&self) -> Result<Option<Vec<ResultBase>>> {
        match self {
            Self::Async(r) => r.children(),
            Self::Eager(_) => Ok(None),
            Self::Set(_) => stub(),
            Self::Group(g) => Ok(Some(g.members().to_vec())),
        }
    }
}
impl Default for crate::codec::Codec {
    fn default() -> Self {
        Self::new(crate::codec::Limits { payload: 512 << 20, depth: 1000 })
    }
}
