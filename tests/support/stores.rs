//! Every store that a test runs over, with the periodic re-read off: it would hide lost wake-ups.

use super::{eventually, redis_server::RedisServer};
use celery_result::{
    app::App,
    config::Options,
    model::{Record, RecordValue, State},
    sys::Log,
};

/// Options with the periodic re-read off, and patience: many tests share a machine, and only those that
/// are about the timeout of an operation set a short one.
pub fn options() -> Options {
    let mut options = Options::new();
    options.set("result_reread_interval", "0").unwrap();
    options.set("operation_timeout_ms", "20000").unwrap();
    options
}

/// An app with the periodic re-read off.
pub fn open(url: &str) -> App {
    App::open(url, &options(), Log::default()).unwrap()
}

/// Runs the test with a fresh app on each store, and checks that nothing was found by re-reading.
pub fn for_each_store(test: impl Fn(&App)) {
    let server = RedisServer::start();
    let resp2 = RedisServer::with(&["--rename-command", "HELLO", ""]);
    for url in [
        "memory://".to_owned(),
        format!("redis://127.0.0.1:{}/0", server.port()),
        format!("redis://127.0.0.1:{}/3", resp2.port()),
        format!("redis+socket://{}?virtual_host=2", server.socket().display()),
    ] {
        let app = open(&url);
        test(&app);
        assert_eq!(app.stats().recovered_by_reread, 0, "{url}");
    }
}

/// Nobody waits for anything any more, and nothing is subscribed to.
#[track_caller]
pub fn all_is_given_back(app: &App) {
    eventually("no wait is left", || app.stats().waiters == 0);
    eventually("no subscription is left", || app.stats().subscriptions == 0);
}

/// A SUCCESS record with this value.
pub fn success(id: &str, json: &str) -> Record {
    let mut record = Record::new(id, State::Success);
    record.value = RecordValue::Json(json.to_owned());
    record
}
