//! Saved groups over every store, and in Redis byte for byte as Celery has them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::Status,
    result::{AsyncResult, GroupResult, ResultBase, ResultSet},
    sys::Log,
};
use support::{
    redis_server::RedisServer,
    stores::{for_each_store, open, options, success},
};

fn task(app: &App, id: &str) -> ResultBase {
    ResultBase::Async(AsyncResult::new(app, id).unwrap())
}

#[test]
fn a_group_is_saved_restored_and_deleted() {
    for_each_store(|app| {
        let text = r#"[["g\u017c", [["before", [["header", null], [[["one", null], null]]]], null]], [[["a", [["b", null], null]], null], [["inner", null], []]]]"#;
        let tuple = app.codec().tuple(text).unwrap();
        let ResultBase::Group(made) = ResultBase::from_tuple(app, &tuple).unwrap() else { panic!() };
        assert_eq!(GroupResult::restore(app, "gż").unwrap_err().status(), Status::NotFound);
        made.save(None).unwrap();
        made.save(None).unwrap();
        let restored = GroupResult::restore(app, "gż").unwrap();
        assert!(restored == made);
        assert_eq!(restored.app().uri(), app.uri());
        assert_eq!(app.codec().tuple_json(&ResultBase::Group(restored).as_tuple().unwrap()), text);
        made.delete(None).unwrap();
        made.delete(None).unwrap();
        let error = GroupResult::restore(app, "gż").unwrap_err();
        assert_eq!(error.status(), Status::NotFound);
        assert!(error.message().contains("gż"), "{error}");
        assert_eq!(GroupResult::restore(app, "").unwrap_err().status(), Status::InvalidArgument);
        // Another app's store.
        let other = open("memory://");
        made.save(Some(&other)).unwrap();
        assert!(GroupResult::restore(app, "gż").is_err());
        assert!(GroupResult::restore(&other, "gż").unwrap() == made);
        made.delete(Some(&other)).unwrap();
        assert!(GroupResult::restore(&other, "gż").is_err());
    });
}

#[test]
fn a_set_without_an_id_cannot_be_saved_in_a_group() {
    let app = &open("memory://");
    let made = GroupResult::new(app, "g", vec![ResultBase::Set(ResultSet::new(app, vec![]).unwrap())], None)
        .unwrap();
    let error = made.save(None).unwrap_err();
    assert_eq!(error.status(), Status::WrongKind);
    assert_eq!(GroupResult::restore(app, "g").unwrap_err().status(), Status::NotFound);
    app.close();
    assert_eq!(GroupResult::restore(app, "g").unwrap_err().status(), Status::Closed);
}

#[test]
fn a_saved_group_in_redis_is_what_celery_makes_it() {
    let server = RedisServer::start();
    let (mut client, url) = (server.client(), format!("redis://127.0.0.1:{}/0", server.port()));
    let saved = "celery-taskset-meta-g";
    for (expires, least, most) in [("1d", 86_390, 86_400), ("90", 80, 90), ("0.5", -1, -1), ("none", -1, -1)]
    {
        let mut options = options();
        options.set("result_expires", expires).unwrap();
        let app = App::open(&url, &options, Log::default()).unwrap();
        group_of(&app).save(None).unwrap();
        let bytes: Vec<u8> = redis::cmd("GET").arg(saved).query(&mut client).unwrap();
        assert_eq!(bytes, br#"{"result": [["g", null], [[["a", null], null], [["b", null], null]]]}"#);
        let left: i64 = redis::cmd("TTL").arg(saved).query(&mut client).unwrap();
        assert!((least..=most).contains(&left), "{expires}: {left}");
    }
    // Whoever listens is told, as by Celery.
    let mut listener = server.client();
    let mut listener = listener.as_pubsub();
    listener.subscribe(saved).unwrap();
    group_of(&open(&url)).save(None).unwrap();
    assert!(listener.get_message().unwrap().get_payload::<String>().unwrap().starts_with("{\"result\""));
    group_of(&open(&url)).delete(None).unwrap();
    let left: bool = redis::cmd("EXISTS").arg(saved).query(&mut client).unwrap();
    assert!(!left);
}

fn group_of(app: &App) -> GroupResult {
    GroupResult::new(app, "g", vec![task(app, "a"), task(app, "b")], None).unwrap()
}

#[test]
fn a_saved_record_that_is_no_groups_says_what_is_wrong() {
    let server = RedisServer::start();
    let mut options = options();
    options.set("max_payload_bytes", "100KiB").unwrap();
    options.set("max_nesting_depth", "10000").unwrap();
    let url = format!("redis://127.0.0.1:{}/0", server.port());
    let app = App::open(&url, &options, Log::default()).unwrap();
    let (open, close) = ("[[\"g\", ".repeat(1_100), "], []]".repeat(1_100));
    let deep = format!("{{\"result\": {open}null{close}}}");
    let large = format!("{{\"result\": \"{}\"}}", "x".repeat(200_000));
    for (record, status, says) in [
        ("{\"result\": [[\"t\", null], null]}", Status::Decode, "of the task t"),
        ("{\"result\": [[\"g\", null], [7]]}", Status::Decode, "tuple form"),
        ("{\"result\": null}", Status::Decode, "tuple form"),
        ("{\"other\": 1}", Status::Decode, "no key \"result\""),
        ("[1]", Status::Decode, "an object"),
        ("{\"result\": [[\"g\", null], [", Status::Decode, "at byte 26"),
        ("", Status::NotFound, "no group"),
        ("\u{80}\u{4}", Status::Decode, ""),
        (&deep, Status::TooDeep, "more than 1000"),
        (&large, Status::TooLarge, "max_payload_bytes"),
    ] {
        let _: () =
            redis::cmd("SET").arg("celery-taskset-meta-g").arg(record).query(&mut server.client()).unwrap();
        let error = GroupResult::restore(&app, "g").unwrap_err();
        let shown: String = record.chars().take(60).collect();
        assert_eq!(error.status(), status, "{shown}: {error}");
        assert!(error.message().contains(says), "{shown}: {error}");
        assert_eq!(error.task_id().map(AsRef::as_ref), Some("g"));
    }
}

/// Saves and restores a group, and asks it.
fn restore_large(app: &App, count: usize) {
    let members = (0..count).map(|number| task(app, &format!("member-{number}"))).collect();
    GroupResult::new(app, "large", members, None).unwrap().save(None).unwrap();
    let restored = GroupResult::restore(app, "large").unwrap();
    assert_eq!(restored.members().len(), count);
    assert_eq!(restored.members()[count - 1], task(app, &format!("member-{}", count - 1)));
    assert_eq!((app.stats().subscriptions, app.stats().waiters), (0, 0));
    app.store(&success("member-7000", "1")).unwrap();
    assert_eq!(restored.set().completed_count().unwrap(), 1);
}

#[test]
fn a_large_group_is_restored_without_a_subscription() {
    for_each_store(|app| restore_large(app, 10_000));
    restore_large(&open("memory://"), 200_000);
}
