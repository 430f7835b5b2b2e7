//! Which broker there is and why there is none, in all of Celery's forms; what is sent where nothing is said.

use super::super::{BrokerAddress, BrokerSettings, Endpoint, RedisSettings, Secret, SendSettings};
use super::{open, refusal};
use crate::model::{ExchangeType, Serializer, Status};
use std::time::Duration;

fn broker(backend: &str, settings: &[(&str, &str)]) -> BrokerSettings {
    open(backend, settings).unwrap().broker
}

/// Endpoint, user, password and database in one line.
fn line(redis: &RedisSettings) -> String {
    let endpoint = match &redis.endpoint {
        Endpoint::Tcp { host, port } => format!("{host} {port}"),
        Endpoint::Unix { path } => path.display().to_string(),
    };
    let user = redis.username.as_deref().unwrap_or("-");
    let password = redis.password.as_ref().map_or("-", Secret::expose);
    format!("{endpoint} {user} {password} {}", redis.db)
}

fn address(settings: &[(&str, &str)]) -> String {
    line(broker("memory://", settings).address.redis().unwrap())
}

#[test]
fn the_result_store_is_the_broker_where_none_is_named() {
    let settings =
        [("redis_client_name", "web"), ("result_backend_transport_options.global_keyprefix", "app")];
    let config = open("redis://u:p@h:7/3?socket_connect_timeout=9", &settings).unwrap();
    let redis = config.broker.address.redis().unwrap();
    assert_eq!(line(redis), "h 7 u p 3");
    assert_eq!(redis.key_prefix, "", "the prefix of results is not the broker's");
    assert_eq!(redis.client_name.as_deref(), Some("web"));
    assert_eq!(redis.connect_timeout, Some(Duration::from_secs(9)));
    assert_eq!(config.broker.uri, "redis://u:**@h:7/3");
    assert_eq!(config.broker.fanout_prefix, "/3.");

    let socket = broker("redis+socket:///tmp/r?virtual_host=4", &[]);
    assert_eq!(line(socket.address.redis().unwrap()), "/tmp/r - - 4");
    assert_eq!(socket.uri, "redis+socket:///tmp/r");
}

#[test]
fn defaults_of_the_broker() {
    let found = broker("memory://", &[("broker_url", "redis://")]);
    let redis = found.address.redis().unwrap();
    assert_eq!(line(redis), "localhost 6379 - - 0");
    assert_eq!(redis.connect_timeout, Some(Duration::from_secs(4)));
    assert_eq!(redis.health_interval, Duration::from_secs(15));
    assert_eq!((found.control_exchange.as_str(), found.fanout_prefix.as_str()), ("celery", "/0."));
    assert_eq!((found.priority_steps.as_slice(), found.separator.as_str()), (&[0, 3, 6, 9][..], "\x06\x16"));
    let sending = SendSettings {
        queue: "celery".to_owned(),
        exchange: "celery".to_owned(),
        exchange_type: ExchangeType::Direct,
        other_exchange_type: ExchangeType::Direct,
        routing_key: "celery".to_owned(),
        priority: None,
        persistent: true,
        serializer: Serializer::Json,
        compression: None,
        ignore_result: false,
    };
    assert_eq!(found.sending, sending);
    assert_eq!(found.routes.of("any"), None);
}

#[test]
fn exchange_and_routing_key_are_the_queues_name() {
    let sending = broker("memory://", &[("task_default_queue", "q")]).sending;
    assert_eq!([&sending.queue, &sending.exchange, &sending.routing_key], ["q"; 3]);
    let settings =
        [("task_default_queue", "q"), ("task_default_exchange", "x"), ("task_default_routing_key", "k")];
    let sending = broker("memory://", &settings).sending;
    assert_eq!([&sending.queue, &sending.exchange, &sending.routing_key], ["q", "x", "k"]);
}

#[test]
fn exchanges_have_a_type() {
    for (value, expected) in [
        ("direct", ExchangeType::Direct),
        ("null", ExchangeType::Direct),
        ("topic", ExchangeType::Topic),
        ("fanout", ExchangeType::Other("fanout".to_owned())),
    ] {
        let found = broker("memory://", &[("task_default_exchange_type", value)]).sending;
        assert_eq!(
            (found.exchange_type, found.other_exchange_type),
            (expected.clone(), ExchangeType::Direct)
        );
        let found = broker("memory://", &[("task_create_missing_queue_exchange_type", value)]).sending;
        assert_eq!((found.exchange_type, found.other_exchange_type), (ExchangeType::Direct, expected));
    }
}

#[test]
fn broker_urls_in_celerys_forms() {
    for (url, expected) in [
        ("redis://", "localhost 6379 - - 0"),
        ("redis://h", "h 6379 - - 0"),
        ("REDIS://h/", "h 6379 - - 0"),
        ("redis://u:p%40w@h:6380/2", "h 6380 u p@w 2"),
        ("redis:///2", "localhost 6379 - - 2"),
        ("redis://h/1?socket_timeout=3&heartbeat=5", "h 6379 - - 1"),
        ("redis+socket:///tmp/r.sock", "/tmp/r.sock - - 0"),
        ("redis+socket://u:p@/tmp/r.sock?virtual_host=4", "/tmp/r.sock u p 4"),
        ("redis://a:1/1;redis://b:2/2", "a 1 - - 1"),
        ("[\"redis://a:1/1\", \"redis://b:2/2\"]", "a 1 - - 1"),
    ] {
        assert_eq!(address(&[("broker_url", url)]), expected, "{url}");
    }
    let several = open("memory://", &[("broker_url", "redis://a;redis://b")]).unwrap();
    assert_eq!(several.ignored, [";"]);
    assert_eq!(several.broker.uri, "redis://a/");
    let query = open("memory://", &[("broker_url", "redis://h?heartbeat=5&max_connections=3")]).unwrap();
    assert_eq!(query.ignored, ["?heartbeat", "?max_connections"]);
}

#[test]
fn settings_fill_the_gaps_of_the_url() {
    let gaps = [
        ("broker_port", "8"),
        ("broker_user", "u"),
        ("broker_password", "p"),
        ("broker_vhost", "/5"),
        // Those of the result store are not the broker's.
        ("redis_host", "x"),
        ("redis_port", "9"),
        ("redis_db", "9"),
        ("redis_username", "x"),
        ("redis_password", "x"),
    ];
    for (option, value, transport, expected) in [
        ("broker_url", "redis://", "", "localhost 8 u p 5"),
        ("broker_url", "redis://v:q@h:7/3", "", "h 7 v q 3"),
        ("broker_url", "redis+socket:///tmp/r", "", "/tmp/r - - 5"),
        ("broker_host", "db.local", "redis", "db.local 8 u p 5"),
        ("broker_host", "db.local:7", "redis", "db.local 7 u p 5"),
        ("broker_url", "whatever://h", "redis", "h 8 u p 5"),
        ("broker_url", "", "redis", "localhost 8 u p 5"),
    ] {
        let settings = [&gaps[..], &[(option, value), ("broker_transport", transport)]].concat();
        assert_eq!(address(&settings), expected, "{option} {value} {transport}");
    }
}

#[test]
fn the_write_url_goes_first() {
    let all = [
        ("broker_host", "redis://host"),
        ("broker_read_url", "redis://read"),
        ("broker_url", "redis://both"),
        ("broker_write_url", "redis://write"),
    ];
    assert_eq!(address(&all), "write 6379 - - 0");
    assert_eq!(address(all.get(..3).unwrap()), "both 6379 - - 0");
    assert_eq!(address(all.get(..2).unwrap()), "host 6379 - - 0");
    assert_eq!(open("memory://", &all).unwrap().ignored, ["broker_read_url"]);
}

#[test]
fn transport_options_go_before_the_result_stores() {
    let options = "{\"socket_connect_timeout\": 2, \"client_name\": \"sender\", \"health_check_interval\": 25, \
                   \"global_keyprefix\": \"g\", \"visibility_timeout\": 3600, \"fanout_prefix\": false, \
                   \"priority_steps\": [0, 1, 2]}";
    let config = open(
        "redis://h?socket_connect_timeout=9&client_name=web&health_check_interval=40",
        &[("broker_transport_options", options)],
    )
    .unwrap();
    assert_eq!(config.ignored, ["broker_transport_options.visibility_timeout"]);
    let redis = config.broker.address.redis().unwrap();
    assert_eq!(redis.connect_timeout, Some(Duration::from_secs(2)));
    assert_eq!(redis.client_name.as_deref(), Some("sender"));
    assert_eq!(redis.health_interval, Duration::from_secs(25));
    assert_eq!(redis.key_prefix, "g", "kombu adds nothing to it");
    assert_eq!((config.broker.fanout_prefix.as_str(), config.broker.priority_steps), ("", vec![0, 1, 2]));
    let ours = broker("redis://h", &[("health_interval", "3"), ("broker_transport_options", options)]);
    assert_eq!(ours.address.redis().unwrap().health_interval, Duration::from_secs(3));
}

#[test]
fn prefixes_of_channels() {
    for (value, expected) in [
        ("true", "/3."),
        ("false", ""),
        ("null", ""),
        ("", ""),
        ("plain", "plain"),
        ("/{db}.", "/3."),
        ("{db}-{db}", "3-3"),
    ] {
        let settings = [("broker_transport_options.fanout_prefix", value)];
        assert_eq!(broker("redis:///3", &settings).fanout_prefix, expected, "{value}");
    }
}

#[test]
fn what_cannot_be_a_broker_is_no_error_until_something_is_sent() {
    for (settings, status, reason) in [
        (&[][..], Status::Unsupported, "option \"broker_url\" is not set"),
        (&[("broker_url", "amqp://u:hunter2@h//")], Status::NotBuiltIn, "the broker amqp:// is not built"),
        (&[("broker_url", "pyamqp://u:hunter2@h//")], Status::NotBuiltIn, "pyamqp://"),
        (&[("broker_url", "guest:hunter2@h")], Status::NotBuiltIn, "amqp://"),
        (&[("broker_url", "sqs://key:hunter2@")], Status::NotBuiltIn, "sqs://"),
        (&[("broker_url", "memory://")], Status::NotBuiltIn, "memory://"),
        (&[("broker_url", "rediss://:hunter2@h")], Status::NotBuiltIn, "rediss://"),
        (&[("broker_url", "sentinel://:hunter2@h;sentinel://i")], Status::NotBuiltIn, "sentinel://"),
        (&[("broker_url", "sqla+postgresql://u:hunter2@h/db")], Status::NotBuiltIn, "sqla://"),
        (&[("broker_url", "unix:///tmp/r")], Status::NotBuiltIn, "redis+socket:///path?virtual_host=N"),
        (&[("broker_url", "u:hunter2@redis://h")], Status::NotBuiltIn, "this kind of broker"),
        (&[("broker_url", "redis://h?ssl_cert_reqs=none")], Status::NotBuiltIn, "the query of the URL"),
        (&[("broker_url", "redis://h"), ("broker_use_ssl", "{\"a\": 1}")], Status::NotBuiltIn, "TLS"),
        (&[("broker_url", "redis://h"), ("broker_transport", "amqp")], Status::NotBuiltIn, "amqp://"),
    ] {
        let found = broker("memory://", settings);
        let BrokerAddress::Unusable { .. } = &found.address else { panic!("{settings:?}: {found:?}") };
        let error = found.address.redis().unwrap_err();
        assert_eq!(error.status(), status, "{error}");
        assert!(error.message().contains(reason) && error.message().contains("broker_url"), "{error}");
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }
    let tls = broker("redis://h", &[("broker_use_ssl", "true")]);
    assert!(tls.address.redis().unwrap_err().message().contains("broker_use_ssl"));
}

#[test]
fn broker_urls_that_are_refused() {
    for (url, hint) in [
        ("redis://h/abc", "path must be a database number"),
        ("redis://h/1/2", "path must be a database number"),
        ("redis://:hunter2@h:x", "from 1 to 65535"),
        ("redis+redis://:hunter2@h", "redis://host:port/db"),
        ("redis+socket://", "three slashes"),
        ("redis+socket:///tmp/r?virtual_host=x", "?virtual_host must be a database number"),
        ("redis://h?virtual_host=2", "/N behind the host"),
        ("redis://h?db=2", "no setting ?db"),
        ("redis://h?password=hunter2", "no setting ?password"),
        ("redis://h?socket_timeout=soon", "?socket_timeout has a wrong value"),
    ] {
        for option in ["broker_url", "broker_write_url"] {
            let error = refusal("memory://", &[(option, url)]);
            assert_eq!(error.status(), Status::InvalidUrl, "{url}: {error}");
            assert!(error.message().contains(hint), "{url}: {error}");
            assert!(error.message().contains(&format!("option {option:?}")), "{error}");
            assert!(!error.message().contains("hunter2"), "{url}: {error}");
        }
    }
    let vhost = refusal("memory://", &[("broker_url", "redis://"), ("broker_vhost", "my vhost")]);
    assert_eq!(vhost.status(), Status::InvalidOption);
    assert!(vhost.message().contains("option \"broker_vhost\" cannot be \"my vhost\""), "{vhost}");
}
