//! The table, the shapes of values, and what needs no Redis.

use super::super::{
    BackendAddress, Config, Effect, EngineSettings, FormatSettings, OptionKind, Options, ResultSettings,
};
use super::{open, refusal};
use crate::model::{Compression, Error, Serializer, Status};
use std::time::Duration;

#[test]
fn the_table_is_well_formed() {
    let table = Options::table();
    for (index, info) in table.iter().enumerate() {
        assert!(table.iter().skip(index + 1).all(|other| other.name != info.name), "{} twice", info.name);
        assert!(info.doc.ends_with('.') && info.doc.len() > 15, "{}: {}", info.name, info.doc);
        let ignored = info.effect == Effect::Ignored;
        assert_eq!(ignored, info.doc.starts_with("Ignored: "), "{}: {}", info.name, info.doc);
        let unit = match info.kind {
            OptionKind::Milliseconds => "milliseconds",
            OptionKind::Seconds if !info.name.ends_with("failure_expires") => "seconds",
            OptionKind::Size => "bytes",
            _ => "",
        };
        assert!(ignored || info.doc.contains(unit), "{}: no unit in {:?}", info.name, info.doc);
    }
}

#[test]
fn defaults() {
    let config = open("memory://", &[]).unwrap();
    assert_eq!(config.backend, BackendAddress::Memory { name: None });
    let day = Some(Duration::from_secs(86_400));
    assert_eq!(config.result, ResultSettings { expires: day, failure_expires: day, extended: false });
    let engine = EngineSettings {
        operation_timeout: Duration::from_secs(1),
        reread_interval: Some(Duration::from_secs(30)),
        reread_rate: 20_000,
        trust_messages: true,
        max_subscriptions: 2_000_000,
        max_queued_messages: 1_024,
    };
    assert_eq!(config.engine, engine);
    assert_eq!((config.max_payload_bytes, config.max_nesting_depth), (512 << 20, 1_000));
    assert_eq!(config.max_expansion_ratio, 200);
    let formats = FormatSettings {
        serializer: None,
        compression: None,
        accept: None,
        accept_setting: "result_accept_content",
    };
    assert_eq!(config.formats, formats);
    assert!(config.ignored.is_empty());
}

#[test]
fn how_long_records_are_kept() {
    let seconds = |settings: &[(&str, &str)]| {
        let result = open("memory://", settings).unwrap().result;
        (result.expires.map(|d| d.as_secs()), result.failure_expires.map(|d| d.as_secs()))
    };
    assert_eq!(seconds(&[("result_expires", "60")]), (Some(60), Some(60)));
    assert_eq!(seconds(&[("result_expires", "1.9")]), (Some(1), Some(1)));
    for never in ["0", "null", "None", "", "0.9"] {
        assert_eq!(seconds(&[("result_expires", never)]), (None, None), "{never}");
    }
    let failures = |value| seconds(&[("result_expires", "60"), ("result_failure_expires", value)]);
    assert_eq!(failures("7"), (Some(60), Some(7)));
    assert_eq!(failures("0"), (Some(60), None));
    assert_eq!(failures("null"), (Some(60), Some(60)));
}

#[test]
fn memory_urls() {
    for (url, name, uri) in [
        ("memory://", None, "memory://"),
        ("memory", None, "memory://"),
        ("MEMORY://Lake", Some("Lake"), "memory://Lake"),
        ("memory://my%20lake%2F1", Some("my lake/1"), "memory://my%20lake%2F1"),
    ] {
        let config = open(url, &[]).unwrap();
        assert_eq!(config.backend, BackendAddress::Memory { name: name.map(str::to_owned) });
        assert_eq!(config.uri, uri);
    }
    for url in ["memory:///", "memory://a/b", "memory://a?db=1", "memory://u@a", "memory://%ff"] {
        assert_eq!(refusal(url, &[]).status(), Status::InvalidUrl, "{url}");
    }
}

#[test]
fn schemes_that_are_not_built_in() {
    for url in [
        "rediss://h?ssl_cert_reqs=required",
        "redis+rediss://h",
        "sentinel://h1:26379/3;sentinel://h2:26380/3",
        "rpc://",
        "rpc",
        "db+sqlite:///file",
        "db+postgresql://u:hunter2@h/db",
        "file:///tmp/results",
        "cache+memcached://h:1;h:2",
        "mongodb://u:hunter2@h",
        "s3://",
        "disabled://",
    ] {
        let error = refusal(url, &[]);
        assert_eq!(error.status(), Status::NotBuiltIn, "{url}: {error}");
        let scheme = url.split("://").next().unwrap();
        assert!(error.message().contains(&format!("{scheme}://")), "{error}");
        assert!(error.message().contains("memory://NAME"), "{error}");
        assert!(!error.message().contains("hunter2"), "{error}");
    }
}

#[cfg(not(feature = "redis"))]
#[test]
fn without_the_feature_redis_is_not_built_in() {
    for url in ["redis://h", "redis+socket:///tmp/r", "redis"] {
        assert_eq!(refusal(url, &[]).status(), Status::NotBuiltIn, "{url}");
    }
}

#[test]
fn unknown_names_come_with_the_nearest() {
    for (name, nearest) in [
        ("result_expire", "\"result_expires\""),
        ("redis_sockt_timeout", "\"redis_socket_timeout\""),
        ("Result_Extended", "\"result_extended\""),
        ("global_keyprefix", "\"result_backend_transport_options.global_keyprefix\""),
        ("result_backend_transport_options.global_key_prefix", "options.global_keyprefix\""),
        ("operation_timeout", "\"operation_timeout_ms\""),
        ("broker_transport_options.fanout_prefx", "\"broker_transport_options.fanout_prefix\""),
        ("task_default_que", "\"task_default_queue\""),
    ] {
        let error = Options::new().set(name, "1").unwrap_err();
        assert_eq!(error.status(), Status::UnknownOption);
        assert!(error.message().contains(name) && error.message().contains(nearest), "{error}");
        assert_eq!(Options::new().unset(name).unwrap_err().status(), Status::UnknownOption);
    }
    let long = Options::new().set(&"x".repeat(1_000_000), "1").unwrap_err();
    assert!(long.message().len() < 400, "{}", long.message().len());
}

#[test]
fn values_of_a_wrong_shape_are_refused_at_once() {
    for (key, value, hint) in [
        ("result_extended", "maybe", "true or false"),
        ("result_expires", "tomorrow", "30m"),
        ("result_expires", "-1", "30m"),
        ("result_expires", "36501d", "from 0 to"),
        ("operation_timeout_ms", "0", "from 0.001 to 86400 seconds"),
        ("operation_timeout_ms", "null", "milliseconds"),
        ("health_interval", "1ms", "from 0.01"),
        ("max_payload_bytes", "513MiB", "to 536870912"),
        ("max_payload_bytes", "0", "from 1"),
        ("max_nesting_depth", "10001", "from 1 to 10000"),
        ("result_reread_rate", "null", "from 1 to 1000000"),
        ("redis_port", "65536", "from 1 to 65535"),
        ("redis_db", "-1", "from 0"),
        ("redis_client_name", "two words", "without spaces"),
        ("max_expansion_ratio", "0", "from 1 to 1000000"),
        ("result_serializer", "jsn", "possible here: auto, json, pickle, yaml, msgpack"),
        ("result_serializer", "null", "possible here: auto, json"),
        ("result_compression", "zip", "possible here: null, gzip, zlib, bzip2, bzip, lzma, xz, brotli, zstd"),
        ("accept_content", "json,,yaml", "separated by commas"),
        ("accept_content", "json,jsn,yaml", "\"jsn\" is none of json, pickle, yaml, msgpack"),
        ("result_accept_content", "application/data", "\"application/data\" is none of"),
        ("result_accept_content", "[1]", "JSON array of texts"),
        ("task_serializer", "auto", "possible here: json, pickle, yaml, msgpack"),
        ("task_default_delivery_mode", "3", "1 (transient) or 2 (persistent)"),
        ("task_default_priority", "256", "from 0 to 255"),
        ("broker_transport_options.fanout_prefix", "/{0}.", "no braces but in {db}"),
        ("broker_transport_options.priority_steps", "0,6,3", "ascending numbers from 0 to 255"),
        ("broker_transport_options.priority_steps", "[]", "ascending numbers"),
        ("broker_transport_options.priority_steps", "0,256", "JSON array"),
    ] {
        let error = Options::new().set(key, value).unwrap_err();
        assert_eq!(error.status(), Status::InvalidOption, "{error}");
        for part in [key, hint] {
            assert!(error.message().contains(part), "{part} is not in: {error}");
        }
        assert!(error.message().contains(&format!("{value:?}")), "{error}");
    }
    let long = Options::new().set("result_extended", &"x".repeat(1_000_000)).unwrap_err();
    assert!(long.message().len() < 400);
}

#[test]
fn a_refused_value_changes_nothing() {
    const MAP: &str = "result_backend_transport_options";
    let mut options = Options::new();
    options.set("result_expires", "60").unwrap();
    options.set(MAP, "{\"global_keyprefix\": \"app\", \"retry_policy\": {\"max_retries\": 3}}").unwrap();
    let before = options.clone();
    options.set("result_expires", "soon").unwrap_err();
    for value in
        ["[]", "{", "{\"global_keyprefix\": \"x\", \"nonsense\": 1}", "{\"retry_policy\": {\"nonsense\": 1}}"]
    {
        options.set(MAP, value).unwrap_err();
        assert_eq!(options, before, "{value}");
    }
}

#[test]
fn maps_are_taken_apart_into_their_members() {
    const MAP: &str = "result_backend_transport_options";
    let mut options = Options::new();
    options
        .set(
            MAP,
            "{\"global_keyprefix\": \"app\", \"retry_policy\": {\"max_retries\": 3}, \"master_name\": null}",
        )
        .unwrap();
    let get = |options: &Options, name: &str| options.get(&format!("{MAP}.{name}")).map(str::to_owned);
    assert_eq!(get(&options, "global_keyprefix").as_deref(), Some("app"));
    assert_eq!(get(&options, "retry_policy.max_retries").as_deref(), Some("3"));
    assert_eq!(get(&options, "master_name").as_deref(), Some(""));
    assert_eq!(options.get(MAP), None);

    options.set(&format!("{MAP}.retry_policy"), "{\"interval_max\": 2}").unwrap();
    assert_eq!(get(&options, "retry_policy.max_retries"), None);
    assert_eq!(get(&options, "retry_policy.interval_max").as_deref(), Some("2"));
    assert_eq!(get(&options, "global_keyprefix").as_deref(), Some("app"));

    options.set(MAP, "{\"master_name\": \"m\"}").unwrap();
    assert_eq!(get(&options, "global_keyprefix"), None);
    options.unset(MAP).unwrap();
    assert_eq!(options, Options::new());
}

#[test]
fn set_get_and_unset() {
    let mut options = Options::new();
    assert_eq!(options.get("result_expires"), None);
    options.set_seconds("operation_timeout_ms", 0.25).unwrap();
    options.set_i64("max_subscriptions", 7).unwrap();
    options.set_bool("result_extended", true).unwrap();
    options.set("timezone", "Europe/Berlin").unwrap();
    let config = Config::new("memory://", &options).unwrap();
    assert_eq!(config.engine.operation_timeout, Duration::from_millis(250));
    assert_eq!(config.engine.max_subscriptions, 7);
    assert!(config.result.extended);
    assert_eq!(options.ignored().collect::<Vec<_>>(), ["timezone"]);
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(options.set_seconds("result_expires", bad).unwrap_err().status(), Status::InvalidOption);
    }
    options.unset("result_extended").unwrap();
    assert_eq!(options.get("result_extended"), None);
}

#[test]
fn what_may_be_read() {
    use Serializer::{Json, Pickle, Yaml};
    for (settings, expected) in [
        (&[][..], None),
        (&[("accept_content", "null")], None),
        (&[("accept_content", "null"), ("result_accept_content", "")], None),
        (&[("accept_content", "pickle"), ("result_accept_content", "json")], Some(vec![Json])),
        (&[("accept_content", "application/JSON")], Some(vec![Json])),
        (&[("accept_content", "pickle,json"), ("result_accept_content", "null")], Some(vec![Pickle, Json])),
        (&[("result_accept_content", "YAML , application/x-python-serialize")], Some(vec![Yaml, Pickle])),
        (&[("accept_content", "json"), ("result_accept_content", "[]")], Some(vec![])),
    ] {
        let formats = open("memory://", settings).unwrap().formats;
        assert_eq!(formats.accept, expected, "{settings:?}");
        let general = expected.is_some()
            && settings.iter().all(|(name, value)| *name == "accept_content" || *value == "null");
        let setting = if general { "accept_content" } else { "result_accept_content" };
        assert_eq!(formats.accept_setting, setting, "{settings:?}");
    }
}

#[test]
fn serializers_by_name_and_content_type() {
    for known in Serializer::ALL {
        for name in [known.name(), known.content_type(), &known.name().to_uppercase()] {
            let opened = open("memory://", &[("result_serializer", name)]);
            if known.is_built_in() {
                assert_eq!(opened.unwrap().formats.serializer, Some(known), "{name}");
            } else {
                refused_as_not_built_in(&opened.unwrap_err(), known.name());
            }
        }
    }
    assert_eq!(open("memory://", &[("result_serializer", " Auto ")]).unwrap().formats.serializer, None);
}

#[test]
fn compressions_by_name_alias_and_content_type() {
    for known in Compression::ALL {
        for name in known.names().iter().chain([&known.mime(), &" ZLIB "]) {
            let opened = open("memory://", &[("result_compression", name)]);
            let known = if *name == " ZLIB " { Compression::Gzip } else { known };
            if known.is_built_in() {
                assert_eq!(opened.unwrap().formats.compression, Some(known), "{name}");
            } else {
                refused_as_not_built_in(&opened.unwrap_err(), known.names().first().unwrap());
            }
        }
    }
    for none in ["", "null", "None"] {
        assert_eq!(open("memory://", &[("result_compression", none)]).unwrap().formats.compression, None);
    }
}

fn refused_as_not_built_in(error: &Error, name: &str) {
    assert_eq!(error.status(), Status::NotBuiltIn, "{error}");
    assert!(error.message().contains(&format!("cargo feature \"{name}\"")), "{error}");
}
