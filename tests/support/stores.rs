//! Every store that a test runs over, with the periodic re-read off: it would hide lost wake-ups.

use celery_result::{
    app::App,
    config::Options,
    model::{Record, RecordValue, State},
    sys::Log,
};

/// Runs the test with a fresh app on each store, and checks that nothing was found by re-reading.
pub fn for_each_store(test: impl Fn(&App)) {
    for url in ["memory://"] {
        let mut options = Options::new();
        options.set("result_reread_interval", "0").unwrap();
        let app = App::open(url, &options, Log::default()).unwrap();
        test(&app);
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
}

/// A SUCCESS record with this value.
pub fn success(id: &str, json: &str) -> Record {
    let mut record = Record::new(id, State::Success);
    record.value = RecordValue::Json(json.to_owned());
    record
}
