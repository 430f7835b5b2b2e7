//! `app.control`: commands to the workers, and what they answer. Celery's own waits the whole timeout for
//! answers unless it is told how many come; ours knows how many workers heard, and returns when all of
//! them have answered.

use super::{App, orders::Heard};
use crate::{
    broker::{Replies, ReplyTo, Settles},
    message::{Command, ReplyAddress, answers, reply},
    model::{Result, Value},
    sys::{Cancel, Deadline, unix_micros},
};
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;

/// The arguments of a command that are not the command's own; `Default` gives Celery's defaults.
#[derive(Clone, Debug)]
pub struct ControlOptions {
    /// Whether answers are waited for.
    pub wait: bool,
    /// How long at most, connecting included; zero waits for no answers. Never for ever: a worker may have
    /// died since it subscribed.
    pub timeout: Duration,
    /// The names of the workers that are to obey; `None` is all of them.
    pub destination: Option<Vec<String>>,
    /// Stops the wait; the command may have been sent by then.
    pub cancel: Option<Cancel>,
}

impl Default for ControlOptions {
    fn default() -> Self {
        Self { wait: false, timeout: Duration::from_secs(1), destination: None, cancel: None }
    }
}

/// What workers answered to a command.
#[derive(Clone, Debug)]
pub struct Answers {
    /// How many heard the command: those who listen to this broker's broadcasts, workers as a rule. `None`
    /// where the connection broke before the server said so; the answers show that it was sent.
    pub heard: Option<u64>,
    /// Whether answers were waited for and all that could be expected have come; not where the wait ended
    /// because one of them was enough.
    pub complete: bool,
    /// The answers, by the names of the workers, in the order in which they came: `{"ok": …}`, for a
    /// question what was asked for, `{"error": …}` where a worker could not.
    pub nodes: Vec<(String, Value)>,
    /// The worker that has the task, where that was the question.
    pub node: Option<String>,
}

impl Answers {
    /// Where nobody was asked.
    pub fn of_nobody() -> Self {
        Self { heard: Some(0), complete: false, nodes: Vec::new(), node: None }
    }

    /// These, and those to another command.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.nodes.extend(other.nodes);
        let heard = self.heard.zip(other.heard).map(|(here, there)| here + there);
        Self { heard, complete: self.complete && other.complete, ..self }
    }

    /// `{"heard": 2, "complete": true, "nodes": {"worker@host": {"ok": …}}}`
    pub fn to_value(&self) -> Result<Value> {
        answers::value(self.heard, self.complete, &self.nodes, self.node.as_deref())
    }
}

impl App {
    /// Sends a command to the workers (`app.control.broadcast`), and waits for their answers where that
    /// is wanted. Without that it is bounded by `operation_timeout_ms`.
    ///
    /// Fails with `Unsupported` or `NotBuiltIn` where there is no broker, with `Unreachable` where
    /// nothing was sent, with `Uncertain` where it may have been, with `Cancelled`. That nobody answers
    /// is no failure.
    pub fn control(&self, command: &Command, options: &ControlOptions) -> Result<Answers> {
        self.control_until(command, options, None::<fn(&Value) -> bool>)
    }

    /// The same, which also returns at the first answer of a worker's that settles the matter; it is asked
    /// of each, on the engine thread.
    pub(crate) fn control_until(
        &self,
        command: &Command,
        options: &ControlOptions,
        settles: Option<impl Fn(&Value) -> bool + Send + 'static>,
    ) -> Result<Answers> {
        let until = Deadline::after(Some(options.timeout));
        let broker = self.broker()?;
        let wait = options.wait && !options.timeout.is_zero();
        if wait {
            self.engine().check_may_block()?;
        }
        let address = wait.then(|| {
            let ReplyTo { exchange, routing_key } = broker.reply_to();
            ReplyAddress { ticket: Uuid::new_v4().to_string(), exchange, routing_key }
        });
        let command = match &options.destination {
            Some(nodes) => command.clone().to(nodes.clone()),
            None => command.clone(),
        };
        // Who is named twice answers once.
        let most = command.destination().map(|nodes| nodes.iter().collect::<HashSet<_>>().len());
        #[allow(clippy::cast_precision_loss, reason = "as Python's time()")]
        let expires = if wait { unix_micros() as f64 / 1e6 + options.timeout.as_secs_f64() } else { 0.0 };
        let settings = &self.inner.config.broker.sending;
        let message = command.message(self.codec(), settings, 0, expires, address.as_ref())?;
        let codec = self.codec().clone();
        let settles = settles.map(|settles| -> Settles {
            Box::new(move |answer| {
                let read = reply::parse(&codec, &answer.body, &answer.content_type);
                read.is_ok_and(|nodes| nodes.iter().any(|(_, answer)| settles(answer)))
            })
        });
        let replies = address.map(|address| Replies { ticket: address.ticket, most, settles, until });
        let Heard { listeners, replies } = self.broadcast(message, replies, options.cancel.as_ref())?;
        let mut nodes = Vec::new();
        for answer in &replies {
            // What is no answer of a worker's is no reason to lose those of the others.
            let read = reply::parse(self.codec(), &answer.body, &answer.content_type);
            nodes.extend(read.unwrap_or_default());
        }
        let most = most.map(|most| most as u64);
        let expected = listeners.into_iter().chain(most).min();
        let complete = wait && expected.is_some_and(|expected| nodes.len() as u64 >= expected);
        Ok(Answers { heard: listeners, complete, nodes, node: None })
    }
}
