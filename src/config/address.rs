//! What a URL's scheme means: which result store it names. Adding a backend is one line in
//! [`SCHEMES`]. Everything else about a Redis URL is in `redis.rs`.

use super::url::{self, Url};
use crate::model::{Error, Result, Status};

/// Where a URL leads.
pub(super) enum Target {
    /// `memory://` or `memory://NAME`.
    Memory(Option<String>),
    /// `redis://…`.
    RedisTcp(Url),
    /// `redis+socket://…`.
    RedisSocket(Url),
    /// The bare word `redis`: everything comes from settings.
    RedisSettings,
}

/// What is known about a scheme.
#[derive(Clone, Copy)]
enum Scheme {
    Memory,
    RedisTcp,
    RedisSocket,
    /// Celery has such a result backend; this build has not.
    NotBuiltIn,
    /// Not a result backend of Celery either; says what to write instead.
    Mistaken(&'static str),
}

const SOCKET_HINT: &str = "a unix socket is written redis+socket:///path?virtual_host=N";

const SCHEMES: &[(&str, Scheme)] = &[
    ("memory", Scheme::Memory),
    ("redis", Scheme::RedisTcp),
    ("redis+redis", Scheme::RedisTcp),
    ("redis+socket", Scheme::RedisSocket),
    ("socket", Scheme::Mistaken(SOCKET_HINT)),
    ("unix", Scheme::Mistaken(SOCKET_HINT)),
    ("redis+unix", Scheme::Mistaken(SOCKET_HINT)),
    ("amqp", Scheme::Mistaken("amqp:// is a broker; results over AMQP are rpc://")),
    ("rediss", Scheme::NotBuiltIn),
    ("sentinel", Scheme::NotBuiltIn),
    ("rpc", Scheme::NotBuiltIn),
    ("db", Scheme::NotBuiltIn),
    ("database", Scheme::NotBuiltIn),
    ("file", Scheme::NotBuiltIn),
    ("filesystem", Scheme::NotBuiltIn),
    ("cache", Scheme::NotBuiltIn),
    ("mongodb", Scheme::NotBuiltIn),
    ("elasticsearch", Scheme::NotBuiltIn),
    ("cassandra", Scheme::NotBuiltIn),
    ("couchbase", Scheme::NotBuiltIn),
    ("couchdb", Scheme::NotBuiltIn),
    ("cosmosdbsql", Scheme::NotBuiltIn),
    ("riak", Scheme::NotBuiltIn),
    ("consul", Scheme::NotBuiltIn),
    ("dynamodb", Scheme::NotBuiltIn),
    ("azureblockblob", Scheme::NotBuiltIn),
    ("arangodb", Scheme::NotBuiltIn),
    ("s3", Scheme::NotBuiltIn),
    ("gs", Scheme::NotBuiltIn),
    ("disabled", Scheme::NotBuiltIn),
];

const BUILT_IN: &str = if cfg!(feature = "redis") {
    "memory://, memory://NAME, redis://[user][:password]@host[:port][/db], \
     redis+socket:///path?virtual_host=N"
} else {
    "memory://, memory://NAME"
};

/// Finds the store that a URL names.
pub(super) fn target(url: &str) -> Result<Target> {
    let Some(scheme) = url::scheme(url) else {
        // Celery takes the bare name of a backend too, where settings say the rest.
        return match url {
            "redis" if cfg!(feature = "redis") => Ok(Target::RedisSettings),
            "memory" => Ok(Target::Memory(None)),
            "" => Err(url::error(url, &format!("there is none; possible here: {BUILT_IN}"))),
            _ if known(url).is_some() => Err(not_built_in(url)),
            _ => Err(url::error(url, &format!("a scheme is missing; possible here: {BUILT_IN}"))),
        };
    };
    match known(&scheme) {
        Some(Scheme::Memory) => memory(url).map(Target::Memory),
        Some(Scheme::RedisTcp | Scheme::RedisSocket) if !cfg!(feature = "redis") => {
            Err(not_built_in(&scheme))
        }
        Some(Scheme::RedisTcp) => url::split(url).map(Target::RedisTcp),
        Some(Scheme::RedisSocket) => url::split(url).map(Target::RedisSocket),
        Some(Scheme::NotBuiltIn) => Err(not_built_in(&scheme)),
        Some(Scheme::Mistaken(hint)) => Err(url::error(url, hint)),
        None => Err(url::error(url, &format!("there is no such result backend; possible here: {BUILT_IN}"))),
    }
}

/// The whole scheme is looked for first, then what stands before its `+` (`db+sqlite`).
fn known(scheme: &str) -> Option<Scheme> {
    // Anything else is no scheme, and may hold what must not be shown.
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.')) {
        return None;
    }
    let find = |wanted: &str| SCHEMES.iter().find(|(name, _)| *name == wanted).map(|(_, scheme)| *scheme);
    find(scheme).or_else(|| {
        let (backend, _) = scheme.split_once('+')?;
        // `redis+rediss`, `redis+sentinel`: the store is there, the way to it is not.
        find(backend).map(|_| Scheme::NotBuiltIn)
    })
}

fn not_built_in(scheme: &str) -> Error {
    Error::new(
        Status::NotBuiltIn,
        format!("the result backend {scheme}:// is not built into this library; what is: {BUILT_IN}"),
    )
}

fn memory(url: &str) -> Result<Option<String>> {
    let name = url.split_once("://").map_or("", |(_, name)| name);
    if name.contains(['/', '?', '#', '@', ':']) {
        return Err(url::error(
            url,
            "memory:// is followed by a name or by nothing; in it '/', '?', '#', '@' and ':' are percent-encoded",
        ));
    }
    let name = url::decode(name, false)
        .ok_or_else(|| url::error(url, "the name is not UTF-8 once percent-decoded"))?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}
