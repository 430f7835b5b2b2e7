//! A task message of Celery's protocol 2: what `app.send_task` publishes for a call, its headers those of
//! `AMQP.as_task_v2` in their order, its body `[args, kwargs, embed]`.
//!
//! Where it is not byte for byte Python's: the arguments of an empty call are shown as `()`, those of a
//! group's member as a tuple, as canvas makes them, those of any other as a list, since JSON knows no tuples;
//! with pickle the body is a list of three instead of a tuple; what Python would put into `argsrepr` for sets
//! depends on its hashes. `task_default_priority` and `task_ignore_result` count for every task here, in
//! Python for those that the sender knows.

use super::headers::{Headers, array, object, quoted};
use super::option_value::after;
use super::origin::Origin;
use super::saferepr::{Arrays, saferepr};
use super::send_options::{Expires, SendOptions};
use crate::codec::{Codec, spell};
use crate::model::{
    Error, ExchangeType, Id, Kind, Message, Result, Route, SendSettings, Status, TopicQueue, Value, Way,
};
use std::collections::HashMap;

/// A task that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskMessage {
    /// The task's id, under which its result will be stored.
    pub id: Id,
    /// The message.
    pub message: Message,
    /// Which way it goes.
    pub route: Route,
    /// Whether no result will be stored.
    pub ignored: bool,
}

/// The message of a call of the task `name`: `args` is a JSON array, `kwargs` a JSON object, in Python's
/// dialect; empty text and null are a call without them. Never blocks, does no I/O.
///
/// Fails with `InvalidArgument` where the name is empty or the arguments are none, with `InvalidOption`
/// where an option does not fit the moment of sending or the other options, with `Encode` where the
/// serializer cannot hold the arguments, with `Unsupported` where its queue has an exchange that is neither
/// direct nor topic, with `TooLarge`, `TooDeep` or `NotBuiltIn`.
pub fn message(
    codec: &Codec,
    settings: &SendSettings,
    name: &str,
    args: &str,
    kwargs: &str,
    options: &SendOptions,
    origin: &Origin,
) -> Result<TaskMessage> {
    if name.is_empty() {
        return Err(Error::new(Status::InvalidArgument, "the name of the task is empty"));
    }
    let args = Arguments::new(codec, "args", args, Kind::Array)?;
    let kwargs = Arguments::new(codec, "kwargs", kwargs, Kind::Object)?;
    let moments = Moments::new(options, origin.unix_micros)?;
    let id = options.task_id.as_ref().unwrap_or(&origin.task_id);
    let compression = options.compression.or(settings.compression);
    let serializer = options.serializer.unwrap_or(settings.serializer);
    let ignore_result = options.ignore_result.or(settings.ignore_result.then_some(true));

    let mut headers = Headers::default();
    headers.text("lang", "py");
    headers.text("task", name);
    headers.text("id", id);
    headers.maybe_text("shadow", options.shadow.as_deref());
    headers.maybe_text("eta", moments.eta.as_deref());
    headers.maybe_text("expires", moments.expires.as_deref());
    headers.maybe_text("group", options.group_id.as_deref());
    headers.set("group_index", number(options.group_index));
    headers.set("retries", options.retries.unwrap_or(0).to_string());
    headers.set(
        "timelimit",
        array([or_null(options.time_limit.as_ref()), or_null(options.soft_time_limit.as_ref())]),
    );
    headers.text("root_id", options.root_id.as_ref().unwrap_or(id));
    headers.maybe_text("parent_id", options.parent_id.as_deref());
    let tuple = if options.of_canvas { Arrays::Tuple } else { Arrays::Lists };
    headers.set("argsrepr", args.repr(options.argsrepr.as_deref(), "()", tuple));
    headers.set("kwargsrepr", kwargs.repr(options.kwargsrepr.as_deref(), "{}", Arrays::Lists));
    headers.text("origin", &origin.node);
    headers.set("ignore_result", ignore_result.map_or_else(|| "null".to_owned(), |flag| flag.to_string()));
    headers.set("replaced_task_nesting", options.replaced_task_nesting.unwrap_or(0).to_string());
    let (stamped_headers, stamps) = stamps(options)?;
    headers.set("stamped_headers", stamped_headers);
    headers.set("stamps", stamps);
    for (name, value) in &options.headers {
        headers.update(name.clone(), value.clone());
    }
    if let Some(compression) = compression {
        headers.text("compression", compression.mime());
    }

    let body = format!("[{}, {}, {}]", args.json(), kwargs.json(), embed(options));
    let reply_to = options.reply_to.as_deref().filter(|queue| !queue.is_empty());
    let message = Message {
        body: codec.payload(&body, serializer, compression)?,
        content_type: serializer.content_type().to_owned(),
        content_encoding: serializer.content_encoding().to_owned(),
        headers: headers.finish(),
        correlation_id: Some(id.as_ref().to_owned()),
        reply_to: Some(reply_to.unwrap_or(&origin.reply_to).to_owned()),
        persistent: options.delivery_mode.map_or(settings.persistent, |mode| mode == 2),
        priority: options.priority.or(settings.priority).unwrap_or(0),
        expiration: moments.expiration,
    };
    Ok(TaskMessage {
        id: id.clone(),
        message,
        route: route(options, settings)?,
        ignored: ignore_result.unwrap_or(false),
    })
}

/// Arguments of a call; `None` where there are none.
struct Arguments {
    value: Option<Value>,
    empty: &'static str,
}

impl Arguments {
    fn new(codec: &Codec, what: &str, json: &str, kind: Kind) -> Result<Self> {
        let empty = if kind == Kind::Array { "[]" } else { "{}" };
        if json.trim().is_empty() {
            return Ok(Self { value: None, empty });
        }
        let value = codec.value(json).map_err(|error| {
            let status =
                if error.status() == Status::Decode { Status::InvalidArgument } else { error.status() };
            Error::new(status, format!("{what}: {}", error.message()))
        })?;
        if value.is_null() {
            return Ok(Self { value: None, empty });
        }
        if value.kind() != kind {
            let expected = if kind == Kind::Array { "a JSON array" } else { "a JSON object" };
            let message = format!("{what}: {}; {expected} expected", value.kind().name());
            return Err(Error::new(Status::InvalidArgument, message));
        }
        Ok(Self { value: Some(value).filter(|value| !value.is_empty().unwrap_or(true)), empty })
    }

    fn json(&self) -> &str {
        self.value.as_ref().map_or(self.empty, Value::json)
    }

    /// What messages show of them, as JSON text: what was given, or what Celery would.
    fn repr(&self, given: Option<&str>, empty: &str, arrays: Arrays) -> String {
        match (given, &self.value) {
            (Some(given), _) => quoted(given),
            (None, None) => quoted(empty),
            (None, Some(value)) => {
                let mut out = String::new();
                // It was made of texts and brackets only.
                let _ = spell::raw_text(&saferepr(value, arrays), &mut out);
                out
            }
        }
    }
}

/// When a task is to be started, and when not any more.
struct Moments {
    eta: Option<String>,
    expires: Option<String>,
    /// In milliseconds.
    expiration: Option<u64>,
}

impl Moments {
    fn new(options: &SendOptions, now: i64) -> Result<Self> {
        let later = |name: &str, seconds: f64| {
            after(now, seconds).ok_or_else(|| {
                let message =
                    format!("option {name:?} is {seconds}; a moment in the years 1 to 9999 expected");
                Error::new(Status::InvalidOption, message)
            })
        };
        let eta = match options.countdown {
            Some(countdown) if countdown != 0.0 => Some(later("countdown", countdown)?),
            _ => options.eta.clone(),
        };
        let (expires, seconds) = match &options.expires {
            None => (None, None),
            Some(Expires::After(seconds)) => (Some(later("expires", *seconds)?), Some(*seconds)),
            Some(Expires::At(text, micros)) => {
                #[allow(clippy::cast_precision_loss, reason = "as Python's total_seconds")]
                let seconds = micros.saturating_sub(now) as f64 / 1e6;
                (Some(text.clone()), Some(seconds))
            }
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "kombu truncates")]
        let expiration = seconds.map(|seconds| (seconds.max(0.0) * 1000.0) as u64);
        Ok(Self { eta, expires, expiration })
    }
}

/// The headers `stamped_headers` and `stamps`.
fn stamps(options: &SendOptions) -> Result<(String, String)> {
    let given: HashMap<&str, &str> =
        options.stamps.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let Some(names) = &options.stamped_headers else {
        let names = options.stamps.iter().map(|(name, _)| name.as_str());
        let names = if given.is_empty() { "null".to_owned() } else { array(names) };
        return Ok((names, object(&options.stamps)));
    };
    let mut stamps = Headers::default();
    for name in names {
        let Some(value) = given.get(name.as_str()) else {
            let message = format!(
                "option \"stamped_headers\" names {name}, for which there is no stamp; set it in the option \"stamps\""
            );
            return Err(Error::new(Status::InvalidOption, message));
        };
        stamps.update(name.clone(), (*value).to_owned());
    }
    Ok((array(names), stamps.finish()))
}

/// The third part of the body: what follows the task.
fn embed(options: &SendOptions) -> String {
    let SendOptions { link, link_error, chain, chord, .. } = options;
    let mut embed = Headers::default();
    for (name, part) in [("callbacks", link), ("errbacks", link_error), ("chain", chain), ("chord", chord)] {
        embed.set(name, or_null(part.as_ref()));
    }
    embed.finish()
}

/// As `send_task_message` decides: only an exchange and a routing key together go before the queue, and a direct
/// exchange is left out, since the queue is known.
fn route(options: &SendOptions, settings: &SendSettings) -> Result<Route> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let routing_key = given(&options.routing_key);
    if let (Some(exchange), Some(routing_key)) = (given(&options.exchange), routing_key.clone()) {
        return Ok(Route::Exchange(Way { exchange, routing_key, queue: None }));
    }
    let (name, exchange, bound_with, exchange_type) = match &options.queue {
        Some(name) if *name != settings.queue => (name, name, name, &settings.other_exchange_type),
        _ => (&settings.queue, &settings.exchange, &settings.routing_key, &settings.exchange_type),
    };
    let (name, exchange, bound_with) = (name.clone(), exchange.clone(), bound_with.clone());
    match exchange_type {
        ExchangeType::Direct => Ok(Route::Queue { name, exchange, routing_key: bound_with }),
        ExchangeType::Topic => Ok(Route::Exchange(Way {
            exchange,
            routing_key: routing_key.unwrap_or_else(|| bound_with.clone()),
            queue: Some(TopicQueue { name, topic: bound_with }),
        })),
        ExchangeType::Other(found) => {
            let message = format!(
                "the exchange of queue {name:?} is of the type {found:?} by the app's settings; tasks can be \
                 sent through direct and topic exchanges"
            );
            Err(Error::new(Status::Unsupported, message))
        }
    }
}

fn or_null(json: Option<&String>) -> &str {
    json.map_or("null", String::as_str)
}

fn number(number: Option<i64>) -> String {
    number.map_or_else(|| "null".to_owned(), |number| number.to_string())
}
