//! Text and bytes on their way in and out. In: NUL-terminated UTF-8, or pointer and length. Out:
//! borrowed and NUL-terminated, kept in the handle it came from.

use super::{
    boundary::Call,
    handle::{DataOut, null},
};
use crate::model::{Error, Result, Status, Stored};
use once_cell::race::OnceBox;
use std::{
    ffi::{CStr, c_char},
    ptr,
};

/// Bytes with a NUL after them, for C to borrow.
#[derive(Clone)]
pub(super) struct Text {
    bytes: Vec<u8>,
}

impl Text {
    pub(super) fn new(text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        let mut bytes = Vec::with_capacity(text.len().saturating_add(1));
        bytes.extend_from_slice(text);
        bytes.push(0);
        Self { bytes }
    }

    /// Borrowed as long as the text lives, wherever the `Text` itself is moved.
    pub(super) fn pointer(&self) -> *const c_char {
        self.bytes.as_ptr().cast()
    }

    /// The length without the NUL.
    pub(super) fn len(&self) -> usize {
        self.bytes.len().saturating_sub(1)
    }
}

/// A text that is made when it is first asked for; `None` is NULL in C.
#[derive(Default)]
pub(super) struct LazyText {
    text: OnceBox<Option<Text>>,
}

impl LazyText {
    pub(super) fn get(&self, make: impl FnOnce() -> Option<Text>) -> Option<&Text> {
        self.text.get_or_init(|| Box::new(make())).as_ref()
    }

    pub(super) fn pointer(&self, make: impl FnOnce() -> Option<Text>) -> *const c_char {
        self.get(make).map_or(ptr::null(), Text::pointer)
    }
}

/// The bytes of a record for C to borrow from the handle that keeps it; NULL of none, and then no length.
pub(super) fn raw(len: DataOut<usize>, record: Option<&Stored>) -> *const u8 {
    record.map_or(ptr::null(), |record| {
        len.set(record.bytes().len());
        record.bytes().as_ptr()
    })
}

impl Call {
    /// NUL-terminated UTF-8.
    pub(super) fn text(&self, pointer: *const c_char, name: &str) -> Result<&str> {
        self.text_or_null(pointer, name)?.ok_or_else(|| null(name))
    }

    /// The same where NULL is allowed.
    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    pub(super) fn text_or_null(&self, pointer: *const c_char, name: &str) -> Result<Option<&str>> {
        if pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: not NULL, so a NUL-terminated text that lives for the call.
        let text = unsafe { CStr::from_ptr(pointer) };
        utf8(text.to_bytes(), name).map(Some)
    }

    /// Bytes by pointer and length; the pointer of no bytes is not looked at.
    pub(super) fn bytes(&self, pointer: *const c_char, len: usize, name: &str) -> Result<&[u8]> {
        self.array(pointer.cast(), len, name)
    }

    /// UTF-8 by pointer and length.
    pub(super) fn payload(&self, pointer: *const c_char, len: usize, name: &str) -> Result<&str> {
        utf8(self.bytes(pointer, len, name)?, name)
    }

    /// An array of NUL-terminated texts.
    pub(super) fn texts(&self, pointer: *const *const c_char, count: usize, name: &str) -> Result<Vec<&str>> {
        let texts = self.array(pointer, count, name)?.iter().enumerate();
        let text = |(index, pointer): (usize, &*const c_char)| {
            // The place is spelled out for an error only: there may be a million texts.
            self.text(*pointer, name).or_else(|_| self.text(*pointer, &format!("{name}[{index}]")))
        };
        texts.map(text).collect()
    }
}

fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("the parameter {name} is not UTF-8 at byte {}", error.valid_up_to());
        Error::new(Status::InvalidUtf8, message)
    })
}
