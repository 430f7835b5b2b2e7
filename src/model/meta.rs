//! One decoded record. The state is read at once, of JSON also the places of the keys; the value and
//! the other parts are decoded when they are asked for, so a bad part fails only who asks for it.

use super::value::{scan, text};
use super::{
    Error, Field, Id, Kind, RemoteException, Result, ResultTuple, State, Status, Stored, Value, iso, isoparse,
};
use once_cell::race::OnceBox;
use smallvec::SmallVec;
use std::{borrow::Cow, fmt, sync::Arc};

/// The keys of a record. Without `result_extended` Celery writes six.
pub(crate) type Fields = SmallVec<[Field; 6]>;

/// A record as JSON text, the places of its keys in stored order, and where null stands for a value
/// that could not be brought into this form.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) fields: Fields,
    pub(crate) refused: Box<[(usize, Error)]>,
}

/// Makes the text of a record that is stored in another form.
pub(crate) trait Transcribe: Send + Sync {
    /// The text, or why there is none.
    fn text(&self) -> Result<Text>;
}

/// When a task finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateDone {
    /// Microseconds since 1970-01-01 UTC.
    pub unix_micros: i64,
    /// Whether the text had an offset. Celery before 5.5 wrote UTC without one.
    pub had_offset: bool,
}

/// A decoded task record (`Backend.get_task_meta`). Immutable; share it in an `Arc`.
#[derive(Clone)]
pub struct TaskMeta {
    stored: Stored,
    body: Body,
    state: State,
    depth: usize,
    /// The value where it was known from the beginning.
    result: Option<Value>,
    value: OnceBox<Value>,
    exception: OnceBox<Arc<RemoteException>>,
    texts: OnceBox<Texts>,
}

/// The record as JSON text.
#[derive(Clone)]
enum Body {
    /// The stored bytes themselves, or what was compressed.
    Text(Text),
    /// Made when something in it is asked for; the task id was found at a glance.
    Other { source: Arc<dyn Transcribe>, task_id: Option<Id>, made: OnceBox<Result<Text>> },
}

/// The small text fields, decoded together at the first use of one of them.
#[derive(Clone, Default)]
struct Texts {
    task_id: Option<Id>,
    traceback: Option<String>,
    date_done: Option<String>,
    name: Option<String>,
    worker: Option<String>,
    queue: Option<String>,
    parent_id: Option<Id>,
    group_id: Option<Id>,
}

impl TaskMeta {
    /// A record from its text, and with its value where that was checked already; `depth` bounds the nesting
    /// of values.
    pub(crate) fn new(
        stored: Stored,
        text: Text,
        state: State,
        result: Option<Value>,
        depth: usize,
    ) -> Arc<Self> {
        Self::with_body(stored, Body::Text(text), state, result, depth)
    }

    /// A record of which only state and task id are known yet.
    pub(crate) fn undecoded(
        stored: Stored,
        source: Arc<dyn Transcribe>,
        state: State,
        task_id: Option<Id>,
        depth: usize,
    ) -> Arc<Self> {
        let body = Body::Other { source, task_id, made: OnceBox::new() };
        Self::with_body(stored, body, state, None, depth)
    }

    fn with_body(stored: Stored, body: Body, state: State, result: Option<Value>, depth: usize) -> Arc<Self> {
        Arc::new(Self {
            stored,
            body,
            state,
            depth,
            result,
            value: OnceBox::new(),
            exception: OnceBox::new(),
            texts: OnceBox::new(),
        })
    }

    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The raw bytes.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// `result`, decoded: the value, or an error that says where the bytes are bad. A record
    /// without `result` has the value null. In an EXCEPTION state this is the raw data.
    pub fn value(&self) -> Result<Value> {
        self.value_ref().cloned()
    }

    /// The same without a clone.
    pub(crate) fn value_ref(&self) -> Result<&Value> {
        match &self.result {
            Some(value) => Ok(value),
            None => self
                .value
                .get_or_try_init(|| Ok(Box::new(self.decode("result")?.unwrap_or_else(Value::null)))),
        }
    }

    /// The exception of a FAILURE, RETRY or REVOKED record; never fails on what is stored there.
    pub fn exception(&self) -> Option<Arc<RemoteException>> {
        if !self.state.is_exception() {
            return None;
        }
        let exception = self.exception.get_or_init(|| {
            let traceback = self.traceback().map(str::to_owned);
            Box::new(Arc::new(match self.value() {
                Ok(value) => RemoteException::from_result(Some(&value), &self.state, traceback),
                Err(error) => RemoteException::unreadable(error.message(), traceback),
            }))
        });
        Some(Arc::clone(exception))
    }

    /// Tuple forms of the children; `None` where null or absent.
    pub fn children(&self) -> Result<Option<Vec<ResultTuple>>> {
        match self.given("children")? {
            None => Ok(None),
            Some(list) => ResultTuple::list_from_value(&list, "`children` of the record")
                .map(Some)
                .map_err(|error| error.with_record(&self.stored)),
        }
    }

    /// The traceback text. What is no text is reachable through [`TaskMeta::field`] only.
    pub fn traceback(&self) -> Option<&str> {
        self.texts().traceback.as_deref()
    }

    /// The `task_id` inside the record.
    pub fn task_id(&self) -> Option<&Id> {
        match &self.body {
            Body::Text(_) => self.texts().task_id.as_ref(),
            Body::Other { task_id, .. } => task_id.as_ref(),
        }
    }

    /// `date_done` as stored.
    pub fn date_done(&self) -> Option<&str> {
        self.texts().date_done.as_deref()
    }

    /// `date_done` as a point in time; `None` where it is absent or no ISO 8601 text.
    pub fn date_done_time(&self) -> Option<DateDone> {
        let text = self.date_done()?;
        // Offsets with seconds are Python's own; Celery's reader does not take them.
        let (date, time) = isoparse::date_time(text).or_else(|| iso::date_time(text))?;
        Some(DateDone { unix_micros: iso::unix_micros(date, time), had_offset: time.offset.is_some() })
    }

    /// The task's name (`result_extended`).
    pub fn name(&self) -> Option<&str> {
        self.texts().name.as_deref()
    }

    /// The positional arguments (`result_extended`); `None` where null or absent.
    pub fn args(&self) -> Result<Option<Value>> {
        self.given("args")
    }

    /// The keyword arguments (`result_extended`); `None` where null or absent.
    pub fn kwargs(&self) -> Result<Option<Value>> {
        self.given("kwargs")
    }

    /// The worker's host name (`result_extended`).
    pub fn worker(&self) -> Option<&str> {
        self.texts().worker.as_deref()
    }

    /// How often the task was retried (`result_extended`).
    pub fn retries(&self) -> Option<i64> {
        self.given("retries").ok()??.as_i64().ok()
    }

    /// The routing key of the delivery (`result_extended`).
    pub fn queue(&self) -> Option<&str> {
        self.texts().queue.as_deref()
    }

    /// The id of the task that sent this one.
    pub fn parent_id(&self) -> Option<&Id> {
        self.texts().parent_id.as_ref()
    }

    /// The id of the group the task is part of; for a chord's body that of its header.
    pub fn group_id(&self) -> Option<&Id> {
        self.texts().group_id.as_ref()
    }

    /// Any key of the record, stamps included, as a value; `None` where the key is absent.
    pub fn field(&self, name: &str) -> Result<Option<Value>> {
        if name == "result" && self.text()?.find(name).is_some() {
            self.value().map(Some)
        } else {
            self.decode(name)
        }
    }

    /// The keys of the record in stored order; twice where a key stands there twice. None where the
    /// record cannot be read beyond its state.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        let text = self.text().ok();
        let fields = text.map_or(&[][..], |text| &text.fields);
        fields.iter().map(move |field| {
            text::readable(&text::wtf8(text.map_or(&[][..], |text| field.key(&text.bytes))))
        })
    }

    fn text(&self) -> Result<&Text> {
        match &self.body {
            Body::Text(text) => Ok(text),
            Body::Other { source, made, .. } => made
                .get_or_init(|| Box::new(source.text()))
                .as_ref()
                .map_err(|error| error.clone().with_record(&self.stored)),
        }
    }

    fn decode(&self, name: &str) -> Result<Option<Value>> {
        let text = self.text()?;
        let Some(field) = text.find(name) else { return Ok(None) };
        let value = text.check(field, name).and_then(|()| {
            let place = field.place();
            Value::check(Arc::clone(&text.bytes), place.start, place.end, self.depth)
                .map_err(|syntax| syntax.error(&format!("`{name}` of the record"), Status::Decode))
        });
        value.map(Some).map_err(|error| error.with_record(&self.stored))
    }

    fn given(&self, name: &str) -> Result<Option<Value>> {
        Ok(self.decode(name)?.filter(|value| !value.is_null()))
    }

    fn text_of(&self, name: &str) -> Option<String> {
        let text = self.text().ok()?;
        let span = text.find(name)?.value(&text.bytes);
        if span.first() == Some(&b'{') {
            return self.decode(name).ok()??.lenient_text();
        }
        if span.first() != Some(&b'"') || scan::checked_text(span, 0).ok()? != span.len() {
            return None;
        }
        std::str::from_utf8(span).ok()?;
        Some(text::readable(&text::wtf8(span)))
    }

    /// A time that was not stored as text: Celery's reader takes it as well.
    fn date_of(&self, name: &str) -> Option<String> {
        let value = self.decode(name).ok()??;
        let is_time = value.kind() == Kind::DateTime;
        value.as_str().ok().filter(|_| is_time).map(Cow::into_owned)
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| {
            Box::new(Texts {
                task_id: self.text_of("task_id").map(Id::from),
                traceback: self.text_of("traceback"),
                date_done: self.text_of("date_done").or_else(|| self.date_of("date_done")),
                name: self.text_of("name"),
                worker: self.text_of("worker"),
                queue: self.text_of("queue"),
                parent_id: self.text_of("parent_id").map(Id::from),
                group_id: self.text_of("group_id").map(Id::from),
            })
        })
    }
}

impl Text {
    /// The error of a value that could not be brought into this form.
    fn check(&self, field: &Field, name: &str) -> Result<()> {
        let refused = self.refused.iter().find(|(place, _)| *place == field.place().start);
        refused.map_or(Ok(()), |(_, error)| {
            let message = format!("`{name}` of the record cannot be read: {}", error.message());
            Err(Error::new(error.status(), message))
        })
    }

    /// The last field of this name: the one that Python keeps.
    fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().rev().find(|field| field.is(&self.bytes, name))
    }
}

/// Results can hold secrets of the user's program, so no content but the state is shown.
impl fmt::Debug for TaskMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskMeta")
            .field("task_id", &self.task_id())
            .field("state", &self.state)
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}
