//! `celery_options_t`: settings by Celery's own names, before an app is opened.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{Opaque, Unique},
    log::LogSetting,
    status::celery_status_t,
    text::Text,
};
use crate::{
    config::Options,
    model::Result,
    sys::{Log, fork::PerProcess},
};
use std::{cell::RefCell, collections::BTreeMap, ffi::c_char, ptr};

/// Settings of an app to be opened, by Celery's own names. Free it with celery_options_free().
pub struct celery_options_t {
    _private: [u8; 0],
}

#[derive(Default)]
pub(super) struct OptionsBody {
    options: Options,
    log: Option<LogSetting>,
    /// What `celery_options_get` lent out.
    lent: RefCell<BTreeMap<String, Text>>,
}

impl OptionsBody {
    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn log(&self) -> Log {
        self.log.as_ref().map(LogSetting::log).unwrap_or_default()
    }

    pub(super) fn set_log(&mut self, log: Option<LogSetting>) {
        self.log = log;
    }

    fn set(&mut self, key: &str, set: impl FnOnce(&mut Options) -> Result<()>) -> Result<()> {
        set(&mut self.options)?;
        self.lent.get_mut().remove(key);
        Ok(())
    }
}

impl Opaque for celery_options_t {
    type Body = OptionsBody;
    const NAME: &'static str = "celery_options_t";
}

impl Unique for celery_options_t {}

/// The option table in C's form, made when somebody asks for it.
struct Table {
    rows: Vec<[Text; 3]>,
}

impl Default for Table {
    fn default() -> Self {
        let rows = Options::table().iter();
        Self { rows: rows.map(|row| [row.name, row.default, row.doc].map(Text::new)).collect() }
    }
}

static TABLE: PerProcess<Table> = PerProcess::new();

fn column(index: usize, column: usize) -> *const c_char {
    TABLE.get().rows.get(index).and_then(|row| row.get(column)).map_or(ptr::null(), Text::pointer)
}

/// Makes settings that are all at their defaults.
///
/// @param options not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *options with celery_options_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_new(
    options: *mut *mut celery_options_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_new", err) }.run(|call| {
        call.out(options, "options")?.own(OptionsBody::default());
        Ok(())
    })
}

/// Frees settings. NULL is fine. Apps opened with them keep their own copy.
///
/// @param options nullable.
/// Ownership: the handle is gone, and every text borrowed from it.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_free(options: *mut celery_options_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_free") }.act(|call| call.destroy(options));
}

/// Sets one option from text. Names are Celery's own (`result_expires`, `redis_socket_timeout`, dotted
/// keys such as `result_backend_transport_options.global_keyprefix`) or one of this library's;
/// celery_options_doc() describes each.
///
/// Booleans are "true" and "false" (also 1 and 0, yes and no, on and off). Times are seconds, or
/// milliseconds where the name ends in _ms, or carry a unit: "90", "1.5s", "250ms", "30m", "2h", "1d".
/// Sizes are bytes or carry a unit: "65536", "16MB", "16MiB". Lists are separated by commas. "null"
/// and "" are None. A Celery setting that means nothing here is accepted and listed by
/// celery_options_ignored_at().
///
/// @param options not nullable.
/// @param key not nullable.
/// @param value not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
/// CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_set(
    options: *mut celery_options_t,
    key: *const c_char,
    value: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_set", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let (key, value) = (call.text(key, "key")?, call.text(value, "value")?);
        options.set(key, |options| options.set(key, value))
    })
}

/// Sets one option to a boolean. Otherwise as celery_options_set().
///
/// @param options not nullable.
/// @param key not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
/// CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_set_bool(
    options: *mut celery_options_t,
    key: *const c_char,
    value: bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_set_bool", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let key = call.text(key, "key")?;
        options.set(key, |options| options.set_bool(key, value))
    })
}

/// Sets one option to a whole number. Otherwise as celery_options_set().
///
/// @param options not nullable.
/// @param key not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
/// CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_set_int64(
    options: *mut celery_options_t,
    key: *const c_char,
    value: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_set_int64", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let key = call.text(key, "key")?;
        options.set(key, |options| options.set_i64(key, value))
    })
}

/// Sets one option to a time in seconds, fractions allowed. Otherwise as celery_options_set().
///
/// @param options not nullable.
/// @param key not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION, with the nearest name in the message;
/// CELERY_ERR_INVALID_OPTION; CELERY_ERR_NOT_BUILT_IN; CELERY_ERR_NULL_ARGUMENT;
/// CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_set_seconds(
    options: *mut celery_options_t,
    key: *const c_char,
    value: f64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_set_seconds", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let key = call.text(key, "key")?;
        options.set(key, |options| options.set_seconds(key, value))
    })
}

/// Puts one option back to its default.
///
/// @param options not nullable.
/// @param key not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNKNOWN_OPTION; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_unset(
    options: *mut celery_options_t,
    key: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_options_unset", err) }.run(|call| {
        let options = call.unique_mut(options, "options")?;
        let key = call.text(key, "key")?;
        options.set(key, |options| options.unset(key))
    })
}

/// Gives what an option was set to.
///
/// @param options not nullable.
/// @param key not nullable.
/// @return the text; NULL where the option is not set, and for an unknown key.
/// Ownership: borrowed, until the same option is set again or the options are freed.
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_get(
    options: *const celery_options_t,
    key: *const c_char,
) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_get") }.answer(ptr::null(), |call| {
        let body = call.unique(options, "options")?;
        let key = call.text(key, "key")?;
        let Some(value) = body.options.get(key) else { return Ok(ptr::null()) };
        let mut lent = body.lent.borrow_mut();
        Ok(lent.entry(key.to_owned()).or_insert_with(|| Text::new(value)).pointer())
    })
}

/// Gives the number of options there are.
///
/// @return how many indexes the three functions below know.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_count() -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_count") }.answer(0, |_| Ok(TABLE.get().rows.len()))
}

/// Gives the name of an option.
///
/// @return static text; NULL for an index beyond the end.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_name(index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_name") }.answer(ptr::null(), |_| Ok(column(index, 0)))
}

/// Gives the default of an option, as text; an empty one is None.
///
/// @return static text; NULL for an index beyond the end.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_default(index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_default") }.answer(ptr::null(), |_| Ok(column(index, 1)))
}

/// Gives one sentence about what an option does here.
///
/// @return static text; NULL for an index beyond the end.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_doc(index: usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_doc") }.answer(ptr::null(), |_| Ok(column(index, 2)))
}

/// Gives the number of options that were set and have no effect here.
///
/// @param options not nullable.
/// @return how many indexes celery_options_ignored_at() knows; 0 for NULL.
/// Ownership: nothing to free.
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_ignored_count(options: *const celery_options_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_ignored_count") }
        .answer(0, |call| Ok(call.unique(options, "options")?.options.ignored().count()))
}

/// Gives the name of one option that was set and has no effect here.
///
/// @param options not nullable.
/// @return static text; NULL for an index beyond the end.
/// Ownership: static; never free it.
/// Threads: one thread at a time per handle.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_options_ignored_at(
    options: *const celery_options_t,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_options_ignored_at") }.answer(ptr::null(), |call| {
        let Some(name) = call.unique(options, "options")?.options.ignored().nth(index) else {
            return Ok(ptr::null());
        };
        let place = Options::table().iter().position(|row| row.name == name);
        Ok(place.map_or(ptr::null(), |place| column(place, 0)))
    })
}
