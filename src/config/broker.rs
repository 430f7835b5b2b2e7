//! The way to the workers: which broker, from `broker_url` and its like or else from the result store's URL, and
//! what tasks are sent with. The rules are those of Celery's `Settings` and kombu's `Connection`. A broker that
//! this library cannot use is no error of the settings: a program that only reads results may hand over all of
//! its Celery settings, so the reason is kept for the call that sends.

use super::{
    check::Reader,
    grammar,
    redis::{self, Form, Keys, LOCALHOST, VIRTUAL_HOST},
    routes::Routes,
    secret::Secret,
    settings::{BackendAddress, BrokerAddress, BrokerSettings, Endpoint, RedisSettings, SendSettings},
    shape::{self, Parsed},
    url::{self, Url},
};
use crate::model::{Error, ExchangeType, Result, Serializer, Status};
use std::time::Duration;

/// kombu's `sep`
const SEPARATOR: &str = "\x06\x16";
/// How a broker behind the first of several is listed among the ignored settings.
const FURTHER: &str = ";";
const BUILT_IN: &str = if cfg!(feature = "redis") {
    "redis://[user][:password]@host[:port][/db], redis+socket:///path?virtual_host=N"
} else {
    "none"
};

/// A broker's server takes no user name, password or number of a database from the query: in Celery they would
/// be refused, or go unheard, and tasks to where nobody looks for them.
const QUERY: Keys = Keys {
    acting: &[
        ("client_name", "broker_transport_options.client_name"),
        ("socket_timeout", "broker_transport_options.socket_timeout"),
        ("socket_connect_timeout", "broker_transport_options.socket_connect_timeout"),
        ("connect_timeout", "broker_connection_timeout"),
        ("socket_keepalive", "broker_transport_options.socket_keepalive"),
        ("health_check_interval", "broker_transport_options.health_check_interval"),
    ],
    ignored: &["?heartbeat", "?insist", "?login_method"],
};

/// Everything about the broker and about sending, next to this result store with this masked URL.
pub(super) fn settings(
    backend: &BackendAddress,
    backend_uri: &str,
    options: &Reader<'_>,
    ignored: &mut Vec<&'static str>,
) -> Result<BrokerSettings> {
    let (address, uri) = match (named(options)?, backend) {
        (Some(broker), _) => match broker.redis(options, ignored) {
            Ok((settings, uri)) => (BrokerAddress::Redis(Box::new(settings)), uri),
            Err(error) => (unusable(broker.option, &error)?, broker.masked()),
        },
        (None, BackendAddress::Redis(backend)) => {
            let address = match tls(options) {
                Ok(()) => BrokerAddress::Redis(Box::new(dressed(RedisSettings::clone(backend), options)?)),
                Err(error) => unusable("broker_url", &error)?,
            };
            (address, backend_uri.to_owned())
        }
        (None, BackendAddress::Memory { .. }) => {
            let why = format!(
                "there is no broker: option \"broker_url\" is not set, and the result store is none that could be \
                 one; possible here: {BUILT_IN}"
            );
            (BrokerAddress::Unusable { status: Status::Unsupported, why }, String::new())
        }
    };
    let db = address.redis().map_or(0, |redis| redis.db);
    let fanout_prefix = options.text("broker_transport_options.fanout_prefix")?.unwrap_or_default();
    Ok(BrokerSettings {
        address,
        uri,
        control_exchange: options.text("control_exchange")?.unwrap_or_else(|| "celery".to_owned()),
        fanout_prefix: fanout_prefix.replace("{db}", &db.to_string()),
        priority_steps: match options.parsed("broker_transport_options.priority_steps")? {
            Parsed::Priorities(steps) => steps,
            _ => vec![0],
        },
        separator: options.text("broker_transport_options.sep")?.unwrap_or_else(|| SEPARATOR.to_owned()),
        sending: sending(options)?,
        routes: match options.parsed("task_routes")? {
            Parsed::Routes(routes) => routes,
            _ => Routes::default(),
        },
    })
}

fn sending(options: &Reader<'_>) -> Result<SendSettings> {
    let queue = options.text("task_default_queue")?.unwrap_or_else(|| "celery".to_owned());
    Ok(SendSettings {
        exchange: options.text("task_default_exchange")?.unwrap_or_else(|| queue.clone()),
        exchange_type: exchange_type(options, "task_default_exchange_type")?,
        other_exchange_type: exchange_type(options, "task_create_missing_queue_exchange_type")?,
        routing_key: options.text("task_default_routing_key")?.unwrap_or_else(|| queue.clone()),
        queue,
        priority: options.integer("task_default_priority")?.and_then(|priority| priority.try_into().ok()),
        persistent: options.boolean("task_default_delivery_mode")?,
        serializer: match options.parsed("task_serializer")? {
            Parsed::Serializer(serializer) => serializer,
            _ => Serializer::Json,
        },
        compression: match options.parsed("task_compression")? {
            Parsed::Compression(compression) => Some(compression),
            _ => None,
        },
        ignore_result: options.boolean("task_ignore_result")?,
    })
}

fn exchange_type(options: &Reader<'_>, name: &str) -> Result<ExchangeType> {
    let found = options.text(name)?;
    Ok(match found.as_deref() {
        None | Some("direct") => ExchangeType::Direct,
        Some("topic") => ExchangeType::Topic,
        Some(nothing) if grammar::is_null(nothing) => ExchangeType::Direct,
        Some(other) => ExchangeType::Other(other.to_owned()),
    })
}

/// A broker that settings name.
struct Broker {
    /// The option that names it.
    option: &'static str,
    /// What is said about it: a URL, a host, or nothing.
    text: String,
    /// The kind, where not the text says it.
    transport: Option<String>,
    /// Whether there are more of them behind it.
    several: bool,
}

/// Which option names the broker, in Celery's order.
fn named(options: &Reader<'_>) -> Result<Option<Broker>> {
    let transport = options.text("broker_transport")?;
    for option in ["broker_write_url", "broker_url", "broker_host"] {
        let Some(text) = options.text(option)? else { continue };
        let listed = text.trim().strip_prefix('[').and_then(|_| grammar::list(&text));
        let mut brokers = match listed {
            Some(brokers) => brokers,
            None => text.split(';').map(str::to_owned).collect(),
        };
        let several = brokers.len() > 1;
        let text = brokers.drain(..).next().unwrap_or_default().trim().to_owned();
        return Ok(Some(Broker { option, text, transport, several }));
    }
    let nothing = |transport| Broker {
        option: "broker_transport",
        text: String::new(),
        transport: Some(transport),
        several: false,
    };
    Ok(transport.map(nothing))
}

/// What is not built in is kept for later; everything else is an error now.
fn unusable(option: &str, error: &Error) -> Result<BrokerAddress> {
    let why = format!("option {option:?}: {}", error.message());
    match error.status() {
        status @ Status::NotBuiltIn => Ok(BrokerAddress::Unusable { status, why }),
        status => Err(Error::new(status, why)),
    }
}

fn not_built_in(what: &str) -> Error {
    Error::new(Status::NotBuiltIn, format!("{what} not built into this library; what is: {BUILT_IN}"))
}

/// The broker is reached without TLS, or not at all.
fn tls(options: &Reader<'_>) -> Result<()> {
    if options.boolean("broker_use_ssl")? {
        Err(not_built_in("TLS (option \"broker_use_ssl\") is"))
    } else {
        Ok(())
    }
}

impl Broker {
    /// The URL or host, fit to be shown.
    fn masked(&self) -> String {
        url::mask(&self.text)
    }

    /// The kind of broker in lower case, what form its address has, unless it has none, and its URL. The kind
    /// stands before a `+`, else in an option, else it is the scheme, and no kind at all is amqp.
    fn kind(&self) -> (String, Option<Form>, String) {
        let Some((scheme, _)) = self.text.split_once("://") else {
            let kind = self.transport.as_deref().unwrap_or("amqp");
            return (kind.to_ascii_lowercase(), Some(Form::Tcp), format!("redis://{}", self.text));
        };
        let (kind, form) = match (scheme.split_once('+'), &self.transport) {
            (Some((kind, "socket")), _) => (kind, Some(Form::Socket)),
            (Some((kind, _)), _) => (kind, None),
            (None, Some(kind)) => (kind.as_str(), Some(Form::Tcp)),
            (None, None) => (scheme, Some(Form::Tcp)),
        };
        (kind.to_ascii_lowercase(), form, self.text.clone())
    }

    /// The settings, if it is a Redis that can be used, and its masked URL.
    fn redis(
        &self,
        options: &Reader<'_>,
        ignored: &mut Vec<&'static str>,
    ) -> Result<(RedisSettings, String)> {
        let (kind, form, text) = self.kind();
        if kind != "redis" || !cfg!(feature = "redis") {
            // The kind may hold anything, and a password where it is malformed.
            let shown = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            let kind =
                if shown { format!("the broker {kind}:// is") } else { "this kind of broker is".to_owned() };
            return Err(not_built_in(&kind));
        }
        let Some(form) = form else {
            let hint = "a server on a port is written redis://host:port/db, a unix socket \
                        redis+socket:///path?virtual_host=N";
            return Err(url::error(&text, hint));
        };
        tls(options)?;
        let parts = url::split(&text)?;
        let query = match redis::query(&text, &parts, &QUERY, ignored) {
            Err(_) if asks_for_more(&parts) => {
                return Err(not_built_in("what the query of the URL asks for is"));
            }
            query => query?,
        };
        let options = options.overridden(query.overrides);
        let number = match (form, query.virtual_host) {
            (Form::Socket, number) => number.map(|number| (VIRTUAL_HOST, number)),
            (_, None) => {
                Some(("the path", parts.path.trim_matches('/'))).filter(|(_, path)| !path.is_empty())
            }
            (_, Some(_)) => {
                return Err(url::error(
                    &text,
                    "?virtual_host is for unix sockets; here it is /N behind the host",
                ));
            }
        };
        let settings = RedisSettings {
            endpoint: match form {
                Form::Socket => redis::socket(&text, &parts)?,
                _ => Endpoint::Tcp {
                    host: parts.host.clone().unwrap_or_else(|| LOCALHOST.to_owned()),
                    port: redis::port(&parts, &options, "broker_port")?,
                },
            },
            // Of a unix socket Celery takes these from the URL alone.
            username: match (&parts.username, form) {
                (None, Form::Tcp) => options.text("broker_user")?,
                (username, _) => username.clone(),
            },
            password: match (&parts.password, form) {
                (None, Form::Tcp) => options.text("broker_password")?.map(Secret::new),
                (password, _) => password.clone(),
            },
            db: match number {
                Some((place, number)) => redis::database(&text, place, number)?,
                None => vhost(&options)?,
            },
            client_name: None,
            connect_timeout: None,
            keepalive: false,
            protocol: query.protocol,
            key_prefix: String::new(),
            backoff_base: options.some_duration("result_backend_base_sleep_between_retries_ms")?,
            backoff_max: options.some_duration("result_backend_max_sleep_between_retries_ms")?,
            health_interval: options.some_duration("health_interval")?,
        };
        if self.several {
            ignored.push(FURTHER);
        }
        Ok((dressed(settings, &options)?, parts.masked))
    }
}

/// Whether the query asks for something that Celery has and this library has not.
fn asks_for_more(url: &Url) -> bool {
    url.query.iter().any(|(key, _)| key.starts_with("ssl_") || key == "credential_provider")
}

fn vhost(options: &Reader<'_>) -> Result<i64> {
    let vhost = options.text("broker_vhost")?.unwrap_or_default();
    redis::database(&vhost, "it", vhost.strip_prefix('/').unwrap_or(&vhost)).map_err(|_| {
        let vhost = shape::quote(&vhost);
        let problem =
            format!("option \"broker_vhost\" cannot be {vhost}: needed is a database number, 3 or /3");
        Error::new(Status::InvalidOption, problem)
    })
}

/// Puts on what the transport options say; what they do not say stays as it is.
fn dressed(base: RedisSettings, options: &Reader<'_>) -> Result<RedisSettings> {
    const CHECK: &str = "broker_transport_options.health_check_interval";
    const TIMEOUT: &str = "broker_transport_options.socket_timeout";
    let connect_timeout: Option<Duration> =
        match options.duration("broker_transport_options.socket_connect_timeout")?.or(base.connect_timeout) {
            Some(timeout) => Some(timeout),
            None => options.duration("broker_connection_timeout")?,
        };
    Ok(RedisSettings {
        client_name: options.text("broker_transport_options.client_name")?.or(base.client_name),
        connect_timeout,
        keepalive: options.boolean("broker_transport_options.socket_keepalive")? || base.keepalive,
        key_prefix: options.text("broker_transport_options.global_keyprefix")?.unwrap_or_default(),
        health_interval: redis::health_interval(options, CHECK, TIMEOUT, Some(base.health_interval))?,
        ..base
    })
}
