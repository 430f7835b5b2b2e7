//! A command of Celery's remote control, as kombu's mailbox writes it.

use crate::{
    codec::Codec,
    model::{Error, Id, Message, Result, Serializer, Status},
};
use serde_json::{Value as Json, json};

/// A command: what workers are to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    method: String,
    /// A JSON object.
    arguments: String,
}

/// How a worker ends a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Such as `SIGKILL` or `KILL`.
    Name(String),
    /// Such as 9.
    Number(u8),
}

impl Signal {
    /// From `SIGKILL`, `KILL`, `kill` or `9`. Fails with `InvalidArgument` where it can be none.
    pub fn from_text(text: &str) -> Result<Self> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u8>().ok().filter(|number| (1..=64).contains(number));
        match number {
            Some(number) if is_number => return Ok(Self::Number(number)),
            None if !is_number && is_signal_name(text) => return Ok(Self::Name(text.to_ascii_uppercase())),
            _ => {}
        }
        let message = format!("{text:?} is no signal; right would be SIGTERM, KILL or a number from 1 to 64");
        Err(Error::new(Status::InvalidArgument, message))
    }

    fn json(&self) -> Json {
        match self {
            Self::Name(name) => name.as_str().into(),
            Self::Number(number) => (*number).into(),
        }
    }
}

/// Whether it is written as the names of signals are: the worker knows which there are.
fn is_signal_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 16
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_".contains(&byte))
}

/// What makes an answer known for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Borne by every answer.
    pub id: String,
    /// The exchange that answers go to.
    pub exchange: String,
    /// Their routing key.
    pub routing_key: String,
}

impl Command {
    /// Any command, its arguments a JSON object; the empty text stands for none.
    ///
    /// Fails with `InvalidArgument` where the method is empty or the arguments are no object.
    pub fn new(codec: &Codec, method: &str, arguments: &str) -> Result<Self> {
        if method.is_empty() {
            return Err(Error::new(
                Status::InvalidArgument,
                "the method is empty; it must be ping or the like",
            ));
        }
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        let checked = codec.value(arguments)?;
        if !checked.json().trim_start().starts_with('{') {
            let message = format!("the arguments of {method:?} must be a JSON object of keyword arguments");
            return Err(Error::new(Status::InvalidArgument, message));
        }
        Ok(Self { method: method.to_owned(), arguments: checked.json().to_owned() })
    }

    /// `revoke` of one task, or of several.
    pub fn revoke(ids: &[Id], terminate: bool, signal: Option<&Signal>) -> Self {
        let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
        let ids = if let [id] = ids.as_slice() { json!(id) } else { json!(ids) };
        Self::of("revoke", &json!({"task_id": ids, "terminate": terminate, "signal": signal_json(signal)}))
    }

    /// `revoke_by_stamped_headers`: headers is a JSON object, name to value or list of values.
    ///
    /// Fails with `InvalidArgument` where it is not.
    pub fn revoke_by_stamped_headers(
        codec: &Codec,
        headers: &str,
        terminate: bool,
        signal: Option<&Signal>,
    ) -> Result<Self> {
        let wrong = || {
            let message =
                "the headers must be a JSON object of names and values, such as {\"monitoring_id\": [\"1\"]}";
            Error::new(Status::InvalidArgument, message)
        };
        codec.value(headers)?;
        let headers: Json = serde_json::from_str(headers).map_err(|_| wrong())?;
        if !headers.as_object().is_some_and(|headers| !headers.is_empty()) {
            return Err(wrong());
        }
        let arguments = json!({"headers": headers, "terminate": terminate, "signal": signal_json(signal)});
        Ok(Self::of("revoke_by_stamped_headers", &arguments))
    }

    /// `query_task` of these tasks.
    pub fn query_task(ids: &[Id]) -> Self {
        let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
        Self::of("query_task", &json!({"ids": ids}))
    }

    fn of(method: &str, arguments: &Json) -> Self {
        Self { method: method.to_owned(), arguments: arguments.to_string() }
    }

    /// The name of the command.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The message that bears it.
    ///
    /// `destination` is the names of those who are to obey; `None` is all. With a ticket they answer.
    pub fn message(
        &self,
        codec: &Codec,
        serializer: Serializer,
        destination: Option<&[String]>,
        ticket: Option<&Ticket>,
    ) -> Result<Message> {
        let mut body = format!(
            "{{\"method\": {}, \"arguments\": {}, \"destination\": {}, \"pattern\": null, \"matcher\": null",
            Json::from(self.method.as_str()),
            self.arguments,
            destination.map_or(Json::Null, |nodes| json!(nodes)),
        );
        if let Some(Ticket { id, exchange, routing_key }) = ticket {
            let reply_to = json!({"exchange": exchange, "routing_key": routing_key});
            body.push_str(&format!(", \"ticket\": {}, \"reply_to\": {reply_to}", Json::from(id.as_str())));
        }
        body.push('}');
        Ok(Message {
            body: codec.payload(&body, serializer, None)?,
            content_type: serializer.content_type().to_owned(),
            content_encoding: serializer.content_encoding().to_owned(),
            headers: "{\"clock\": 0, \"expires\": 0}".to_owned(),
            correlation_id: None,
            reply_to: None,
            persistent: true,
            priority: 0,
            expiration: None,
        })
    }
}

fn signal_json(signal: Option<&Signal>) -> Json {
    signal.map_or(Json::Null, Signal::json)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::Limits;

    fn codec() -> Codec {
        Codec::new(Limits::default())
    }

    fn body(command: &Command, destination: Option<&[String]>, ticket: Option<&Ticket>) -> Json {
        let message = command.message(&codec(), Serializer::Json, destination, ticket).unwrap();
        serde_json::from_slice(&message.body).unwrap()
    }

    #[test]
    fn revoke_is_that_of_celery() {
        let ids = [Id::from("a"), Id::from("b")];
        let ticket = Ticket {
            id: "t".to_owned(),
            exchange: "reply.celery.pidbox".to_owned(),
            routing_key: "r".to_owned(),
        };
        assert_eq!(
            body(&Command::revoke(&ids, false, None), Some(&["w1@host".to_owned()]), Some(&ticket)),
            json!({
                "method": "revoke",
                "arguments": {"task_id": ["a", "b"], "terminate": false, "signal": null},
                "destination": ["w1@host"], "pattern": null, "matcher": null,
                "ticket": "t", "reply_to": {"exchange": "reply.celery.pidbox", "routing_key": "r"},
            })
        );
        let one = body(&Command::revoke(&ids[..1], true, Some(&Signal::Name("KILL".to_owned()))), None, None);
        assert_eq!(one["arguments"], json!({"task_id": "a", "terminate": true, "signal": "KILL"}));
        assert_eq!(one.get("ticket"), None);
    }

    #[test]
    fn signals_have_names_and_numbers() {
        assert_eq!(Signal::from_text("sigkill").unwrap(), Signal::Name("SIGKILL".to_owned()));
        assert_eq!(Signal::from_text("9").unwrap(), Signal::Number(9));
        for wrong in ["", "0", "65", "999", "-9", "KILL NOW", "\u{e9}"] {
            let error = Signal::from_text(wrong).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument, "{wrong}");
        }
    }

    #[test]
    fn arguments_are_checked() {
        let new = |method, arguments| Command::new(&codec(), method, arguments);
        assert_eq!(body(&new("ping", "").unwrap(), None, None)["arguments"], json!({}));
        assert_eq!(
            body(&new("x", " {\"a\": NaN} ").map(|_| new("x", "{\"a\": 1}").unwrap()).unwrap(), None, None)["arguments"],
            json!({"a": 1})
        );
        assert_eq!(new("", "{}").unwrap_err().status(), Status::InvalidArgument);
        assert_eq!(new("x", "[]").unwrap_err().status(), Status::InvalidArgument);
        assert_eq!(new("x", "{").unwrap_err().status(), Status::Decode);
        for wrong in ["[]", "{}", "1"] {
            let error = Command::revoke_by_stamped_headers(&codec(), wrong, false, None).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument, "{wrong}");
        }
    }
}
