//! The outermost object of a record: where its keys are, what its state is. Values are stepped
//! over by brackets and quotes alone, so a value that cannot be read hides nothing else.

use super::{Glance, spell};
use crate::model::value::syntax::Syntax;
use crate::model::value::{scan, text};
use crate::model::{Error, Field, Fields, Result, State, Status, Value};
use memchr::memmem::Finder;
use once_cell::race::OnceBox;
use std::{borrow::Cow, ops::Range, sync::Arc};

/// These in the order in which Celery writes them: where one is expected and stands, nothing has to be
/// looked for.
const USUAL: [&[u8]; 6] =
    [b"\"status\":", b"\"result\":", b"\"traceback\":", b"\"children\":", b"\"date_done\":", b"\"task_id\":"];

/// Keys that a record may have; places of more would take more memory than the record itself.
const MOST_KEYS: usize = 1 << 20;

/// Records up to this size may have a value of which it is worth while to find out at once whether it is
/// short.
const SMALL: usize = 512;

/// The places of all keys, in stored order; and the value of `result` where that is short and without
/// fault: to check it takes hardly longer than to step over it.
pub(super) fn fields(text: &Arc<[u8]>, depth: usize) -> Result<(Fields, Option<Value>)> {
    let mut result = None;
    let mut fields = Fields::new();
    let (mut count, mut fits) = (0, true);
    each_field(text, |key, plain, start| {
        count += 1;
        let is_result = is_result(text, &key, plain);
        let short = if is_result && text.len() <= SMALL { Value::short(text, start, depth) } else { None };
        let end = short.as_ref().map_or_else(|| scan::skip(text, start), |(_, end)| Ok(*end))?;
        match Field::new(&key, plain, &(start..end)) {
            Some(field) if count <= MOST_KEYS => fields.push(field),
            Some(_) => {}
            None => fits = false,
        }
        if is_result {
            // The last one counts.
            result = short.map(|(value, _)| value);
        }
        Ok(end)
    })?;
    if count > MOST_KEYS {
        let message = format!("the record has {count} keys; {MOST_KEYS} are the most that is read");
        return Err(Error::new(Status::TooLarge, message));
    }
    if !fits {
        let message = format!("the record has {} bytes; less than 4 GiB are read", text.len());
        return Err(Error::new(Status::TooLarge, message));
    }
    fields.shrink_to_fit();
    Ok((fields, result))
}

fn is_result(text: &[u8], key: &Range<usize>, plain: bool) -> bool {
    const NAME: &[u8] = b"\"result\"";
    if plain { text.get(key.clone()) == Some(NAME) } else { is_key(text, key, "result") }
}

/// Calls `each` for every key of the record, with whether it is spelled without escapes and where its value
/// starts, for where that ends; or says after which key the text breaks.
fn each_field(
    text: &[u8],
    mut each: impl FnMut(Range<usize>, bool, usize) -> Result<usize, Syntax>,
) -> Result<()> {
    let mut last: Option<Range<usize>> = None;
    let mut usual = USUAL.iter();
    let mut walk = || -> Result<(), Syntax> {
        let mut at = scan::space(text, 0);
        if text.get(at) != Some(&b'{') {
            return Err(Syntax::expected(at, "an object ({)"));
        }
        at = scan::space(text, at + 1);
        while text.get(at) != Some(&b'}') || last.is_some() {
            let (key, plain, colon) = match usual.next() {
                Some(usual) if text.get(at..).is_some_and(|rest| rest.starts_with(usual)) => {
                    let colon = at + usual.len() - 1;
                    (at..colon, true, colon)
                }
                _ if text.get(at) != Some(&b'"') => {
                    return Err(Syntax::expected(at, "a key in double quotes"));
                }
                _ => {
                    let (end, plain) = scan::checked_spelling(text, at)?;
                    (at..end, plain, scan::space(text, end))
                }
            };
            last = Some(key.clone());
            if text.get(colon) != Some(&b':') {
                return Err(Syntax::expected(colon, "a colon"));
            }
            let start = scan::space(text, colon + 1);
            at = scan::space(text, each(key, plain, start)?);
            match text.get(at) {
                Some(b',') => at = scan::space(text, at + 1),
                Some(b'}') => break,
                _ => return Err(Syntax::expected(at, "a comma or }")),
            }
        }
        let end = scan::space(text, at + 1);
        if end == text.len() { Ok(()) } else { Err(Syntax::expected(end, "the end of the record")) }
    };
    walk().map_err(|syntax| {
        let place = match last {
            Some(key) => {
                format!(
                    "the record at key {:?}",
                    text::readable(&text::wtf8(text.get(key).unwrap_or_default()))
                )
            }
            None => "the record".to_owned(),
        };
        syntax.error(&place, Status::Decode)
    })
}

/// The state, from the places of the keys.
pub(super) fn state(text: &[u8], fields: &[Field]) -> Result<State> {
    let status = fields.iter().rev().find(|field| field.is(text, "status"));
    state_at(text, status.map(Field::place).as_ref())
}

fn state_at(text: &[u8], value: Option<&Range<usize>>) -> Result<State> {
    let Some(value) = value else {
        return Err(Error::new(Status::Decode, "the record has no key \"status\""));
    };
    let span = text.get(value.clone()).unwrap_or_default();
    if let [b'"', name @ .., b'"'] = span
        && let Some(state) = State::known(name)
    {
        return Ok(state);
    }
    match text_at(text, value) {
        Some(name) => Ok(State::from_name(&name)),
        None => {
            Err(Syntax::expected(value.start, "text").error("the record at key \"status\"", Status::Decode))
        }
    }
}

/// The content of a text value, `None` for all else.
fn text_at<'a>(text: &'a [u8], value: &Range<usize>) -> Option<Cow<'a, str>> {
    let span = text.get(value.clone()).unwrap_or_default();
    if span.first() != Some(&b'"') || scan::checked_text(span, 0).ok()? != span.len() {
        return None;
    }
    match text::wtf8(span) {
        Cow::Borrowed(content) => std::str::from_utf8(content).ok().map(Cow::Borrowed),
        Cow::Owned(content) => String::from_utf8(content).ok().map(Cow::Owned),
    }
}

fn is_key(text: &[u8], key: &Range<usize>, name: &str) -> bool {
    *text::wtf8(text.get(key.clone()).unwrap_or_default()) == *name.as_bytes()
}

/// State and task id: the short way for what Celery writes, else through all keys.
pub(super) fn glance(text: &[u8], task_id: &str) -> Result<Glance> {
    if let Some(state) = usual_state(text, task_id) {
        return Ok(Glance { state, same_task: true });
    }
    let (mut status, mut id) = (None, None);
    each_field(text, |key, _, start| {
        let end = scan::skip(text, start)?;
        if is_key(text, &key, "status") {
            status = Some(start..end);
        } else if is_key(text, &key, "task_id") {
            id = Some(start..end);
        }
        Ok(end)
    })?;
    let state = state_at(text, status.as_ref())?;
    let same_task = id.is_none_or(|value| text_at(text, &value).as_deref() == Some(task_id));
    Ok(Glance { state, same_task })
}

/// The state of a record as Celery spells it: `status` first, `task_id` last and as expected.
///
/// No value is looked into. That is safe because a `"task_id"` between `, ` and the closing brace
/// at the very end is a key of the outermost object in any well-formed text, and because a second
/// `"status"` anywhere, nested or not, takes the long way.
fn usual_state(text: &[u8], task_id: &str) -> Option<State> {
    const HEAD: &[u8] = b"{\"status\": \"";
    // To make one takes longer than most records do.
    static AGAIN: OnceBox<Finder<'static>> = OnceBox::new();
    if !spell::is_plain_text(task_id.as_bytes()) {
        return None;
    }
    let head =
        text.strip_suffix(b"\"}")?.strip_suffix(task_id.as_bytes())?.strip_suffix(b", \"task_id\": \"")?;
    let rest = head.strip_prefix(HEAD)?;
    let (name, rest) = rest.split_at_checked(memchr::memchr(b'"', rest)?)?;
    if !rest.starts_with(b"\", \"") || !spell::is_plain_text(name) {
        return None;
    }
    let again = AGAIN.get_or_init(|| Box::new(Finder::new(b"\"status\"")));
    if again.find(rest).is_some() {
        return None;
    }
    State::known(name).or_else(|| std::str::from_utf8(name).ok().map(State::from_name))
}
