//! `celery_app_t`: opening, closing, and the storing side.

use super::{
    boundary::Call,
    cancel::celery_cancel_t,
    error::celery_error_t,
    handle::{Opaque, Shared},
    options::celery_options_t,
    record::celery_record_t,
    status::celery_status_t,
    text::Text,
};
use crate::{
    app::App,
    config::Options,
    model::{Record, RecordValue, State},
    sys::Log,
};
use std::{
    ffi::c_char,
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Celery's app as a client sees it: a result store and one engine that waits on it. Free it with
/// celery_app_free().
pub struct celery_app_t {
    _private: [u8; 0],
}

pub(super) struct AppBody {
    app: App,
    uri: Text,
    /// References that C holds. Running calls keep the handle alive too, but do not count here:
    /// the last `celery_app_free` closes at once, whoever is waiting.
    held: AtomicUsize,
}

impl AppBody {
    pub(super) fn new(app: App) -> Self {
        Self { uri: Text::new(app.uri()), app, held: AtomicUsize::new(1) }
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }
}

impl Opaque for celery_app_t {
    type Body = AppBody;
    const NAME: &'static str = "celery_app_t";

    fn is_forked(body: &AppBody) -> bool {
        body.app.is_forked()
    }
}

impl Shared for celery_app_t {}

/// Milliseconds of C: negative is for ever.
pub(super) fn timeout(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Opens an app on a result store. Does no I/O and starts no thread: the first call that needs the
/// server connects.
///
/// Tasks and commands go over a broker: that of the option broker_url, or else the result store where it
/// is a Redis. A broker that this build cannot speak to, such as amqp://, is no error here: the calls that
/// send fail, and nothing else does.
///
/// @param backend_url not nullable: memory:// (a store of its own), memory://NAME (shared by all apps
/// of the process that name it), redis://[user][:password]@host[:port][/db],
/// redis+socket:///path?virtual_host=DB, in Celery's own forms; "" takes the option result_backend.
/// @param options nullable: every default.
/// @param app not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_URL; CELERY_ERR_NOT_BUILT_IN for a store that this build does
/// not have; CELERY_ERR_INVALID_OPTION; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *app with celery_app_free(); the options are copied and stay the caller's; free *err
/// with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_open(
    backend_url: *const c_char,
    options: *const celery_options_t,
    app: *mut *mut celery_app_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_open", err) }.run(|call| {
        let app = call.out(app, "app")?;
        let url = call.text(backend_url, "backend_url")?;
        let opened = match call.glance(options) {
            Some(body) => App::open(url, body.options(), body.log()),
            None => App::open(url, &Options::default(), Log::default()),
        }?;
        app.share(AppBody::new(opened));
        Ok(())
    })
}

/// Connects to the result store and checks the credentials, for the start of a daemon. Waiting does not
/// need it.
///
/// @param app not nullable.
/// @param timeout_ms < 0 for ever, 0 one look.
/// @param cancel nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_CANCELLED; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_connect(
    app: *mut celery_app_t,
    timeout_ms: i64,
    cancel: *const celery_cancel_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_connect", err) }.run(|call| {
        let (app, cancel) = (call.shared(app, "app")?, call.shared_or_null(cancel)?);
        app.app.connect(timeout(timeout_ms), cancel.as_deref().map(|cancel| &**cancel))
    })
}

/// Gives another reference to the same app.
///
/// @param app not nullable.
/// @return the app; NULL for NULL, and in a forked child.
/// Ownership: free it with celery_app_free(), as often as it was referenced.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_ref(app: *const celery_app_t) -> *mut celery_app_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_app_ref") }.answer(ptr::null_mut(), |call| {
        let app = call.reference(app);
        if let Some(body) = call.glance(app) {
            body.held.fetch_add(1, Ordering::Relaxed);
        }
        Ok(app)
    })
}

/// Closes an app: every waiter wakes with CELERY_ERR_CLOSED, and so does every later call that needs
/// the store. Finished results stay readable. A second close does nothing.
///
/// @param app not nullable: NULL does nothing.
/// Ownership: the handle stays; free it with celery_app_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_close(app: *mut celery_app_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_app_close") }.act(|call| {
        if let Ok(Some(app)) = call.shared_or_null(app) {
            app.app.close();
        }
    });
}

/// Closes an app and waits until its threads have ended.
///
/// @param app not nullable.
/// @param timeout_ms < 0 for ever, 0 only looks.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_TIMEOUT: closed, but a thread still runs; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: the handle stays; free it with celery_app_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_close_wait(
    app: *mut celery_app_t,
    timeout_ms: i64,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_close_wait", err) }
        .run(|call| call.shared(app, "app")?.app.close_wait(timeout(timeout_ms)))
}

/// Gives a reference back; the last one closes the app. NULL is fine. Results of the app keep what they
/// need of it: finished ones stay readable, the others give CELERY_ERR_CLOSED. In a forked child it
/// does nothing.
///
/// @param app nullable.
/// Ownership: the reference is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_free(app: *mut celery_app_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_app_free") }.act(|call| {
        let last = |body: &AppBody| body.held.fetch_sub(1, Ordering::AcqRel) == 1;
        if let Ok(Some(handle)) = call.shared_or_null(app)
            && last(&handle)
        {
            handle.app.close();
        }
        call.release(app);
    });
}

/// Gives the store's URL, with the password masked (Celery's `Backend.as_uri`).
///
/// @param app not nullable.
/// @return the text; NULL for NULL, and in a forked child.
/// Ownership: borrowed, until the app is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_uri(app: *const celery_app_t) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_app_uri") }
        .answer(ptr::null(), |call| Ok(call.shared(app, "app")?.uri.pointer()))
}

/// Stores a record as a Celery worker does (`Backend.store_result`): whoever waits for the task wakes,
/// in this program and in every other, Python's included.
///
/// @param app not nullable.
/// @param record not nullable.
/// @param stored nullable: false where a stored SUCCESS was kept, which nothing replaces.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_ENCODE where a value is not JSON, or of a kind that
/// result_serializer cannot hold, which the message names; CELERY_ERR_TOO_LARGE; CELERY_ERR_TOO_DEEP;
/// CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN where the connection broke after the record was sent;
/// CELERY_ERR_AUTH; CELERY_ERR_PERMISSION; CELERY_ERR_BAD_DATABASE;
/// CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED; CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC;
/// CELERY_ERR_INVALID_ARGUMENT for an id longer than 16384 bytes, and where a FAILURE, REVOKED or RETRY
/// has a value that is no exception; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_store(
    app: *mut celery_app_t,
    record: *const celery_record_t,
    stored: *mut bool,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_store", err) }.run(|call| {
        let app = call.shared(app, "app")?;
        let record = call.unique(record, "record")?;
        call.fill(stored, app.app.store(record)?);
        Ok(())
    })
}

/// Stores a state with a value, the short form of celery_app_store(). The value of a FAILURE or
/// REVOKED is an exception, {"exc_type": …, "exc_message": […], "exc_module": …}:
/// celery_record_set_exception() spells it.
///
/// @param app not nullable.
/// @param task_id not nullable.
/// @param state not nullable: SUCCESS, PROGRESS and so on.
/// @param value_json nullable where len is 0: JSON text; NaN and Infinity are allowed.
/// @param len the length of value_json in bytes; 0 stores null.
/// @param traceback nullable.
/// @param err nullable.
/// @return CELERY_OK, also where a stored SUCCESS was kept; CELERY_ERR_INVALID_ARGUMENT for an empty
/// state, for an id that is empty or longer than 16384 bytes, and where a FAILURE, REVOKED or RETRY
/// has a value that is no exception; CELERY_ERR_ENCODE where the value is not JSON, or of a kind
/// that result_serializer cannot hold, which the message names; CELERY_ERR_TOO_LARGE;
/// CELERY_ERR_TOO_DEEP; CELERY_ERR_UNREACHABLE; CELERY_ERR_UNCERTAIN where the connection broke after
/// the record was sent; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT; CELERY_ERR_INVALID_UTF8.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_app_store_result(
    app: *mut celery_app_t,
    task_id: *const c_char,
    state: *const c_char,
    value_json: *const c_char,
    len: usize,
    traceback: *const c_char,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_app_store_result", err) }.run(|call| {
        let app = call.shared(app, "app")?;
        let (task_id, state) = (call.text(task_id, "task_id")?, call.text(state, "state")?);
        let value = if len > 0 { call.payload(value_json, len, "value_json")? } else { "null" };
        let value = RecordValue::Json(value.to_owned());
        let mut record = Record::with_value(task_id, State::from_name(state), value);
        record.traceback = call.text_or_null(traceback, "traceback")?.map(str::to_owned);
        app.app.store(&record).map(drop)
    })
}
