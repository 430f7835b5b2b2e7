//! `app.send_task`: calls become messages, all of them before the first is sent, and go to the broker in
//! pieces that one write can take.

use super::App;
use crate::{
    message::{Call, Origin, SendOptions, task},
    model::{Error, Id, Message, Result, Route, Status},
    sys::{host_name, unix_micros},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// How many bytes of messages go out together; their answer must come in `operation_timeout_ms`.
const PIECE: usize = 1 << 20;

/// Messages and their ways.
type Messages = Vec<(Route, Message)>;

/// The routes of tasks that were looked up already.
type Routes<'a> = HashMap<&'a str, Option<SendOptions>>;

/// A task that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: Id,
    /// Whether no result will be stored.
    pub(crate) ignored: bool,
}

impl App {
    /// Sends a task. Nothing is subscribed to. Bounded by `operation_timeout_ms`.
    ///
    /// Fails before anything is sent where it can be no message (see [`task::message`]), and as
    /// [`App::control`].
    pub(crate) fn send_task(&self, call: &Call) -> Result<Sent> {
        let (sent, message) = self.message(call, &mut self.origin()?, &mut HashMap::new())?;
        self.send_messages(vec![message])?;
        Ok(sent)
    }

    /// Sends tasks, in order. Bounded by `operation_timeout_ms` for every 1 MiB of messages.
    ///
    /// Fails as [`App::send_task`] where none was sent, naming the member that can be no message, and with
    /// `Uncertain` where some may have been.
    pub(crate) fn send_tasks(&self, calls: &[Call]) -> Result<Vec<Sent>> {
        let (mut origin, mut routes) = (self.origin()?, HashMap::new());
        let mut made = Vec::with_capacity(calls.len());
        for (index, call) in calls.iter().enumerate() {
            let message = self.message(call, &mut origin, &mut routes);
            made.push(message.map_err(|error| error.with_member(index))?);
        }
        let (sent, messages): (Vec<_>, Messages) = made.into_iter().unzip();
        self.send_messages(messages)?;
        Ok(sent)
    }

    fn send_messages(&self, messages: Messages) -> Result<()> {
        let total = messages.len();
        let mut deadline = self.engine().operation_deadline();
        let bound = self.look_up(&messages, deadline)?;
        let mut done = 0;
        for piece in pieces(messages) {
            let count = piece.len();
            self.send(piece, Arc::clone(&bound), deadline).map_err(|error| partly(done, total, error))?;
            done += count;
            deadline = self.engine().operation_deadline();
        }
        Ok(())
    }

    /// Who sends, and when. Fails where there is no broker to send to.
    fn origin(&self) -> Result<Origin> {
        Ok(Origin {
            node: format!("gen{}@{}", std::process::id(), host_name()),
            reply_to: self.broker()?.reply_to().routing_key,
            task_id: Id::from(""),
            unix_micros: i64::try_from(unix_micros()).unwrap_or(i64::MAX),
        })
    }

    fn message<'a>(
        &self,
        call: &'a Call,
        origin: &mut Origin,
        routes: &mut Routes<'a>,
    ) -> Result<(Sent, (Route, Message))> {
        let Call { name, args, kwargs, options } = call;
        origin.task_id = Id::from(Uuid::new_v4().to_string());
        let route = match routes.get(name.as_str()) {
            Some(known) => known,
            None => routes.entry(name).or_insert(self.route(name)?),
        };
        let merged = route.as_ref().map(|route| options.or(route));
        let options = merged.as_ref().unwrap_or(options);
        let settings = &self.inner.config.broker.sending;
        let made = task::message(self.codec(), settings, name, args, kwargs, options, origin)?;
        Ok((Sent { id: made.id, ignored: made.ignored }, (made.route, made.message)))
    }

    /// The options that `task_routes` has for a task, if it has any.
    fn route(&self, name: &str) -> Result<Option<SendOptions>> {
        let Some(route) = self.inner.config.broker.routes.of(name) else { return Ok(None) };
        let mut options = SendOptions::new();
        options.set_all(route).map_err(|error| {
            let message = format!("the route of {name:?} in task_routes: {}", error.message());
            Error::new(error.status(), message)
        })?;
        Ok(Some(options))
    }
}

/// Messages in pieces of no more than [`PIECE`] bytes, or one message that is larger.
fn pieces(messages: Messages) -> Vec<Messages> {
    let mut pieces: Vec<Messages> = Vec::new();
    let mut room = 0_usize;
    for message in messages {
        let size = message.1.body.len() + message.1.headers.len();
        match pieces.last_mut() {
            Some(piece) if size <= room => {
                piece.push(message);
                room -= size;
            }
            _ => {
                pieces.push(vec![message]);
                room = PIECE.saturating_sub(size);
            }
        }
    }
    pieces
}

/// What it means that sending failed when some had been sent.
fn partly(done: usize, total: usize, error: Error) -> Error {
    if done == 0 {
        return error;
    }
    let message = format!("{done} of {total} tasks were sent, then: {}", error.message());
    Error::new(Status::Uncertain, message)
}
