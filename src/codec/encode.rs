//! A record as a worker stores it: the keys in Celery's order, null and absence where Celery has
//! them, Python's spelling.

use super::{spell, tuple};
use crate::model::{Error, Extended, Record, RecordValue, Result, Status, iso};

/// A key with what stands before and after it, in one piece.
macro_rules! key {
    ($name:literal) => {
        concat!(", \"", $name, "\": ")
    };
}

/// The record's JSON text. `date_done` is the time of storing in Unix microseconds; it is written
/// for READY states only.
pub(super) fn record(record: &Record, date_done: i64, depth: usize) -> Result<String> {
    let mut out = Writer::new(depth, size(record));
    out.text(key!("status"), Some(record.state.as_str()));
    out.value(&record.value)?;
    out.text(key!("traceback"), record.traceback.as_deref());
    out.key(key!("children"));
    match &record.children {
        None => out.text.push_str("null"),
        Some(children) => tuple::write_list(children, &mut out.text),
    }
    out.key(key!("date_done"));
    if record.state.is_ready() {
        out.text.push('"');
        iso::push_utc(date_done, &mut out.text);
        out.text.push('"');
    } else {
        out.text.push_str("null");
    }
    for (key, id) in [(key!("group_id"), &record.group_id), (key!("parent_id"), &record.parent_id)] {
        if let Some(id) = id.as_deref().filter(|id| !id.is_empty()) {
            out.text(key, Some(id));
        }
    }
    if let Some(Extended { name, args, kwargs, worker, retries, queue }) = &record.extended {
        out.text(key!("name"), name.as_deref());
        out.json(key!("args"), args.as_deref())?;
        out.json(key!("kwargs"), kwargs.as_deref())?;
        out.text(key!("worker"), worker.as_deref());
        out.key(key!("retries"));
        out.text.push_str(&retries.map_or_else(|| "null".to_owned(), |count| count.to_string()));
        out.text(key!("queue"), queue.as_deref());
    }
    out.text(key!("task_id"), Some(&record.task_id));
    out.text.push('}');
    Ok(out.text)
}

/// What `EagerResult` knows of its task, in the order of its keys in Celery.
pub(super) fn eager(record: &Record, depth: usize) -> Result<String> {
    let mut out = Writer::new(depth, size(record));
    out.text(key!("task_id"), Some(&record.task_id));
    out.value(&record.value)?;
    out.text(key!("status"), Some(record.state.as_str()));
    out.text(key!("traceback"), record.traceback.as_deref());
    out.text(key!("name"), record.extended.as_ref().and_then(name));
    out.text.push('}');
    Ok(out.text)
}

/// A call of its own: inlined, the optimizer looks at the name before it knows whether there is one,
/// which is harmless and yet an error to memory checkers.
#[inline(never)]
fn name(extended: &Extended) -> Option<&str> {
    extended.name.as_deref()
}

/// How long the text will be if nothing needs an escape, and a little more: it is to be written in
/// one go.
fn size(record: &Record) -> usize {
    const KEYS: usize = 160;
    const MORE_KEYS: usize = 120;
    let long = |text: &Option<String>| text.as_deref().map_or(0, str::len);
    let value = match &record.value {
        RecordValue::Json(json) => json.len(),
        RecordValue::Exception { class, module, args } => class.len() + module.len() + args.len() + 64,
    };
    let ids = [Some(&record.task_id), record.group_id.as_ref(), record.parent_id.as_ref()];
    let ids: usize = ids.into_iter().flatten().map(|id| id.len()).sum();
    let extended = record.extended.as_ref().map_or(0, |extended| {
        let Extended { name, args, kwargs, worker, retries: _, queue } = extended;
        MORE_KEYS + [name, args, kwargs, worker, queue].into_iter().map(long).sum::<usize>()
    });
    let children = record.children.as_ref().map_or(0, |children| children.len().saturating_mul(64));
    KEYS + ids + value + long(&record.traceback) + extended + children
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// One that has room for so many bytes.
    fn new(depth: usize, size: usize) -> Self {
        let mut text = String::with_capacity(size);
        text.push('{');
        Self { text, depth }
    }

    /// Begins a member; the key is made by [`key!`] and needs no escapes.
    fn key(&mut self, key: &'static str) {
        let is_first = self.text.len() == 1;
        self.text.push_str(if is_first { key.get(", ".len()..).unwrap_or_default() } else { key });
    }

    fn text(&mut self, key: &'static str, value: Option<&str>) {
        self.key(key);
        match value {
            Some(text) => spell::text(text, &mut self.text),
            None => self.text.push_str("null"),
        }
    }

    fn value(&mut self, value: &RecordValue) -> Result<()> {
        match value {
            RecordValue::Json(json) => self.json(key!("result"), Some(json)),
            RecordValue::Exception { class, module, args } => {
                self.key(key!("result"));
                let mut inner = Self::new(self.depth, class.len() + module.len() + args.len() + 64);
                inner.text(key!("exc_type"), Some(class));
                inner.json(key!("exc_message"), Some(args))?;
                inner.text(key!("exc_module"), Some(module));
                self.text.push_str(&inner.text);
                self.text.push('}');
                Ok(())
            }
        }
    }

    fn json(&mut self, key: &'static str, json: Option<&str>) -> Result<()> {
        self.key(key);
        let Some(json) = json else {
            self.text.push_str("null");
            return Ok(());
        };
        let start = self.text.len();
        spell::json(json, self.depth, &mut self.text).map_err(|syntax| {
            syntax.error(&format!("`{}` of the record to store", name_of(key)), Status::Encode)
        })?;
        // An exception's arguments are a list; Python rebuilds the exception from it.
        if key == key!("exc_message") && !self.text.get(start..).unwrap_or_default().starts_with('[') {
            return Err(Error::new(
                Status::Encode,
                "`exc_message` of the record to store: a JSON array of the exception's arguments expected",
            ));
        }
        Ok(())
    }
}

fn name_of(key: &str) -> &str {
    key.trim_matches([',', ' ', '"', ':'])
}
