//! What is behind the pointers that C holds. Each opaque type has one kind of ownership: shared
//! (an `Arc`: a running call keeps its own reference) or unique (a `Box`: one thread at a time).
//! Casts between C's pointers and Rust's owners happen here and nowhere else.
//!
//! Debug builds keep a word in each handle that names its type and is wiped when the handle
//! dies, and abort with the name of the called function when a pointer leads to anything else.

use super::boundary::Call;
use crate::{
    model::{Error, Result, Status},
    sys::fork::Generation,
};
use std::{
    ops::{Deref, DerefMut},
    ptr, slice,
    sync::Arc,
};

/// An opaque C type and the data behind its pointers.
pub(super) trait Opaque: Sized + 'static {
    /// The data.
    type Body: 'static;
    /// The name in C, for messages.
    const NAME: &'static str;

    /// Whether the data belongs to the parent of this process.
    fn is_forked(body: &Self::Body) -> bool {
        let _ = body;
        false
    }
}

/// An opaque type whose handles are counted references.
pub(super) trait Shared: Opaque<Body: Send + Sync> {}

/// An opaque type whose handles are used by one thread at a time.
pub(super) trait Unique: Opaque {}

/// Data that is of no use in a forked child, and does not tell by itself that it is in one.
pub(super) struct OfProcess<T> {
    data: T,
    made: Generation,
}

impl<T> OfProcess<T> {
    pub(super) fn new(data: T) -> Self {
        Self { data, made: Generation::now() }
    }

    pub(super) fn is_forked(&self) -> bool {
        !self.made.is_current()
    }
}

impl<T> Deref for OfProcess<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> DerefMut for OfProcess<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

/// The memory that a pointer of C leads to. The seal comes first in every type, so that a pointer
/// to another type is recognised too.
#[repr(C)]
pub(super) struct Handle<C: Opaque> {
    #[cfg(debug_assertions)]
    seal: std::sync::atomic::AtomicU64,
    body: C::Body,
}

impl<C: Opaque> Handle<C> {
    fn new(body: C::Body) -> Self {
        Self {
            #[cfg(debug_assertions)]
            seal: std::sync::atomic::AtomicU64::new(seal(C::NAME)),
            body,
        }
    }

    #[cfg(debug_assertions)]
    fn is_sealed(&self) -> bool {
        self.seal.load(std::sync::atomic::Ordering::Relaxed) == seal(C::NAME)
    }

    #[cfg(not(debug_assertions))]
    #[allow(clippy::unused_self)]
    fn is_sealed(&self) -> bool {
        true
    }

    fn check(&self, function: &str) {
        if !self.is_sealed() {
            misuse(function, C::NAME);
        }
    }
}

#[cfg(debug_assertions)]
impl<C: Opaque> Drop for Handle<C> {
    fn drop(&mut self) {
        self.seal.store(0, std::sync::atomic::Ordering::Relaxed);
    }
}

impl<C: Opaque> Deref for Handle<C> {
    type Target = C::Body;

    fn deref(&self) -> &C::Body {
        &self.body
    }
}

/// FNV-1a of the type's name: no two types share it, and no pointer looks like it.
#[cfg(debug_assertions)]
fn seal(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[allow(clippy::print_stderr, reason = "the program is about to be ended; there is nobody else to tell")]
fn misuse(function: &str, name: &str) -> ! {
    eprintln!(
        "{function}: the pointer leads to no living {name}: freed twice, used after free, or another type"
    );
    std::process::abort()
}

/// A new counted handle, owned by the caller.
pub(super) fn share<C: Shared>(body: C::Body) -> *mut C {
    Arc::into_raw(Arc::new(Handle::<C>::new(body))).cast::<C>().cast_mut()
}

/// A new handle with one owner, the caller.
pub(super) fn own<C: Unique>(body: C::Body) -> *mut C {
    Box::into_raw(Box::new(Handle::<C>::new(body))).cast::<C>()
}

/// A handle that lives for the length of one callback.
pub(super) fn lend<C: Shared, R>(body: C::Body, call: impl FnOnce(*const C) -> R) -> R {
    let handle = Arc::new(Handle::<C>::new(body));
    call(Arc::as_ptr(&handle).cast::<C>())
}

/// The same for a handle of the other kind.
pub(super) fn lend_unique<C: Unique, R>(body: C::Body, call: impl FnOnce(*const C) -> R) -> R {
    let handle = Handle::<C>::new(body);
    call(ptr::from_ref(&handle).cast::<C>())
}

/// Where a handle goes; NULL was written there already.
pub(super) struct HandleOut<'call, C> {
    slot: &'call mut *mut C,
}

impl<C: Shared> HandleOut<'_, C> {
    pub(super) fn share(self, body: C::Body) {
        *self.slot = share(body);
    }
}

impl<C: Unique> HandleOut<'_, C> {
    pub(super) fn own(self, body: C::Body) {
        *self.slot = own(body);
    }
}

/// Where something else goes, on success only.
pub(super) struct DataOut<T> {
    slot: *mut T,
}

impl<T> DataOut<T> {
    pub(super) fn set(self, value: T) {
        // SAFETY: made by `Call::data` only, under whose contract the slot is writable.
        unsafe { self.slot.write(value) };
    }
}

/// Where several of them go, on success only.
pub(super) struct ArrayOut<T> {
    slots: *mut T,
    room: usize,
}

impl<T: Copy> ArrayOut<T> {
    /// Writes as many as there is room for.
    pub(super) fn set(self, values: &[T]) {
        let count = values.len().min(self.room);
        // SAFETY: made by `Call::data_array` only, under whose contract `room` slots are writable,
        // and C's memory does not overlap with ours.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), self.slots, count) };
    }
}

impl Call {
    /// The data behind a counted handle, kept alive for the call.
    pub(super) fn shared<C: Shared>(&self, pointer: *const C, name: &str) -> Result<Arc<Handle<C>>> {
        self.shared_or_null(pointer)?.ok_or_else(|| null(name))
    }

    /// The same where NULL is allowed.
    pub(super) fn shared_or_null<C: Shared>(&self, pointer: *const C) -> Result<Option<Arc<Handle<C>>>> {
        let Some(handle) = self.peek(pointer) else { return Ok(None) };
        handle.check(self.name());
        if C::is_forked(handle) {
            return Err(forked::<C>());
        }
        let pointer = ptr::from_ref(handle);
        // SAFETY: a living counted handle came from `Arc::into_raw`.
        unsafe { Arc::increment_strong_count(pointer) };
        // SAFETY: this takes the reference that the line above added.
        Ok(Some(unsafe { Arc::from_raw(pointer) }))
    }

    /// A look at the data without a reference: for what must not run a destructor.
    pub(super) fn glance<C: Opaque>(&self, pointer: *const C) -> Option<&C::Body> {
        let handle = self.peek(pointer)?;
        handle.check(self.name());
        Some(&handle.body)
    }

    /// The data behind each handle of an array, kept alive for the call.
    pub(super) fn all_shared<C: Shared>(
        &self,
        pointer: *const *mut C,
        count: usize,
        name: &str,
    ) -> Result<Vec<Arc<Handle<C>>>> {
        let handles = self.array(pointer, count, name)?.iter().enumerate();
        let handle = |(index, pointer): (usize, &*mut C)| {
            let place = || format!("{name}[{index}]");
            match self.shared_or_null(pointer.cast_const()) {
                Ok(Some(handle)) => Ok(handle),
                Ok(None) => Err(null(&place())),
                Err(error) => Err(Error::new(error.status(), format!("{}: {}", place(), error.message()))),
            }
        };
        handles.map(handle).collect()
    }

    /// The data behind a handle with one owner.
    pub(super) fn unique<C: Unique>(&self, pointer: *const C, name: &str) -> Result<&C::Body> {
        self.glance(pointer).ok_or_else(|| null(name))
    }

    /// The same for a call that changes it.
    #[allow(clippy::mut_from_ref, reason = "C promises one thread at a time per handle of this kind")]
    pub(super) fn unique_mut<C: Unique>(&self, pointer: *mut C, name: &str) -> Result<&mut C::Body> {
        // SAFETY: NULL or a living handle, used by this thread alone.
        let handle = unsafe { pointer.cast::<Handle<C>>().as_mut() }.ok_or_else(|| null(name))?;
        handle.check(self.name());
        if C::is_forked(handle) {
            return Err(forked::<C>());
        }
        Ok(&mut handle.body)
    }

    /// Another reference for the caller.
    pub(super) fn reference<C: Shared>(&self, pointer: *const C) -> *mut C {
        match self.shared_or_null(pointer) {
            Ok(Some(handle)) => Arc::into_raw(handle).cast::<C>().cast_mut(),
            _ => ptr::null_mut(),
        }
    }

    /// Gives a reference back. What was inherited through a fork is left alone: its destructor
    /// would take locks and close connections that are the parent's.
    pub(super) fn release<C: Shared>(&self, pointer: *mut C) {
        let Some(handle) = self.peek(pointer) else { return };
        handle.check(self.name());
        if C::is_forked(handle) {
            return;
        }
        // SAFETY: the caller hands over the reference that it owns.
        drop(unsafe { Arc::from_raw(ptr::from_ref(handle)) });
    }

    /// Frees a handle with one owner; inherited through a fork it is left alone too.
    pub(super) fn destroy<C: Unique>(&self, pointer: *mut C) {
        let Some(handle) = self.peek(pointer) else { return };
        handle.check(self.name());
        if C::is_forked(handle) {
            return;
        }
        // SAFETY: the caller owns the handle, and it came from `Box::into_raw`.
        drop(unsafe { Box::from_raw(pointer.cast::<Handle<C>>()) });
    }

    /// Where a handle will go. Writes NULL there at once, so it comes first in every call.
    pub(super) fn out<C>(&self, slot: *mut *mut C, name: &str) -> Result<HandleOut<'_, C>> {
        self.out_or_null(slot).ok_or_else(|| null(name))
    }

    /// The same where NULL means that the handle is not wanted.
    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    pub(super) fn out_or_null<C>(&self, slot: *mut *mut C) -> Option<HandleOut<'_, C>> {
        // SAFETY: NULL or a writable slot that this call alone uses.
        let slot = unsafe { slot.as_mut() }?;
        *slot = ptr::null_mut();
        Some(HandleOut { slot })
    }

    /// Where a number or a borrowed pointer will go.
    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    pub(super) fn data<T>(&self, slot: *mut T, name: &str) -> Result<DataOut<T>> {
        if slot.is_null() { Err(null(name)) } else { Ok(DataOut { slot }) }
    }

    /// Where numbers will go.
    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    pub(super) fn data_array<T>(&self, slots: *mut T, room: usize, name: &str) -> Result<ArrayOut<T>> {
        if slots.is_null() { Err(null(name)) } else { Ok(ArrayOut { slots, room }) }
    }

    /// Writes a number if it is wanted.
    pub(super) fn fill<T>(&self, slot: *mut T, value: T) {
        if let Ok(out) = self.data(slot, "") {
            out.set(value);
        }
    }

    /// The elements of an array by pointer and count; the pointer of none is not looked at.
    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    pub(super) fn array<T>(&self, pointer: *const T, count: usize, name: &str) -> Result<&[T]> {
        if count == 0 {
            return Ok(&[]);
        }
        if pointer.is_null() {
            return Err(null(name));
        }
        if count > isize::MAX as usize / size_of::<T>() {
            let message = format!("the count {count} of {name} is more than memory can hold");
            return Err(Error::new(Status::InvalidArgument, message));
        }
        // SAFETY: not NULL, so `count` readable elements that live for the call.
        Ok(unsafe { slice::from_raw_parts(pointer, count) })
    }

    /// The same where NULL is allowed.
    pub(super) fn array_or_null<T>(
        &self,
        pointer: *const T,
        count: usize,
        name: &str,
    ) -> Result<Option<&[T]>> {
        if pointer.is_null() { Ok(None) } else { self.array(pointer, count, name).map(Some) }
    }

    #[allow(
        clippy::unused_self,
        reason = "a call is the witness that the pointer is what the header asks for"
    )]
    fn peek<C: Opaque>(&self, pointer: *const C) -> Option<&Handle<C>> {
        // SAFETY: NULL or a living handle of this type.
        unsafe { pointer.cast::<Handle<C>>().as_ref() }
    }
}

fn forked<C: Opaque>() -> Error {
    let message = format!("this {} was made before a fork and belongs to the parent process", C::NAME);
    Error::new(Status::Forked, message)
}

/// A parameter that must not be NULL is.
pub(super) fn null(name: &str) -> Error {
    Error::new(Status::NullArgument, format!("the parameter {name} must not be NULL"))
}
