//! `app.send_task`: calls become messages, all of them before the first is sent, and go to the broker in
//! pieces that one write can take.

use super::App;
use crate::{
    config::RouteOption,
    message::{Call, Origin, SendOptions, task},
    model::{Error, Id, Message, Result, Route, Status},
    sys::{host_name, unix_micros},
};
use std::borrow::Cow;
use uuid::Uuid;

/// How many bytes of messages go out together; their answer must come in `operation_timeout_ms`.
const PIECE: usize = 1 << 20;

/// Messages and their ways.
type Messages = Vec<(Route, Message)>;

/// A task that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: Id,
    /// Whether no result will be stored.
    pub(crate) ignored: bool,
}

impl App {
    /// Sends tasks, in order. Nothing is subscribed to. Bounded by `operation_timeout_ms`, for every
    /// 1 MiB of messages where there are more.
    ///
    /// Fails before anything is sent where one of them can be no message (see [`task::message`]), as
    /// [`App::control`] where none was sent, and with `Uncertain` where some may have been.
    pub(crate) fn send_tasks(&self, calls: &[Call]) -> Result<Vec<Sent>> {
        self.broker()?;
        let (sent, messages) = self.messages(calls)?;
        let total = messages.len();
        let mut done = 0;
        for piece in pieces(messages) {
            let count = piece.len();
            self.send(piece, None).map_err(|error| partly(done, total, error))?;
            done += count;
        }
        Ok(sent)
    }

    fn messages(&self, calls: &[Call]) -> Result<(Vec<Sent>, Messages)> {
        let settings = &self.inner.config.broker.sending;
        let mut origin = Origin {
            node: format!("gen{}@{}", std::process::id(), host_name()),
            reply_to: self.broker()?.reply_to().routing_key,
            task_id: Id::from(""),
            unix_micros: i64::try_from(unix_micros()).unwrap_or(i64::MAX),
        };
        let mut sent = Vec::with_capacity(calls.len());
        let mut messages = Vec::with_capacity(calls.len());
        for (index, Call { name, args, kwargs, options }) in calls.iter().enumerate() {
            origin.task_id = Id::from(Uuid::new_v4().to_string());
            let made = self.routed(name, options).and_then(|options| {
                task::message(self.codec(), settings, name, args, kwargs, &options, &origin)
            });
            let made =
                made.map_err(|error| if calls.len() > 1 { error.with_member(index) } else { error })?;
            sent.push(Sent { id: made.id, ignored: made.ignored });
            messages.push((made.route, made.message));
        }
        Ok((sent, messages))
    }
}

impl App {
    /// The options with those of the task's route (`task_routes`) behind them.
    fn routed<'a>(&self, name: &str, options: &'a SendOptions) -> Result<Cow<'a, SendOptions>> {
        let Some(route) = self.inner.config.broker.routes.of(name) else { return Ok(Cow::Borrowed(options)) };
        let mut behind = SendOptions::new();
        for RouteOption { name: option, json } in route {
            behind.set(option, json).map_err(|error| {
                Error::new(
                    error.status(),
                    format!("the route of {name:?} in task_routes: {}", error.message()),
                )
            })?;
        }
        Ok(Cow::Owned(options.or(&behind)))
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
