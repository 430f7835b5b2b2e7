//! Debug builds end the program, with the name of the called function, when a pointer leads to
//! no living handle of the right type. In releases that is undefined, as the header says.

#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use celery_result::ffi::{
    options::{celery_options_free, celery_options_new},
    value_kind::celery_value_kind,
};
use std::{os::unix::process::ExitStatusExt, process::Command, ptr};

const CHILD: &str = "CELERY_TEST_MISUSE";

#[test]
fn a_handle_of_another_type_is_recognised() {
    if std::env::var_os(CHILD).is_some() {
        let mut options = ptr::null_mut();
        // SAFETY: the slot is writable.
        unsafe { celery_options_new(&raw mut options, ptr::null_mut()) };
        // SAFETY: none; this is the mistake that must be found.
        unsafe { celery_value_kind(options.cast()) };
        // SAFETY: not reached.
        unsafe { celery_options_free(options) };
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_handle_of_another_type_is_recognised", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.signal(), Some(6), "{said}");
    assert!(said.contains("celery_value_kind: the pointer leads to no living celery_value_t"), "{said}");
}
