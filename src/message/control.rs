//! Commands of remote control, as `celery.app.control` and kombu's `pidbox` write them. Which way they go,
//! and who waits for the answers, is the caller's affair; the answers are read by `reply`.

use super::headers::{Headers, array, quoted};
use super::signal::Signal;
use crate::codec::Codec;
use crate::model::value::python::json_float;
use crate::model::{Error, Kind, Message, Result, SendSettings, Status};

/// A command to workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    method: String,
    /// A JSON object.
    arguments: String,
    /// The names of nodes.
    destination: Option<Vec<String>>,
    /// A pattern of nodes' names, and how it is matched.
    pattern: Option<(String, Matcher)>,
}

/// How a pattern of nodes' names is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// As file names are
    Glob,
    /// A regular expression
    Pcre,
}

/// Where the answers to one command go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyAddress {
    /// A uuid of this command alone, which every answer bears.
    pub ticket: String,
    /// The exchange, such as `reply.celery.pidbox`.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
}

impl Command {
    /// Any command by its name, with its keyword arguments as a JSON object; empty text and null are none.
    /// Workers know more commands than the functions here, and those of the user's own.
    ///
    /// Fails with `InvalidArgument` where the method is empty or the arguments are no JSON object, with
    /// `TooLarge` or `TooDeep` beyond the limits.
    pub fn new(codec: &Codec, method: &str, arguments: &str) -> Result<Self> {
        if method.is_empty() {
            return Err(Error::new(Status::InvalidArgument, "the name of the command is empty"));
        }
        let arguments = object(codec, "arguments", arguments)?;
        Ok(Self { method: method.to_owned(), arguments, destination: None, pattern: None })
    }

    /// `revoke` of one task: workers skip it when they meet it. With `terminate` the process that runs it
    /// gets the signal, SIGTERM where there is none.
    pub fn revoke(task_id: &str, terminate: bool, signal: Option<&Signal>) -> Self {
        Self::revoked("revoke", "task_id", quoted(task_id), terminate, signal)
    }

    /// `revoke` of many tasks.
    pub fn revoke_all<'a>(
        task_ids: impl IntoIterator<Item = &'a str>,
        terminate: bool,
        signal: Option<&Signal>,
    ) -> Self {
        Self::revoked("revoke", "task_id", texts(task_ids), terminate, signal)
    }

    /// `revoke_by_stamped_headers`: tasks that bear one of these stamps. `headers` is a JSON object, each
    /// value one stamp or an array of them.
    ///
    /// Fails with `InvalidArgument` where it is none, or empty.
    pub fn revoke_by_stamped_headers(
        codec: &Codec,
        headers: &str,
        terminate: bool,
        signal: Option<&Signal>,
    ) -> Result<Self> {
        let headers = object(codec, "headers", headers)?;
        if headers == "{}" {
            let message = "headers: no header; a JSON object of headers and their stamps expected";
            return Err(Error::new(Status::InvalidArgument, message));
        }
        Ok(Self::revoked("revoke_by_stamped_headers", "headers", headers, terminate, signal))
    }

    /// `ping`: every worker answers `{"ok": "pong"}`.
    pub fn ping() -> Self {
        Self::plain("ping")
    }

    /// `inspect().active()`: the tasks that are being run.
    pub fn active() -> Self {
        Self { arguments: "{\"safe\": null}".to_owned(), ..Self::plain("active") }
    }

    /// `inspect().reserved()`: the tasks that workers have taken and not started.
    pub fn reserved() -> Self {
        Self::plain("reserved")
    }

    /// `inspect().scheduled()`: the tasks that wait for their eta.
    pub fn scheduled() -> Self {
        Self::plain("scheduled")
    }

    /// `inspect().revoked()`: the ids that workers skip.
    pub fn revoked_ids() -> Self {
        Self::plain("revoked")
    }

    /// `inspect().stats()`
    pub fn stats() -> Self {
        Self::plain("stats")
    }

    /// `inspect().query_task(...)`: where these tasks are, as far as a worker has them.
    pub fn query_task<'a>(task_ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self { arguments: format!("{{\"ids\": {}}}", texts(task_ids)), ..Self::plain("query_task") }
    }

    /// The same command for these nodes only; an empty list is every node, as in Celery.
    #[must_use]
    pub fn to(mut self, destination: Vec<String>) -> Self {
        self.destination = Some(destination);
        self
    }

    /// The same command for nodes whose names match only. A destination goes before it.
    #[must_use]
    pub fn matching(mut self, pattern: &str, matcher: Matcher) -> Self {
        self.pattern = Some((pattern.to_owned(), matcher));
        self
    }

    /// The nodes that it is for, where it names them.
    pub fn destination(&self) -> Option<&[String]> {
        self.destination.as_deref().filter(|nodes| !nodes.is_empty())
    }

    /// The message: in the serializer of tasks, as Celery's mailbox writes it. `expires` is the Unix time
    /// in seconds after which nobody waits for answers any more, 0 for none; Celery counts its logical
    /// clock in `clock`. `reply` asks for answers. Never blocks.
    ///
    /// Fails with `Encode` where the serializer cannot hold the arguments, with `TooLarge`, `TooDeep` or
    /// `NotBuiltIn`.
    pub fn message(
        &self,
        codec: &Codec,
        settings: &SendSettings,
        clock: u64,
        expires: f64,
        reply: Option<&ReplyAddress>,
    ) -> Result<Message> {
        let mut body = Headers::default();
        body.text("method", &self.method);
        body.set("arguments", self.arguments.as_str());
        body.set(
            "destination",
            self.destination
                .as_ref()
                .map_or_else(|| "null".to_owned(), |nodes| texts(nodes.iter().map(String::as_str))),
        );
        let pattern = self.pattern.as_ref();
        body.maybe_text("pattern", pattern.map(|(pattern, _)| pattern.as_str()));
        body.maybe_text("matcher", pattern.map(|(_, matcher)| matcher.name()));
        if let Some(ReplyAddress { ticket, exchange, routing_key }) = reply {
            body.text("ticket", ticket);
            let mut address = Headers::default();
            address.text("exchange", exchange);
            address.text("routing_key", routing_key);
            body.set("reply_to", address.finish());
        }
        let mut headers = Headers::default();
        headers.set("clock", clock.to_string());
        headers
            .set("expires", if expires == 0.0 { "0".to_owned() } else { json_float(expires).into_owned() });
        let serializer = settings.serializer;
        Ok(Message {
            body: codec.payload(&body.finish(), serializer, None)?,
            content_type: serializer.content_type().to_owned(),
            content_encoding: serializer.content_encoding().to_owned(),
            headers: headers.finish(),
            correlation_id: None,
            reply_to: None,
            persistent: true,
            priority: 0,
            expiration: None,
        })
    }

    fn plain(method: &str) -> Self {
        Self { method: method.to_owned(), arguments: "{}".to_owned(), destination: None, pattern: None }
    }

    fn revoked(method: &str, key: &str, what: String, terminate: bool, signal: Option<&Signal>) -> Self {
        let mut arguments = Headers::default();
        arguments.set(key, what);
        arguments.set("terminate", terminate.to_string());
        arguments.set("signal", signal.map_or("null", Signal::json));
        Self { arguments: arguments.finish(), ..Self::plain(method) }
    }
}

impl Matcher {
    /// kombu's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Glob => "glob",
            Self::Pcre => "pcre",
        }
    }
}

/// An object that came as JSON text, as Python dumps it.
fn object(codec: &Codec, what: &str, json: &str) -> Result<String> {
    if json.trim().is_empty() || json.trim() == "null" {
        return Ok("{}".to_owned());
    }
    let text = codec.dumps(what, json)?;
    let kind = codec.value(&text)?.kind();
    if kind == Kind::Object {
        return Ok(text);
    }
    Err(Error::new(Status::InvalidArgument, format!("{what}: {}; a JSON object expected", kind.name())))
}

/// An array of texts as JSON.
fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    array(texts.into_iter().map(quoted))
}
