//! The options that say in what records are written and may be read, on apps.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use celery_result::{
    app::App,
    model::{Compression, Error, Status},
    result::{AsyncResult, GetOptions},
    sys::Log,
};
use std::time::Duration;
use support::{
    redis_server::RedisServer,
    stores::{options, success},
    worker::key,
};

const LONG: Duration = Duration::from_secs(20);

fn open(url: &str, set: &[(&str, &str)]) -> App {
    let mut options = options();
    for (name, value) in set {
        options.set(name, value).unwrap();
    }
    App::open(url, &options, Log::default()).unwrap()
}

fn get(app: &App, id: &str) -> Result<String, Error> {
    let options = GetOptions { timeout: Some(LONG), ..GetOptions::default() };
    Ok(AsyncResult::new(app, id)?.get(&options)?.value.json().to_owned())
}

#[test]
fn compressed_records_are_read_whatever_is_configured() {
    let server = RedisServer::start();
    let url = format!("redis://127.0.0.1:{}/0", server.port());
    let plain = open(&url, &[]);
    for compression in Compression::ALL.into_iter().filter(|compression| compression.is_built_in()) {
        for name in compression.names() {
            let app = open(&url, &[("result_compression", name)]);
            let text = format!("\"{}\"", name.repeat(500));
            assert!(app.store(&success(name, &text)).unwrap());
            let stored: Vec<u8> = redis::cmd("GET").arg(key(name)).query(&mut server.client()).unwrap();
            let start = format!("\0celery-compressed\0{}\0", compression.mime());
            assert!(stored.starts_with(start.as_bytes()) && stored.len() < text.len(), "{name}");
            // Told by the message, and found by reading.
            assert_eq!(get(&plain, name).unwrap(), text);
            assert_eq!(get(&app, name).unwrap(), text);
            // A worker does not replace a stored SUCCESS, however it is compressed.
            assert!(!plain.store(&success(name, "1")).unwrap());
        }
    }
}

#[test]
fn what_is_not_accepted_is_named_and_not_read() {
    let server = RedisServer::start();
    for store in ["memory://formats".to_owned(), format!("redis://127.0.0.1:{}/0", server.port())] {
        let writer = open(&store, &[]);
        assert!(writer.store(&success("a", "1")).unwrap());
        let stored = AsyncResult::new(&writer, "a").unwrap().meta().unwrap().meta.unwrap();
        for refused in [
            &[("result_accept_content", "pickle,application/x-msgpack")][..],
            &[("accept_content", "yaml")],
            &[("accept_content", "json"), ("result_accept_content", "[]")],
        ] {
            let app = open(&store, refused);
            let result = AsyncResult::new(&app, "a").unwrap();
            for error in
                [result.state().unwrap_err(), get(&app, "a").unwrap_err(), result.meta().unwrap_err()]
            {
                assert_eq!(error.status(), Status::ContentDisallowed, "{refused:?}: {error}");
                let named =
                    format!("json (application/json), which {} does not allow", refused.last().unwrap().0);
                assert!(error.message().contains(&named), "{error}");
                assert_eq!(error.record(), Some(stored.stored()), "{refused:?}");
            }
            assert!(result.exists().unwrap());
        }
        let app = open(&store, &[("accept_content", "yaml"), ("result_accept_content", "JSON")]);
        assert_eq!(get(&app, "a").unwrap(), "1");
    }
}
