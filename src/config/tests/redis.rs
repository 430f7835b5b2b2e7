//! Redis URLs in all of Celery's forms, together with settings; refusals, and what they show.

use super::super::{BackendAddress, Config, Endpoint, Options, Protocol, RedisSettings, Secret};
use super::{open, refusal};
use crate::model::Status;
use std::time::Duration;

fn redis(url: &str, settings: &[(&str, &str)]) -> RedisSettings {
    match open(url, settings).map(|config| config.backend) {
        Ok(BackendAddress::Redis(settings)) => *settings,
        other => panic!("{url}: {other:?}"),
    }
}

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
    let found = redis(url, &settings);
    assert_eq!(found.health_interval, Duration::from_secs(3));
    assert_eq!(found.connect_timeout, Some(Duration::from_secs(2)));
    assert_eq!(found.client_name.as_deref(), Some("two"));
    assert!(!found.keepalive);
    assert_eq!(found.protocol, Some(Protocol::Resp2));
    let config = open("redis://h?max_connections=3&protocol=3&virtual_host=1", &[("timezone", "x")]).unwrap();
    assert_eq!(config.ignored, ["timezone", "?max_connections", "?virtual_host"]);
    assert_eq!(redis("redis://h?protocol=3", &[]).protocol, Some(Protocol::Resp3));
}

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

#[test]
fn nothing_shows_a_password() {
    let settings = [
        ("redis_password", "hunter2"),
        ("broker_url", "amqp://u:hunter2@h"),
        ("broker_read_url", "redis://:hunter2@h"),
        ("broker_write_url", "redis://u:hunter2@h;redis://v:hunter2@h"),
        ("broker_password", "hunter2"),
        ("broker_use_ssl", "{\"ssl_password\": \"hunter2\"}"),
        ("broker_transport_options", "{\"sentinel_kwargs\": {\"password\": \"hunter2\"}}"),
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
