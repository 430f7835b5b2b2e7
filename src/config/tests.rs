//! Every option and every form of URL, from text to checked settings. Each option that acts has
//! a probe here that shows it; each that is ignored is shown to change nothing.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::model::{Error, Result, Status};
use std::time::Duration;

fn open(url: &str, settings: &[(&str, &str)]) -> Result<Config> {
    let mut options = Options::new();
    for (key, value) in settings {
        options.set(key, value)?;
    }
    Config::new(url, &options)
}

fn redis(url: &str, settings: &[(&str, &str)]) -> RedisSettings {
    match open(url, settings).map(|config| config.backend) {
        Ok(BackendAddress::Redis(settings)) => *settings,
        other => panic!("{url}: {other:?}"),
    }
}

fn refusal(url: &str, settings: &[(&str, &str)]) -> Error {
    match open(url, settings) {
        Ok(config) => panic!("{url} with {settings:?} was accepted: {config:?}"),
        Err(error) => error,
    }
}

/// What shows that an option acts.
enum Probe {
    /// With this URL and this value something is true that is not true without it.
    Changes(&'static str, &'static str, fn(&Config) -> bool),
    /// This value, elsewhere fine, is refused with this status.
    Refused(&'static str, Status),
}

#[cfg(feature = "redis")]
fn of_redis(config: &Config) -> &RedisSettings {
    match &config.backend {
        BackendAddress::Redis(settings) => settings,
        BackendAddress::Memory { .. } => panic!("not a Redis URL"),
    }
}

#[cfg(feature = "redis")]
fn tcp(config: &Config) -> (&str, u16) {
    match &of_redis(config).endpoint {
        Endpoint::Tcp { host, port } => (host, *port),
        Endpoint::Unix { path } => panic!("{path:?}"),
    }
}

#[cfg(feature = "redis")]
const PROBES: &[(&str, Probe)] = {
    use Probe::{Changes, Refused};
    const HOUR: Option<Duration> = Some(Duration::from_secs(3_600));
    &[
        (
            "operation_timeout_ms",
            Changes("memory://", "250", |c| c.engine.operation_timeout == Duration::from_millis(250)),
        ),
        ("result_reread_interval", Changes("memory://", "0", |c| c.engine.reread_interval.is_none())),
        ("result_reread_rate", Changes("memory://", "5", |c| c.engine.reread_rate == 5)),
        ("result_trust_messages", Changes("memory://", "off", |c| !c.engine.trust_messages)),
        (
            "health_interval",
            Changes("redis://", "200ms", |c| of_redis(c).health_interval == Duration::from_millis(200)),
        ),
        ("max_payload_bytes", Changes("memory://", "16MiB", |c| c.max_payload_bytes == 16 << 20)),
        ("max_nesting_depth", Changes("memory://", "9", |c| c.max_nesting_depth == 9)),
        ("max_subscriptions", Changes("memory://", "3", |c| c.engine.max_subscriptions == 3)),
        ("max_queued_messages", Changes("memory://", "4", |c| c.engine.max_queued_messages == 4)),
        ("result_expires", Changes("memory://", "1h", |c| c.result.expires == HOUR)),
        ("result_failure_expires", Changes("memory://", "3600", |c| c.result.failure_expires == HOUR)),
        ("result_extended", Changes("memory://", "yes", |c| c.result.extended)),
        ("result_serializer", Refused("pickle", Status::NotBuiltIn)),
        ("result_compression", Refused("gzip", Status::NotBuiltIn)),
        ("result_accept_content", Refused("pickle,yaml", Status::InvalidOption)),
        ("accept_content", Refused("[\"pickle\"]", Status::InvalidOption)),
        (
            "result_backend_base_sleep_between_retries_ms",
            Changes("redis://", "7", |c| of_redis(c).backoff_base == Duration::from_millis(7)),
        ),
        (
            "result_backend_max_sleep_between_retries_ms",
            Changes("redis://", "2s", |c| of_redis(c).backoff_max == Duration::from_secs(2)),
        ),
        (
            "result_backend_transport_options",
            Changes("redis://", "{\"global_keyprefix\": \"app\"}", |c| of_redis(c).key_prefix == "app_"),
        ),
        (
            "result_backend_transport_options.global_keyprefix",
            Changes("redis://", "app:", |c| of_redis(c).key_prefix == "app:"),
        ),
        ("redis_host", Changes("redis://:p@:7/3", "db.local", |c| tcp(c) == ("db.local", 7))),
        ("redis_port", Changes("redis://h/3", "7000", |c| tcp(c) == ("h", 7000))),
        ("redis_db", Changes("redis+socket:///tmp/r", "5", |c| of_redis(c).db == 5)),
        ("redis_username", Changes("redis://", "ann", |c| of_redis(c).username.as_deref() == Some("ann"))),
        (
            "redis_password",
            Changes("redis://", "none", |c| {
                of_redis(c).password.as_ref().map(Secret::expose) == Some("none")
            }),
        ),
        (
            "redis_client_name",
            Changes("redis://", "web-1", |c| of_redis(c).client_name.as_deref() == Some("web-1")),
        ),
        (
            "redis_socket_connect_timeout",
            Changes("redis://", "1.5", |c| of_redis(c).connect_timeout == Some(Duration::from_millis(1_500))),
        ),
        (
            "redis_socket_timeout",
            Changes("redis://", "5", |c| of_redis(c).health_interval == Duration::from_secs(5)),
        ),
        ("redis_socket_keepalive", Changes("redis://", "true", |c| of_redis(c).keepalive)),
        (
            "redis_backend_health_check_interval",
            Changes("redis://", "60", |c| of_redis(c).health_interval == Duration::from_secs(60)),
        ),
        ("redis_backend_use_ssl", Refused("{\"ssl_cert_reqs\": \"required\"}", Status::NotBuiltIn)),
        ("redis_backend_credential_provider", Refused("my.Provider", Status::NotBuiltIn)),
        ("result_backend", Changes("", "memory://lake", |c| c.uri == "memory://lake")),
    ]
};

#[cfg(feature = "redis")]
#[test]
fn every_option_that_acts_has_a_probe_that_shows_it() {
    for info in Options::table().iter().filter(|info| info.effect == Effect::Acts) {
        assert!(PROBES.iter().any(|(name, _)| *name == info.name), "{} has no probe", info.name);
    }
    for (name, probe) in PROBES {
        match probe {
            Probe::Changes(url, value, holds) => {
                // The one option that an app cannot be opened without.
                let before = if url.is_empty() { "memory://" } else { url };
                assert!(!holds(&open(before, &[]).unwrap()), "{name}: true without it");
                assert!(holds(&open(url, &[(name, value)]).unwrap()), "{name} does not act");
            }
            Probe::Refused(value, status) => {
                let error = refusal("memory://", &[(name, value)]);
                assert_eq!(error.status(), *status, "{error}");
                assert!(error.message().contains(name), "{error}");
            }
        }
    }
}

#[cfg(feature = "redis")]
#[test]
fn options_that_are_ignored_change_nothing_and_are_listed() {
    for url in ["memory://", "redis://u:p@h:1/2", "redis+socket:///tmp/r", "redis"] {
        let plain = open(url, &[]).unwrap();
        for info in Options::table().iter().filter(|info| info.effect == Effect::Ignored) {
            for value in ["7", "true", "", "{\"a\": 1}"] {
                let mut config = open(url, &[(info.name, value)]).unwrap();
                assert_eq!(std::mem::take(&mut config.ignored), [info.name]);
                assert_eq!(config, plain, "{}", info.name);
            }
        }
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_default_says_the_same_as_leaving_the_option_out() {
    for info in Options::table().iter().filter(|info| info.effect == Effect::Acts) {
        for url in ["memory://", "redis://u@h:1/2", "redis+socket:///tmp/r", "redis"] {
            let set = open(url, &[(info.name, info.default)]).unwrap();
            assert_eq!(set, open(url, &[]).unwrap(), "{} = {:?}", info.name, info.default);
        }
    }
}

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
    assert!(config.ignored.is_empty());
}

#[cfg(feature = "redis")]
#[test]
fn defaults_of_redis() {
    let expected = RedisSettings {
        endpoint: Endpoint::Tcp { host: "localhost".to_owned(), port: 6379 },
        username: None,
        password: None,
        db: 0,
        client_name: None,
        connect_timeout: None,
        keepalive: false,
        protocol: None,
        key_prefix: String::new(),
        backoff_base: Duration::from_millis(10),
        backoff_max: Duration::from_secs(10),
        health_interval: Duration::from_secs(15),
    };
    assert_eq!(redis("redis://", &[]), expected);
    assert_eq!(redis("redis", &[]), expected);
    assert_eq!(open("redis", &[]).unwrap().uri, "redis://");
}

/// Endpoint, user, password and database of a URL in one line.
#[cfg(feature = "redis")]
fn address(url: &str, settings: &[(&str, &str)]) -> String {
    let redis = redis(url, settings);
    let endpoint = match redis.endpoint {
        Endpoint::Tcp { host, port } => format!("{host} {port}"),
        Endpoint::Unix { path } => path.display().to_string(),
    };
    let user = redis.username.as_deref().unwrap_or("-");
    let password = redis.password.as_ref().map_or("-", Secret::expose);
    format!("{endpoint} {user} {password} {}", redis.db)
}

#[cfg(feature = "redis")]
#[test]
fn redis_urls_in_celerys_forms() {
    for (url, expected) in [
        ("redis://", "localhost 6379 - - 0"),
        ("redis:///3", "localhost 6379 - - 3"),
        ("redis:///3/", "localhost 6379 - - 3"),
        ("redis:////3", "localhost 6379 - - 3"),
        ("redis://:p%40w@h:6380/1", "h 6380 - p@w 1"),
        ("redis://user@h", "h 6379 user - 0"),
        ("redis://user:@h", "h 6379 user - 0"),
        ("redis://us%3Aer:p%2Fw%25@h/2", "h 6379 us:er p/w% 2"),
        ("redis://a@b:c@h/2", "h 6379 a@b c 2"),
        ("redis://u:p:q@h", "h 6379 u p:q 0"),
        ("REDIS://HOST/", "host 6379 - - 0"),
        ("redis+redis://h/2", "h 6379 - - 2"),
        ("redis://:6380", "localhost 6380 - - 0"),
        ("redis://h:/1", "h 6379 - - 1"),
        ("redis://[::1]:7/2", "::1 7 - - 2"),
        ("redis://:p@[FE80::1%eth0]", "fe80::1%eth0 6379 - p 0"),
        ("redis://127.0.0.1:1", "127.0.0.1 1 - - 0"),
        ("redis://h/1?db=7", "h 6379 - - 7"),
        ("redis://h/1?db=6&db=7", "h 6379 - - 7"),
        ("redis://h/3?virtual_host=4", "h 6379 - - 3"),
        ("redis://h?db=", "h 6379 - - 0"),
        ("redis://a:b@h?username=u&password=p+q", "h 6379 u p q 0"),
        ("redis+socket:///tmp/r.sock", "/tmp/r.sock - - 0"),
        ("redis+socket:///tmp/r.sock?virtual_host=4", "/tmp/r.sock - - 4"),
        ("redis+socket:///tmp/r.sock?db=5", "/tmp/r.sock - - 5"),
        ("redis+socket:///tmp/r.sock?virtual_host=4&db=5", "/tmp/r.sock - - 5"),
        ("redis+socket://u:p@/tmp/r%20s.sock", "/tmp/r s.sock u p 0"),
        ("redis+socket:///tmp/a@b.sock", "/tmp/a@b.sock - - 0"),
    ] {
        assert_eq!(address(url, &[]), expected, "{url}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn settings_fill_the_gaps_of_a_url() {
    let settings = [
        ("redis_host", "hh"),
        ("redis_port", "8"),
        ("redis_db", "5"),
        ("redis_username", "u"),
        ("redis_password", "p"),
    ];
    for (url, expected) in [
        ("redis", "hh 8 u p 5"),
        ("redis://", "hh 8 u p 0"),
        ("redis:///3", "hh 8 u p 3"),
        ("redis://h", "h 8 u p 0"),
        ("redis://u2@h", "h 8 u2 p 0"),
        ("redis://:p2@h:9", "h 9 u p2 0"),
        ("redis+socket:///tmp/r", "/tmp/r u p 5"),
        ("redis+socket:///tmp/r?virtual_host=1", "/tmp/r u p 1"),
        ("redis://h?db=1&password=q&username=v", "h 8 v q 1"),
    ] {
        assert_eq!(address(url, &settings), expected, "{url}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_query_goes_before_settings() {
    let settings = [
        ("redis_socket_timeout", "9"),
        ("redis_socket_connect_timeout", "9"),
        ("redis_client_name", "nine"),
        ("redis_socket_keepalive", "true"),
    ];
    let url =
        "redis://h?socket_timeout=3&socket_connect_timeout=2&client_name=two&socket_keepalive=no&protocol=2";
    let redis = redis(url, &settings);
    assert_eq!(redis.health_interval, Duration::from_secs(3));
    assert_eq!(redis.connect_timeout, Some(Duration::from_secs(2)));
    assert_eq!(redis.client_name.as_deref(), Some("two"));
    assert!(!redis.keepalive);
    assert_eq!(redis.protocol, Some(Protocol::Resp2));
    let config =
        open("redis://h?max_connections=3&protocol=3&virtual_host=1", &[("broker_url", "x")]).unwrap();
    assert_eq!(config.ignored, ["broker_url", "?max_connections", "?virtual_host"]);
    assert_eq!(of_redis(&config).protocol, Some(Protocol::Resp3));
}

#[cfg(feature = "redis")]
#[test]
fn which_setting_becomes_the_health_interval() {
    let health = |url, settings: &[(&str, &str)]| redis(url, settings).health_interval.as_millis();
    let ours = ("health_interval", "40");
    let celerys = ("redis_backend_health_check_interval", "50");
    let timeout = |value| ("redis_socket_timeout", value);
    assert_eq!(health("redis://", &[ours, celerys, timeout("3")]), 40_000);
    assert_eq!(health("redis://?health_check_interval=20", &[ours]), 40_000);
    assert_eq!(health("redis://?health_check_interval=20", &[celerys]), 20_000);
    assert_eq!(health("redis://", &[celerys, timeout("3")]), 50_000);
    assert_eq!(health("redis://", &[timeout("300")]), 15_000);
    assert_eq!(health("redis://", &[timeout("null")]), 15_000);
    assert_eq!(health("redis://", &[timeout("1ms")]), 10);
    assert_eq!(health("redis://?health_check_interval=0", &[timeout("3")]), 3_000);
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

#[cfg(feature = "redis")]
#[test]
fn urls_that_are_refused() {
    for (url, hint) in [
        ("", "possible here: memory://"),
        ("localhost:6379", "a scheme is missing"),
        ("foo://h", "no such result backend"),
        ("u:hunter2@redis://h", "no such result backend"),
        ("db+x@hunter2://h", "no such result backend"),
        ("socket:///tmp/r", "redis+socket:///path"),
        ("unix:///tmp/r", "redis+socket:///path"),
        ("redis+unix:///tmp/r", "redis+socket:///path"),
        ("amqp://u:hunter2@h", "rpc://"),
        ("redis+socket://", "three slashes"),
        ("redis+socket://tmp/r.sock", "three slashes"),
        ("redis+socket://:hunter2/tmp/r.sock", "port"),
        ("redis+socket:///r?virtual_host=x", "?virtual_host must be"),
        ("redis://h/abc", "path must be a database number"),
        ("redis://h/1/2", "path must be a database number"),
        ("redis://h/-1", "path must be a database number"),
        ("redis://h/+1", "path must be a database number"),
        ("redis://h/2147483648", "path must be a database number"),
        ("redis://h?db=x", "?db has a wrong value"),
        ("redis://h:0", "from 1 to 65535"),
        ("redis://h:65536", "from 1 to 65535"),
        ("redis://h:+1", "from 1 to 65535"),
        ("redis://[::1", "']'"),
        ("redis://[::g]", "IPv6"),
        ("redis://::1/0", "from 1 to 65535"),
        ("redis://a b/0", "the host may hold"),
        ("redis://h%00/0", "the host may hold"),
        ("redis://h#1", "%23"),
        ("redis://:hunter2#@h", "%23"),
        ("redis://:hunter2/@h", "%2F"),
        ("redis://:hunter2?@h", "%3F"),
        ("redis://h?password=hunter2@", "%40"),
        ("redis://h?ssl_cert_reqs=none", "rediss://"),
        ("redis://h?sokcet_timeout=1", "nearest is ?socket_timeout"),
        ("redis://h?socket_timeout=soon", "?socket_timeout has a wrong value"),
        ("redis://h?protocol=4", "2 or 3"),
        ("redis://:hunter2@h?client_name=a%20b", "?client_name has a wrong value"),
        ("redis://:hunter2@h?nonsense=hunter2", "no setting ?nonsense"),
    ] {
        let error = refusal(url, &[]);
        assert_eq!(error.status(), Status::InvalidUrl, "{url}: {error}");
        assert!(error.message().contains(hint), "{url}: {error}");
        assert!(!error.message().contains("hunter2"), "{url}: {error}");
    }
    let provider = refusal("redis://h?credential_provider=a.b", &[]);
    assert_eq!(provider.status(), Status::NotBuiltIn, "{provider}");
}

#[cfg(feature = "redis")]
#[test]
fn nothing_shows_a_password() {
    let settings = [
        ("redis_password", "hunter2"),
        ("broker_url", "amqp://u:hunter2@h"),
        ("result_backend_transport_options", "{\"sentinel_kwargs\": {\"password\": \"hunter2\"}}"),
        ("result_backend", "redis://:hunter2@h"),
        ("s3_secret_access_key", "hunter2"),
    ];
    let mut options = Options::new();
    for (key, value) in settings {
        options.set(key, value).unwrap();
    }
    let shown = format!("{options:?}");
    assert!(!shown.contains("hunter2") && shown.contains("redis_password"), "{shown}");
    for url in ["", "redis://h", "redis://u:hunter2@h/1", "redis://h?password=hunter2", "memory://"] {
        let config = Config::new(url, &options).unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(Config::new("", &options).unwrap().uri, "redis://:**@h/");
    for (key, value) in [
        ("redis_backend_use_ssl", "{\"ssl_password\": \"hunter2\"}"),
        ("result_backend_transport_options", "{'password': 'hunter2'}"),
        ("operation_timeout_ms", "redis://u:hunter2@h/1"),
        ("redis://u:hunter2@h/1", "operation_timeout_ms"),
    ] {
        let error = options.set(key, value).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
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
        ("result_serializer", "jsn", "possible here: json"),
        ("result_compression", "zip", "possible here: null"),
        ("accept_content", "json,,yaml", "separated by commas"),
        ("result_accept_content", "[1]", "JSON array of texts"),
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
fn what_may_be_read_must_include_json() {
    for settings in [
        &[("accept_content", "pickle"), ("result_accept_content", "json")][..],
        &[("accept_content", "application/JSON")],
        &[("accept_content", "null")],
        &[("accept_content", "pickle,json"), ("result_accept_content", "null")],
    ] {
        open("memory://", settings).unwrap();
    }
    for settings in
        [&[("accept_content", "json"), ("result_accept_content", "pickle")][..], &[("accept_content", "[]")]]
    {
        let error = refusal("memory://", settings);
        assert_eq!(error.status(), Status::InvalidOption, "{error}");
        assert!(error.message().contains("must include json"), "{error}");
    }
}
