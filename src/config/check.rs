//! From raw to checked: reads every option in its type, applies what options mean together, and
//! puts the result into [`Config`].

use super::{
    address::{self, Target},
    broker,
    options::Options,
    redis::{self, Form},
    settings::{BackendAddress, Config, EngineSettings, FormatSettings, ResultSettings},
    shape::Parsed,
    table,
    url::Url,
};
use crate::model::Result;
use std::time::Duration;

impl Config {
    /// Checks everything once. An empty URL stands for the option `result_backend`.
    pub fn new(url: &str, options: &Options) -> Result<Self> {
        let reader = Reader { options, overrides: Vec::new() };
        let from_options = reader.text("result_backend")?.unwrap_or_default();
        let url = if url.is_empty() { &from_options } else { url };
        let mut ignored: Vec<&'static str> = options.ignored().collect();
        let mut redis = |parts: &Url, form| {
            redis::settings(url, parts, form, &reader, &mut ignored)
                .map(|settings| BackendAddress::Redis(Box::new(settings)))
        };
        let (backend, uri) = match address::target(url)? {
            Target::Memory(name) => {
                let raw = url.split_once("://").map_or("", |(_, raw)| raw);
                (BackendAddress::Memory { name }, format!("memory://{raw}"))
            }
            Target::RedisTcp(parts) => (redis(&parts, Form::Tcp)?, parts.masked),
            Target::RedisSocket(parts) => (redis(&parts, Form::Socket)?, parts.masked),
            Target::RedisSettings => (redis(&Url::default(), Form::Settings)?, "redis://".to_owned()),
        };
        Ok(Self {
            broker: broker::settings(&backend, &uri, &reader, &mut ignored)?,
            backend,
            uri,
            result: result(&reader)?,
            formats: formats(&reader)?,
            engine: engine(&reader)?,
            max_payload_bytes: usize::try_from(reader.size("max_payload_bytes")?).unwrap_or(usize::MAX),
            max_nesting_depth: reader.count("max_nesting_depth")?,
            max_expansion_ratio: reader.count("max_expansion_ratio")?,
            ignored,
        })
    }
}

fn result(options: &Reader<'_>) -> Result<ResultSettings> {
    // Whole seconds, as Celery's int(): less than one is none.
    let whole = |duration: Duration| Some(duration.as_secs()).filter(|s| *s > 0).map(Duration::from_secs);
    let expires = options.duration("result_expires")?.and_then(whole);
    let failure_expires = match options.parsed("result_failure_expires")? {
        Parsed::Duration(duration) => whole(duration),
        _ => expires,
    };
    Ok(ResultSettings { expires, failure_expires, extended: options.boolean("result_extended")? })
}

fn engine(options: &Reader<'_>) -> Result<EngineSettings> {
    Ok(EngineSettings {
        operation_timeout: options.some_duration("operation_timeout_ms")?,
        reread_interval: options.duration("result_reread_interval")?,
        reread_rate: u32::try_from(options.count("result_reread_rate")?).unwrap_or(u32::MAX),
        trust_messages: options.boolean("result_trust_messages")?,
        max_subscriptions: options.count("max_subscriptions")?,
        max_queued_messages: options.count("max_queued_messages")?,
    })
}

fn formats(options: &Reader<'_>) -> Result<FormatSettings> {
    let serializer = match options.parsed("result_serializer")? {
        Parsed::Serializer(serializer) => Some(serializer),
        _ => None,
    };
    let compression = match options.parsed("result_compression")? {
        Parsed::Compression(compression) => Some(compression),
        _ => None,
    };
    let (own, general) = ("result_accept_content", "accept_content");
    let (accept, accept_setting) = match (options.parsed(own)?, options.parsed(general)?) {
        (Parsed::Serializers(accept), _) => (Some(accept), own),
        (_, Parsed::Serializers(accept)) => (Some(accept), general),
        _ => (None, own),
    };
    Ok(FormatSettings { serializer, compression, accept, accept_setting })
}

/// Options in their types.
pub(super) struct Reader<'a> {
    options: &'a Options,
    /// What a URL's query says instead.
    overrides: Vec<(&'static str, &'a str)>,
}

impl<'a> Reader<'a> {
    /// The same options, these going before them.
    pub(super) fn overridden(&self, overrides: Vec<(&'static str, &'a str)>) -> Self {
        Self { options: self.options, overrides }
    }

    fn override_of(&self, name: &str) -> Option<&'a str> {
        self.overrides.iter().rev().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// Whether the URL's query says it.
    pub(super) fn overrides(&self, name: &str) -> bool {
        self.override_of(name).is_some()
    }

    /// Whether anybody said it.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.overrides(name) || self.options.get(name).is_some()
    }

    pub(super) fn parsed(&self, name: &str) -> Result<Parsed> {
        let info = table::find(name).ok_or_else(|| table::unknown(name))?;
        let text = self.override_of(name).or_else(|| self.options.get(name)).unwrap_or(info.default);
        info.parse(text)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool> {
        Ok(self.parsed(name)? == Parsed::Boolean(true))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        Ok(if let Parsed::Text(text) = self.parsed(name)? { Some(text) } else { None })
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>> {
        Ok(if let Parsed::Integer(number) = self.parsed(name)? { Some(number) } else { None })
    }

    /// A number that the table keeps at 1 or more.
    fn count(&self, name: &str) -> Result<usize> {
        Ok(self.integer(name)?.and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX))
    }

    fn size(&self, name: &str) -> Result<u64> {
        Ok(if let Parsed::Size(size) = self.parsed(name)? { size } else { u64::MAX })
    }

    /// A time; zero and "no value" are none.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>> {
        Ok(match self.parsed(name)? {
            Parsed::Duration(duration) if !duration.is_zero() => Some(duration),
            _ => None,
        })
    }

    /// A time that the table keeps above zero.
    pub(super) fn some_duration(&self, name: &str) -> Result<Duration> {
        Ok(self.duration(name)?.unwrap_or(Duration::MAX))
    }
}
