//! Functions of the C program that the library calls: a function pointer, its environment, and a
//! function that frees the environment exactly once, after the last possible call.

use std::{ffi::c_void, sync::Arc};

/// Frees the environment of a callback; called exactly once, after the last call of the callback,
/// on any thread.
pub type celery_env_free_t = Option<unsafe extern "C" fn(env: *mut c_void)>;

/// An environment and its destructor. Clones share it; the last one frees it.
#[derive(Clone)]
pub(super) struct Env {
    inner: Arc<Inner>,
}

struct Inner {
    pointer: *mut c_void,
    free: celery_env_free_t,
}

// SAFETY: the header asks for environments that may be used and freed on any thread.
unsafe impl Send for Inner {}
// SAFETY: as above; what the callbacks do with it at the same time is theirs.
unsafe impl Sync for Inner {}

impl Env {
    /// Takes the environment over. To be called before anything can fail, so that it is freed
    /// whatever happens.
    pub(super) fn new(pointer: *mut c_void, free: celery_env_free_t) -> Self {
        Self { inner: Arc::new(Inner { pointer, free }) }
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.inner.pointer
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the C program gave this function for this environment, and this is the
            // last owner.
            unsafe { free(self.pointer) };
        }
    }
}
