//! Signatures as Celery's canvas writes them, `{"task": name, "args": [...], "kwargs": {...}, "options":
//! {...}}`: those that a message carries for what follows its task, and those that are to be sent as the
//! members of a group.

use super::headers::array;
use super::option_value::Given;
use super::send_options::SendOptions;
use crate::codec::{Codec, Limits, spell};
use crate::model::{Error, Kind, Result, Status, Value};

/// What a worker needs of a signature, and what it takes where this is missing.
const KEYS: [(&str, &str); 5] = [
    ("\"args\"", "[]"),
    ("\"kwargs\"", "{}"),
    ("\"options\"", "{}"),
    ("\"subtask_type\"", "null"),
    ("\"immutable\"", "false"),
];

const EXPECTED: &str =
    "a signature, {\"task\": name, \"args\": [...], \"kwargs\": {...}, \"options\": {...}},";

/// A call of a task: a signature without the parts that only canvas knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The task.
    pub name: String,
    /// Its positional arguments, a JSON array.
    pub args: String,
    /// Its keyword arguments, a JSON object.
    pub kwargs: String,
    /// How it is to be sent.
    pub options: SendOptions,
}

/// The calls of a JSON array of signatures, in order. `base` is what each is sent with where its own
/// `options` say nothing else. Never blocks.
///
/// Fails with `InvalidArgument` where the text is no such array, with `Unsupported` for a signature that is
/// a chain, a group or a chord, and as [`SendOptions::set`] does; the error bears the index of the
/// signature.
pub fn calls(codec: &Codec, json: &str, base: &SendOptions) -> Result<Vec<Call>> {
    let text = codec.dumps("the array of signatures", json)?;
    let signatures = codec.value(&text)?;
    if signatures.kind() != Kind::Array {
        let message = format!("the signatures are {}; a JSON array expected", signatures.kind().name());
        return Err(Error::new(Status::InvalidArgument, message));
    }
    let call = |(index, (_, value)): (usize, (Option<Value>, Value))| {
        call(&value, base).map_err(|error| {
            Error::new(error.status(), format!("signature {index}: {}", error.message())).with_member(index)
        })
    };
    signatures.iter()?.enumerate().map(call).collect()
}

fn call(signature: &Value, base: &SendOptions) -> Result<Call> {
    let wrong = |message: String| Error::new(Status::InvalidArgument, message);
    if signature.kind() != Kind::Object {
        return Err(wrong(format!("{}; {EXPECTED} expected", signature.kind().name())));
    }
    let mut call =
        Call { name: String::new(), args: String::new(), kwargs: String::new(), options: base.clone() };
    for (key, value) in signature.iter()? {
        let key = key.and_then(|key| key.lenient_text()).unwrap_or_default();
        match (key.as_str(), value.kind()) {
            ("task", Kind::String) => call.name = value.as_str()?.into_owned(),
            ("args", Kind::Array) => value.json().clone_into(&mut call.args),
            ("kwargs", Kind::Object) => value.json().clone_into(&mut call.kwargs),
            ("options", Kind::Object) => call.options.set_members(&value)?,
            ("args" | "kwargs" | "options" | "subtask_type", Kind::Null)
            | ("immutable" | "chord_size", _) => {}
            ("subtask_type", Kind::String) => {
                let message = format!("a {}; only signatures of tasks can be sent", value.as_str()?);
                return Err(Error::new(Status::Unsupported, message));
            }
            ("task" | "args" | "kwargs" | "options" | "subtask_type", kind) => {
                return Err(wrong(format!("{key:?} is {}; {EXPECTED} expected", kind.name())));
            }
            (other, _) => {
                let shown: String = other.chars().take(80).collect();
                return Err(wrong(format!("it has the key {shown:?}; {EXPECTED} expected")));
            }
        }
    }
    if call.name.is_empty() {
        return Err(wrong(format!("it names no task; {EXPECTED} expected")));
    }
    Ok(call)
}

/// One signature, complete, as JSON text.
pub(super) fn one(given: &Given<'_>) -> Result<String> {
    completed(given, given.value())
}

/// An array of signatures as JSON text.
pub(super) fn many(given: &Given<'_>) -> Result<String> {
    if given.value().kind() != Kind::Array {
        return Err(given.wrong("an array of signatures"));
    }
    let signatures: Result<Vec<String>> =
        given.value().iter()?.map(|(_, value)| completed(given, &value)).collect();
    Ok(array(signatures?))
}

/// An array of signatures as JSON text, also of one that stands alone: kombu's `maybe_list`.
pub(super) fn one_or_many(given: &Given<'_>) -> Result<String> {
    if given.value().kind() == Kind::Array { many(given) } else { one(given).map(|one| format!("[{one}]")) }
}

/// The signature with the keys that a worker counts on, those that are there in their order.
fn completed(given: &Given<'_>, signature: &Value) -> Result<String> {
    let names_task = |name: &Value| name.kind() == Kind::String && name.json() != "\"\"";
    if signature.kind() != Kind::Object || !signature.get_key("task").is_ok_and(|name| names_task(&name)) {
        return Err(given.wrong(EXPECTED));
    }
    let mut out = String::new();
    spell::json(signature.json(), Limits::default().depth, &mut out)
        .map_err(|syntax| syntax.error("the signature", Status::InvalidOption))?;
    out.pop();
    for (key, default) in KEYS {
        if signature.get_key(key.trim_matches('"')).is_err() {
            out.extend([", ", key, ": ", default]);
        }
    }
    out.push('}');
    Ok(out)
}
