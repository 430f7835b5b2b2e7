//! The view of a remote exception that errors, metas and values share: its texts in C's form,
//! made once.

use super::text::{LazyText, Text};
use crate::model::{Error, RemoteException, Result, Status, Value};
use std::{ffi::c_char, ptr, sync::Arc};

/// An exception, or that there is none, with its texts for C to borrow.
#[derive(Default)]
pub(super) struct ExceptionView {
    exception: Option<Arc<RemoteException>>,
    class: LazyText,
    module: LazyText,
    message: LazyText,
    traceback: LazyText,
}

impl ExceptionView {
    pub(super) fn new(exception: Option<Arc<RemoteException>>) -> Self {
        Self { exception, ..Self::default() }
    }

    pub(super) fn class(&self) -> *const c_char {
        self.text(&self.class, |exception| Some(&exception.class))
    }

    pub(super) fn module(&self) -> *const c_char {
        self.text(&self.module, |exception| exception.module.as_deref())
    }

    pub(super) fn message(&self) -> *const c_char {
        self.text(&self.message, |exception| Some(&exception.message))
    }

    pub(super) fn traceback(&self) -> *const c_char {
        self.text(&self.traceback, |exception| exception.traceback.as_deref())
    }

    pub(super) fn is_degraded(&self) -> bool {
        self.exception.as_ref().is_some_and(|exception| exception.degraded)
    }

    pub(super) fn args(&self) -> Result<Value> {
        let Some(exception) = &self.exception else {
            return Err(Error::new(Status::WrongType, "there is no exception here"));
        };
        exception
            .args
            .clone()
            .ok_or_else(|| Error::new(Status::NoSuchValue, "the exception was stored without arguments"))
    }

    fn text(&self, kept: &LazyText, read: fn(&RemoteException) -> Option<&str>) -> *const c_char {
        let Some(exception) = &self.exception else { return ptr::null() };
        kept.pointer(|| read(exception).map(Text::new))
    }
}
