//! Each option that acts has a probe here that shows it; each that is ignored is shown to change
//! nothing.

use super::super::{BackendAddress, Config, Effect, Endpoint, Options, RedisSettings, Secret};
use super::{open, refusal};
use crate::model::{Compression, ExchangeType, Serializer, Status};
use std::time::Duration;

/// What shows that an option acts.
enum Probe {
    /// With this URL and this value something is true that is not true without it.
    Changes(&'static str, &'static str, fn(&Config) -> bool),
    /// The same for a broker of this URL.
    Broker(&'static str, &'static str, fn(&Config) -> bool),
    /// This value, elsewhere fine, is refused with this status.
    Refused(&'static str, Status),
}

fn of_redis(config: &Config) -> &RedisSettings {
    match &config.backend {
        BackendAddress::Redis(settings) => settings,
        BackendAddress::Memory { .. } => panic!("not a Redis URL"),
    }
}

fn of_broker(config: &Config) -> &RedisSettings {
    config.broker.address.redis().unwrap()
}

fn broker_tcp(config: &Config) -> (&str, u16) {
    match &of_broker(config).endpoint {
        Endpoint::Tcp { host, port } => (host, *port),
        Endpoint::Unix { path } => panic!("{path:?}"),
    }
}

fn tcp(config: &Config) -> (&str, u16) {
    match &of_redis(config).endpoint {
        Endpoint::Tcp { host, port } => (host, *port),
        Endpoint::Unix { path } => panic!("{path:?}"),
    }
}

fn accepts_pickle_and_yaml(config: &Config) -> bool {
    config.formats.accept.as_deref() == Some(&[Serializer::Pickle, Serializer::Yaml])
}

const PROBES: &[(&str, Probe)] = {
    use Probe::{Broker, Changes, Refused};
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
        ("max_expansion_ratio", Changes("memory://", "1", |c| c.max_expansion_ratio == 1)),
        ("max_subscriptions", Changes("memory://", "3", |c| c.engine.max_subscriptions == 3)),
        ("max_queued_messages", Changes("memory://", "4", |c| c.engine.max_queued_messages == 4)),
        ("result_expires", Changes("memory://", "1h", |c| c.result.expires == HOUR)),
        ("result_failure_expires", Changes("memory://", "3600", |c| c.result.failure_expires == HOUR)),
        ("result_extended", Changes("memory://", "yes", |c| c.result.extended)),
        (
            "result_serializer",
            Changes("memory://", "json", |c| c.formats.serializer == Some(Serializer::Json)),
        ),
        #[cfg(feature = "gzip")]
        (
            "result_compression",
            Changes("memory://", "gzip", |c| c.formats.compression == Some(Compression::Gzip)),
        ),
        #[cfg(not(feature = "gzip"))]
        ("result_compression", Refused("gzip", Status::NotBuiltIn)),
        ("result_accept_content", Changes("memory://", "pickle,yaml", accepts_pickle_and_yaml)),
        (
            "accept_content",
            Changes("memory://", "[\"pickle\", \"application/X-YAML\"]", accepts_pickle_and_yaml),
        ),
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
        ("broker_url", Changes("redis://", "redis://b/3", |c| of_broker(c).db == 3)),
        ("broker_write_url", Changes("redis://", "redis://b/3", |c| broker_tcp(c).0 == "b")),
        ("broker_host", Changes("redis://", "redis://b", |c| broker_tcp(c).0 == "b")),
        ("broker_transport", Changes("memory://", "redis", |c| c.broker.address.redis().is_ok())),
        ("broker_port", Broker("redis://", "7", |c| broker_tcp(c).1 == 7)),
        ("broker_user", Broker("redis://", "ann", |c| of_broker(c).username.as_deref() == Some("ann"))),
        (
            "broker_password",
            Broker("redis://", "none", |c| {
                of_broker(c).password.as_ref().map(Secret::expose) == Some("none")
            }),
        ),
        ("broker_vhost", Broker("redis://", "/3", |c| of_broker(c).db == 3)),
        ("broker_use_ssl", Changes("redis://", "true", |c| c.broker.address.redis().is_err())),
        (
            "broker_connection_timeout",
            Changes("redis://", "2", |c| of_broker(c).connect_timeout == Some(Duration::from_secs(2))),
        ),
        (
            "broker_transport_options",
            Changes("redis://", "{\"global_keyprefix\": \"app\"}", |c| of_broker(c).key_prefix == "app"),
        ),
        (
            "broker_transport_options.global_keyprefix",
            Changes("redis://", "app", |c| {
                of_broker(c).key_prefix == "app" && of_redis(c).key_prefix.is_empty()
            }),
        ),
        (
            "broker_transport_options.fanout_prefix",
            Changes("redis:///4", "f{db}/", |c| c.broker.fanout_prefix == "f4/"),
        ),
        (
            "broker_transport_options.priority_steps",
            Changes("redis://", "[0, 5]", |c| c.broker.priority_steps == [0, 5]),
        ),
        ("broker_transport_options.sep", Changes("redis://", ":", |c| c.broker.separator == ":")),
        (
            "broker_transport_options.client_name",
            Changes("redis://", "web-1", |c| {
                of_broker(c).client_name.as_deref() == Some("web-1") && of_redis(c).client_name.is_none()
            }),
        ),
        (
            "broker_transport_options.socket_connect_timeout",
            Changes("redis://", "1", |c| of_broker(c).connect_timeout == Some(Duration::from_secs(1))),
        ),
        (
            "broker_transport_options.socket_timeout",
            Changes("redis://", "5", |c| of_broker(c).health_interval == Duration::from_secs(5)),
        ),
        (
            "broker_transport_options.health_check_interval",
            Changes("redis://", "60", |c| of_broker(c).health_interval == Duration::from_secs(60)),
        ),
        (
            "broker_transport_options.socket_keepalive",
            Changes("redis://", "on", |c| of_broker(c).keepalive && !of_redis(c).keepalive),
        ),
        ("control_exchange", Changes("memory://", "acme", |c| c.broker.control_exchange == "acme")),
        ("task_default_queue", Changes("memory://", "q", |c| c.broker.sending.queue == "q")),
        ("task_default_exchange", Changes("memory://", "x", |c| c.broker.sending.exchange == "x")),
        (
            "task_default_exchange_type",
            Changes("memory://", "topic", |c| c.broker.sending.exchange_type == ExchangeType::Topic),
        ),
        (
            "task_create_missing_queue_exchange_type",
            Changes("memory://", "topic", |c| c.broker.sending.other_exchange_type == ExchangeType::Topic),
        ),
        ("task_default_routing_key", Changes("memory://", "k", |c| c.broker.sending.routing_key == "k")),
        ("task_default_priority", Changes("memory://", "3", |c| c.broker.sending.priority == Some(3))),
        ("task_default_delivery_mode", Changes("memory://", "transient", |c| !c.broker.sending.persistent)),
        #[cfg(feature = "pickle")]
        (
            "task_serializer",
            Changes("memory://", "pickle", |c| c.broker.sending.serializer == Serializer::Pickle),
        ),
        #[cfg(not(feature = "pickle"))]
        ("task_serializer", Refused("pickle", Status::NotBuiltIn)),
        #[cfg(feature = "gzip")]
        (
            "task_compression",
            Changes("memory://", "zlib", |c| c.broker.sending.compression == Some(Compression::Gzip)),
        ),
        #[cfg(not(feature = "gzip"))]
        ("task_compression", Refused("gzip", Status::NotBuiltIn)),
        ("task_ignore_result", Changes("memory://", "true", |c| c.broker.sending.ignore_result)),
        ("task_routes", Changes("memory://", "{\"*\": \"q\"}", |c| c.broker.routes.of("any").is_some())),
    ]
};

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
            Probe::Broker(url, value, holds) => {
                let without = open("memory://", &[("broker_url", url)]).unwrap();
                assert!(!holds(&without), "{name}: true without it");
                let with = open("memory://", &[("broker_url", url), (name, value)]).unwrap();
                assert!(holds(&with), "{name} does not act");
            }
            Probe::Refused(value, status) => {
                let error = refusal("memory://", &[(name, value)]);
                assert_eq!(error.status(), *status, "{error}");
                assert!(error.message().contains(name), "{error}");
            }
        }
    }
}

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

#[test]
fn a_default_says_the_same_as_leaving_the_option_out() {
    for info in Options::table().iter().filter(|info| info.effect == Effect::Acts) {
        for url in ["memory://", "redis://u@h:1/2", "redis+socket:///tmp/r", "redis"] {
            let set = open(url, &[(info.name, info.default)]).unwrap();
            assert_eq!(set, open(url, &[]).unwrap(), "{} = {:?}", info.name, info.default);
        }
    }
}
