//! Which Redis server, from a URL and from settings. The order is Celery's: a URL's query goes
//! before the URL, the URL before settings, settings before defaults.

use super::{
    check::Reader,
    secret::Secret,
    settings::{Endpoint, Protocol, RedisSettings},
    table,
    url::{self, Url},
};
use crate::model::{Error, Result, nearest};
use std::time::Duration;

/// What the query of a URL may hold, beside what every Redis URL may.
pub(super) struct Keys {
    /// Keys that act, and the option that says the same.
    pub(super) acting: &'static [(&'static str, &'static str)],
    /// Keys that mean nothing here, as they are listed among the ignored settings.
    pub(super) ignored: &'static [&'static str],
}

impl Keys {
    fn ignored(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.ignored.iter().chain(QUERY_IGNORED).copied()
    }
}

/// What the query of a URL says.
pub(super) struct Query<'u> {
    /// Options, and what they are instead.
    pub(super) overrides: Vec<(&'static str, &'u str)>,
    pub(super) protocol: Option<Protocol>,
    /// A database number, not looked at.
    pub(super) virtual_host: Option<&'u str>,
}

const QUERY: Keys = Keys {
    acting: &[
        ("db", "redis_db"),
        ("username", "redis_username"),
        ("password", "redis_password"),
        ("client_name", "redis_client_name"),
        ("socket_timeout", "redis_socket_timeout"),
        ("socket_connect_timeout", "redis_socket_connect_timeout"),
        ("socket_keepalive", "redis_socket_keepalive"),
        ("health_check_interval", "redis_backend_health_check_interval"),
        ("credential_provider", "redis_backend_credential_provider"),
    ],
    ignored: &[],
};

/// Keys of a URL's query that Celery hands to Python's client and that mean nothing here, as
/// they are listed among the ignored settings.
const QUERY_IGNORED: &[&str] = &[
    "?max_connections",
    "?retry_on_timeout",
    "?retry_on_error",
    "?socket_read_size",
    "?socket_keepalive_options",
    "?timeout",
    "?encoding",
    "?encoding_errors",
    "?decode_responses",
    "?legacy_responses",
    "?lib_name",
    "?lib_version",
];

/// Used as `virtual_host` on a unix socket; ignored on TCP, as in Celery.
pub(super) const VIRTUAL_HOST: &str = "?virtual_host";
const PROTOCOL: &str = "protocol";
/// Where a server is that nobody named.
pub(super) const LOCALHOST: &str = "localhost";

/// What kind of address the URL's scheme stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Tcp,
    Socket,
    /// The bare word `redis`, which says nothing.
    Settings,
}

/// Checks a URL and the `redis_*` settings; adds what has no effect to `ignored`.
pub(super) fn settings(
    text: &str,
    url: &Url,
    form: Form,
    options: &Reader<'_>,
    ignored: &mut Vec<&'static str>,
) -> Result<RedisSettings> {
    let query = query(text, url, &QUERY, ignored)?;
    let virtual_host = match (query.virtual_host, form) {
        (Some(number), Form::Socket) => Some(database(text, VIRTUAL_HOST, number)?),
        (Some(_), _) => {
            ignored.push(VIRTUAL_HOST);
            None
        }
        (None, _) => None,
    };
    let options = options.overridden(query.overrides);

    let db = match (options.overrides("redis_db"), form) {
        (true, _) | (false, Form::Settings) => options.integer("redis_db")?,
        (false, Form::Tcp) => Some(database(text, "the path", url.path.trim_matches('/'))?),
        (false, Form::Socket) => {
            virtual_host.map_or_else(|| options.integer("redis_db"), |db| Ok(Some(db)))?
        }
    };
    let username = match &url.username {
        Some(user) if !options.overrides("redis_username") => Some(user.clone()),
        _ => options.text("redis_username")?,
    };
    let password = match &url.password {
        Some(password) if !options.overrides("redis_password") => Some(password.clone()),
        _ => options.text("redis_password")?.map(Secret::new),
    };
    Ok(RedisSettings {
        endpoint: endpoint(text, url, form, &options)?,
        username,
        password,
        db: db.unwrap_or_default(),
        client_name: options.text("redis_client_name")?,
        connect_timeout: options.duration("redis_socket_connect_timeout")?,
        keepalive: options.boolean("redis_socket_keepalive")?,
        protocol: query.protocol,
        key_prefix: key_prefix(
            options.text("result_backend_transport_options.global_keyprefix")?.unwrap_or_default(),
        ),
        backoff_base: options.some_duration("result_backend_base_sleep_between_retries_ms")?,
        backoff_max: options.some_duration("result_backend_max_sleep_between_retries_ms")?,
        health_interval: health_interval(
            &options,
            "redis_backend_health_check_interval",
            "redis_socket_timeout",
            None,
        )?,
    })
}

/// Reads a URL's query; adds what has no effect to `ignored`.
pub(super) fn query<'u>(
    text: &str,
    url: &'u Url,
    keys: &Keys,
    ignored: &mut Vec<&'static str>,
) -> Result<Query<'u>> {
    let mut query = Query { overrides: Vec::new(), protocol: None, virtual_host: None };
    for (key, value) in &url.query {
        if let Some((_, option)) = keys.acting.iter().find(|(name, _)| name == key) {
            let info = table::find(option).ok_or_else(|| table::unknown(option))?;
            info.shape.parse(value).map_err(|refusal| {
                url::error_of(refusal.status, text, &format!("?{key} has a wrong value: {}", refusal.needed))
            })?;
            query.overrides.push((info.name, value.as_str()));
        } else if key == PROTOCOL {
            query.protocol = Some(match value.as_str() {
                "2" => Protocol::Resp2,
                "3" => Protocol::Resp3,
                _ => return Err(url::error(text, "?protocol has a wrong value: needed is 2 or 3")),
            });
        } else if VIRTUAL_HOST.strip_prefix('?') == Some(key) {
            query.virtual_host = Some(value.as_str());
        } else if let Some(name) = keys.ignored().find(|name| name.strip_prefix('?') == Some(key)) {
            ignored.push(name);
        } else {
            return Err(unknown_key(text, key, keys));
        }
    }
    Ok(query)
}

fn endpoint(text: &str, url: &Url, form: Form, options: &Reader<'_>) -> Result<Endpoint> {
    if form == Form::Socket {
        return socket(text, url);
    }
    let host = match &url.host {
        Some(host) => host.clone(),
        None => options.text("redis_host")?.unwrap_or_else(|| LOCALHOST.to_owned()),
    };
    Ok(Endpoint::Tcp { host, port: port(url, options, "redis_port")? })
}

/// Where a unix socket is.
pub(super) fn socket(text: &str, url: &Url) -> Result<Endpoint> {
    if url.host.is_some() || url.port.is_some() || url.path.is_empty() {
        return Err(url::error(text, "a unix socket is written redis+socket:///path, with three slashes"));
    }
    Ok(Endpoint::Unix { path: format!("/{}", url.path).into() })
}

/// The URL's port, else that option's, else the one that Redis has.
pub(super) fn port(url: &Url, options: &Reader<'_>, option: &str) -> Result<u16> {
    match url.port {
        Some(port) => Ok(port),
        None => Ok(options.integer(option)?.and_then(|port| port.try_into().ok()).unwrap_or(6379)),
    }
}

pub(super) fn database(text: &str, place: &str, number: &str) -> Result<i64> {
    if number.is_empty() {
        return Ok(0);
    }
    number
        .parse::<i32>()
        .ok()
        .filter(|db| *db >= 0 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .map(i64::from)
        .ok_or_else(|| url::error(text, &format!("{place} must be a database number, 0 or greater")))
}

/// Python's rule: the prefix is kept apart from the key by an underscore, unless it brings a
/// separator of its own.
fn key_prefix(mut prefix: String) -> String {
    if !prefix.is_empty() && !prefix.ends_with([':', '_', '-', '.']) {
        prefix.push('_');
    }
    prefix
}

/// Ours if it is set; else Celery's; else the default, which a shorter socket timeout lowers.
/// Celery's may be as small as one likes; asking more often than this would only cost.
pub(super) fn health_interval(
    options: &Reader<'_>,
    check: &str,
    timeout: &str,
    default: Option<Duration>,
) -> Result<Duration> {
    const LEAST: Duration = Duration::from_millis(10);
    let ours = options.some_duration("health_interval")?;
    if options.is_set("health_interval") {
        return Ok(ours);
    }
    if let Some(celerys) = options.duration(check)? {
        return Ok(celerys.max(LEAST));
    }
    let default = default.unwrap_or(ours);
    Ok(options.duration(timeout)?.map_or(default, |timeout| timeout.min(default).max(LEAST)))
}

fn unknown_key(text: &str, key: &str, keys: &Keys) -> Error {
    if key.starts_with("ssl_") {
        return url::error(text, "?ssl_… belongs to rediss://, which is not built in");
    }
    let ignored = keys.ignored().chain([VIRTUAL_HOST]).map(|name| name.trim_start_matches('?'));
    let known = keys.acting.iter().map(|(name, _)| *name).chain([PROTOCOL]).chain(ignored);
    let hint = nearest(key, known).map_or(String::new(), |nearest| format!("; the nearest is ?{nearest}"));
    url::error(text, &format!("there is no setting ?{}{hint}", key.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_get_a_separator() {
        for (prefix, expected) in [
            ("", ""),
            ("app", "app_"),
            ("app_", "app_"),
            ("app:", "app:"),
            ("app-", "app-"),
            ("app.", "app."),
            ("{tag}", "{tag}_"),
        ] {
            assert_eq!(key_prefix(prefix.to_owned()), expected);
        }
    }
}
