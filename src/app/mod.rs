//! Celery's *app* as a client sees it: settings, an engine and a result store behind one handle.
//! What can be asked of a single result lives in [`crate::result`].

mod callbacks;
mod control;
mod groups;
mod orders;
mod sending;

use crate::{
    backend::{self, Answer, MayReplace},
    broker::{self, Broker},
    codec::{Accept, Codec, Formats, Limits},
    config::{Config, Options},
    engine::{CallOp, Engine, Site},
    model::{Error, Key, Record, RecordValue, Result, State, Status, check_length},
    sys::{Cancel, Deadline, Log},
};
pub use control::{Answers, ControlOptions};
pub(crate) use sending::Sent;

use callbacks::Callbacks;
use std::{fmt, sync::Arc, time::Duration};

/// Figures about an app, for monitoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Waits in progress, `then` registrations included.
    pub waiters: u64,
    /// Ids subscribed to, as confirmed by the server.
    pub subscriptions: u64,
    /// Sockets open.
    pub sockets: u64,
    /// Connections made since the app was opened.
    pub connects: u64,
    /// Records pushed by the store since the app was opened.
    pub messages: u64,
    /// Bytes received since the app was opened.
    pub bytes_received: u64,
    /// Bytes sent since the app was opened.
    pub bytes_sent: u64,
    /// Results that only the periodic re-read found: each one is a lost or missing PUBLISH.
    pub recovered_by_reread: u64,
}

/// An open app; cloning gives another reference. Dropping the last one closes it; results, and waits
/// in progress (`then` included), hold references too.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    codec: Codec,
    log: Log,
    engine: Engine,
    /// Or why there is none.
    broker: Result<Arc<dyn Broker>>,
    callbacks: Callbacks,
    /// Whether a record may give way to another one: a stored SUCCESS does not.
    may_replace: MayReplace,
}

impl App {
    /// Opens an app on a result store, by a URL in one of Celery's forms. Does no I/O.
    ///
    /// Fails with `InvalidUrl`, `NotBuiltIn` or `InvalidOption`, naming the value.
    pub fn open(url: &str, options: &Options, log: Log) -> Result<Self> {
        let config = Config::new(url, options)?;
        let codec = codec(&config);
        let engine = Engine::new(config.engine.clone(), codec.clone(), log.clone(), |driver, sink| {
            backend::open(&config, driver, log.clone(), sink)
        })?;
        let broker = broker::open(&config.broker, engine.driver(), log.clone());
        let callbacks = Callbacks::default();
        let reader = codec.clone();
        let may_replace: MayReplace = Arc::new(move |stored| {
            // Whatever task it names.
            reader.glance(stored, "").map_or(true, |glance| glance.state != State::Success)
        });
        Ok(Self { inner: Arc::new(Inner { config, codec, log, engine, broker, callbacks, may_replace }) })
    }

    /// Connects if need be and checks the credentials; for the start of a daemon. The connection
    /// stays for later use. `None` waits for ever; zero is one look, bounded by
    /// `operation_timeout_ms`.
    ///
    /// Fails with `Unreachable` at the deadline, and at once with what waiting cannot cure.
    pub fn connect(&self, timeout: Option<Duration>, cancel: Option<&Cancel>) -> Result<()> {
        self.inner.engine.check_may_block()?;
        let one_look = timeout.is_some_and(|timeout| timeout.is_zero());
        let timeout = if one_look { Some(self.inner.config.engine.operation_timeout) } else { timeout };
        self.inner.engine.call_within(CallOp::Connect, Deadline::after(timeout), cancel).map(drop)
    }

    /// Ends every wait with [`Status::Closed`] and gives up the connections. Idempotent; waits for
    /// nobody, but takes time in proportion to the number of waits that it ends. Does nothing in a
    /// forked child.
    pub fn close(&self) {
        if self.is_forked() {
            return;
        }
        self.inner.close();
    }

    /// [`Self::close`], then waits until the threads that the library started for this app have
    /// ended; `Timeout` when the deadline comes first.
    pub fn close_wait(&self, timeout: Option<Duration>) -> Result<()> {
        self.inner.engine.check_may_block()?;
        let deadline = Deadline::after(timeout);
        self.close();
        if self.inner.engine.join(deadline) && self.inner.callbacks.join(deadline) {
            return Ok(());
        }
        Err(Error::new(Status::Timeout, "the app's threads have not ended in time"))
    }

    /// The store's URL with the password masked, as `Backend.as_uri()` gives it.
    pub fn uri(&self) -> &str {
        &self.inner.config.uri
    }

    /// Stores a record as a worker does (`Backend.store_result`): a stored SUCCESS is kept, and
    /// the answer is then false. The extended fields are written where `result_extended` is on.
    ///
    /// Fails with `Encode` or `InvalidArgument` before anything is sent, with `Unreachable` when
    /// it was not sent in time, and with `Uncertain` when it may or may not have been stored.
    pub fn store(&self, record: &Record) -> Result<bool> {
        self.store_record(record).map_err(|error| error.with_task_id(&record.task_id))
    }

    /// Figures for monitoring; zeros in a forked child. Never blocks.
    pub fn stats(&self) -> Stats {
        let (waiters, recovered_by_reread, counters) = self.inner.engine.figures();
        let counters = match &self.inner.broker {
            Ok(broker) if !self.is_forked() => counters.with(broker.counters()),
            _ => counters,
        };
        Stats {
            waiters,
            subscriptions: counters.subscriptions,
            sockets: counters.sockets,
            connects: counters.connects,
            messages: counters.messages,
            bytes_received: counters.bytes_received,
            bytes_sent: counters.bytes_sent,
            recovered_by_reread,
        }
    }

    /// The codec with this app's limits and formats.
    pub fn codec(&self) -> &Codec {
        &self.inner.codec
    }

    /// Whether the calling process is not the one that opened the app.
    pub fn is_forked(&self) -> bool {
        self.inner.engine.is_forked()
    }

    /// Tells references to one app from those to others, as long as one is held.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    /// The engine, for the layer of results.
    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Where this app's log lines go.
    pub(crate) fn log(&self) -> &Log {
        &self.inner.log
    }

    /// Runs a function on the callback thread, starting it if need be.
    pub(crate) fn run_callback(&self, job: impl FnOnce() + Send + 'static) {
        self.inner.callbacks.run(Box::new(job), &self.inner.log);
    }

    /// Starts the callback thread, so that a later [`Self::run_callback`] cannot fail.
    pub(crate) fn start_callbacks(&self) -> Result<()> {
        self.inner.engine.check_process()?;
        self.inner.callbacks.start()
    }

    fn store_record(&self, record: &Record) -> Result<bool> {
        check_length("task_id", &record.task_id)?;
        check_state(record)?;
        check_exception(record)?;
        let settings = &self.inner.config.result;
        let bytes = if settings.extended || record.extended.is_none() {
            self.inner.codec.encode(record)?
        } else {
            self.inner.codec.encode(&Record { extended: None, ..record.clone() })?
        };
        let expires =
            if record.state == State::Failure { settings.failure_expires } else { settings.expires };
        let answer = self.inner.engine.call(CallOp::Store {
            key: Key::Task(record.task_id.clone()),
            record: bytes,
            may_replace: Some(Arc::clone(&self.inner.may_replace)),
            expires,
        })?;
        Ok(matches!(answer, Answer::Stored(true)))
    }
}

impl Site for App {
    fn engine(&self) -> &Engine {
        &self.inner.engine
    }
}

fn codec(config: &Config) -> Codec {
    let limits = Limits {
        payload: config.max_payload_bytes,
        depth: config.max_nesting_depth,
        expansion: config.max_expansion_ratio,
    };
    let formats = &config.formats;
    let accept = formats.accept.as_deref().map_or_else(Accept::all, Accept::only);
    let accept = accept.said_by(formats.accept_setting);
    let formats = Formats { serializer: formats.serializer, accept, compression: formats.compression };
    Codec::with_formats(limits, formats)
}

/// No reader knows what to do with a record without a state.
fn check_state(record: &Record) -> Result<()> {
    if record.state.as_str().is_empty() {
        return Err(Error::new(
            Status::InvalidArgument,
            "state is empty; it must be SUCCESS, PROGRESS or the like",
        ));
    }
    Ok(())
}

/// A state that holds an exception is unreadable in Python when something else is stored with it.
fn check_exception(record: &Record) -> Result<()> {
    let RecordValue::Json(json) = &record.value else { return Ok(()) };
    if !record.state.is_exception()
        || json.contains("\"exc_type\"")
        || (json.trim() == "null" && record.state == State::Retry)
    {
        return Ok(());
    }
    Err(Error::new(
        Status::InvalidArgument,
        format!(
            "state {} needs an exception as its value: {{\"exc_type\": …, \"exc_message\": […], \"exc_module\": …}}",
            record.state
        ),
    ))
}

#[allow(clippy::mem_forget)]
impl Drop for Inner {
    fn drop(&mut self) {
        if self.engine.is_forked() {
            // The locks inside may be held by threads that do not exist in a forked child, and the
            // sockets are the parent's: all of it is left alone.
            std::mem::forget(self.engine.clone());
            std::mem::forget(self.broker.clone());
            std::mem::forget(std::mem::take(&mut self.callbacks));
            return;
        }
        self.close();
    }
}

impl Inner {
    fn close(&self) {
        // First, as it uses the engine's thread to put away what it has set up.
        if let Ok(broker) = &self.broker {
            broker.close();
        }
        self.engine.close();
        self.callbacks.close();
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App({})", self.inner.config.uri)
    }
}
