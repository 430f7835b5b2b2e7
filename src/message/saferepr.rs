//! `celery.utils.saferepr`: the `repr` of arguments that messages and logs show, cut to a length and a depth.
//! It is Celery's own walk, token by token, since where it cuts depends on every token before.

use crate::model::value::Iter;
use crate::model::value::text::push;
use crate::model::{Kind, Value};

/// The longest that a message shows, in characters: Celery's `argsrepr_maxsize`.
const LONGEST: usize = 1024;

/// The deepest containers that are shown: Celery's `task_repr_maxlevels`.
const DEEPEST: usize = 3;

/// The value as `saferepr` shows it in a message, in UTF-8 in which lone surrogates are allowed: texts are
/// shown without escapes.
pub(super) fn saferepr(value: &Value, arrays: Arrays) -> Vec<u8> {
    shown(value, LONGEST, arrays)
}

/// What arrays were in Python.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrays {
    /// All of them lists.
    Lists,
    /// This one a tuple, those in it lists.
    Tuple,
    /// All of them tuples, as in what is hashed.
    Tuples,
}

impl Arrays {
    fn within(self) -> Self {
        if self == Self::Tuples { self } else { Self::Lists }
    }
}

/// What is still to be shown.
enum Step {
    /// The end of a container.
    Close(&'static str),
    /// Between elements, or between a key and its value.
    Separator(&'static str),
    Key(Value),
    Value(Value, Arrays),
    /// The rest of a container.
    Elements {
        elements: Iter,
        arrays: Arrays,
        fresh: bool,
    },
}

/// A container's brackets.
struct Brackets {
    open: &'static str,
    close: &'static str,
}

/// At most about `most` characters of the value, which is more than none.
pub(super) fn shown(value: &Value, most: usize, arrays: Arrays) -> Vec<u8> {
    let mut out = Vec::new();
    let mut steps = vec![Step::Value(value.clone(), arrays)];
    let mut left = most;
    let mut level = 0_usize;
    while let Some(step) = steps.pop() {
        let mut token = Vec::new();
        // Whether the token begins a container whose elements are on the steps now.
        let mut opens = false;
        match step {
            Step::Elements { elements, arrays, fresh } => {
                next_element(elements, arrays, fresh, &mut steps);
                continue;
            }
            Step::Close(close) => {
                level = level.saturating_sub(1);
                if left == 0 {
                    // Nothing is left out in front of it, and ends are not counted.
                    out.extend_from_slice(close.as_bytes());
                    continue;
                }
                token.extend_from_slice(close.as_bytes());
            }
            Step::Separator(text) => token.extend_from_slice(text.as_bytes()),
            Step::Key(key) if left > 0 => token = self::shown(&key, left, Arrays::Tuples),
            Step::Key(_) => {}
            Step::Value(value, arrays) => match brackets(&value, arrays) {
                Some(Brackets { open, close }) if level >= DEEPEST => {
                    token.extend([open.as_bytes(), b"...", close.as_bytes()].concat());
                }
                Some(Brackets { open, close }) => {
                    opens = true;
                    level += 1;
                    token.extend_from_slice(open.as_bytes());
                    steps.push(Step::Close(close));
                    if let Ok(elements) = value.iter() {
                        let hashed = value.kind() == Kind::Set;
                        let arrays = if hashed { Arrays::Tuples } else { arrays.within() };
                        steps.push(Step::Elements { elements, arrays, fresh: true });
                    }
                }
                None if left > 0 => token = scalar(&value, left),
                None => {}
            },
        }
        if left == 0 {
            out.extend_from_slice(b", ...");
            close_all(steps, opens, &mut out);
            break;
        }
        left = left.saturating_sub(characters(&token));
        out.append(&mut token);
    }
    out
}

/// The ends of all containers that were shown to begin; the last one of them was not, where it `opens`
/// beyond the limit.
fn close_all(mut steps: Vec<Step>, opens: bool, out: &mut Vec<u8>) {
    let mut unseen = usize::from(opens);
    while let Some(step) = steps.pop() {
        match step {
            Step::Close(_) if unseen > 0 => unseen -= 1,
            Step::Close(close) => out.extend_from_slice(close.as_bytes()),
            _ => {}
        }
    }
}

fn next_element(mut elements: Iter, arrays: Arrays, fresh: bool, steps: &mut Vec<Step>) {
    let Some((key, value)) = elements.next() else { return };
    steps.push(Step::Elements { elements, arrays, fresh: false });
    steps.push(Step::Value(value, arrays));
    if let Some(key) = key {
        steps.extend([Step::Separator(": "), Step::Key(key)]);
    }
    if !fresh {
        steps.push(Step::Separator(", "));
    }
}

/// The brackets of what is shown by its elements. An empty set is not.
fn brackets(value: &Value, arrays: Arrays) -> Option<Brackets> {
    let tuple = arrays != Arrays::Lists;
    let (open, close) = match value.kind() {
        Kind::Array if tuple && value.len().is_ok_and(|len| len == 1) => ("(", ",)"),
        Kind::Array if tuple => ("(", ")"),
        Kind::Array => ("[", "]"),
        Kind::Set if value.is_empty().unwrap_or(true) => return None,
        Kind::Set if value.typed_parts().is_some_and(|(name, _)| name == "frozenset") => {
            ("frozenset({", "})")
        }
        Kind::Object | Kind::Map | Kind::Set => ("{", "}"),
        _ => return None,
    };
    Some(Brackets { open, close })
}

fn scalar(value: &Value, left: usize) -> Vec<u8> {
    match value.kind() {
        Kind::String => value.as_wtf8().map_or_else(|_| Vec::new(), |text| quoted(&text, left)),
        Kind::Bytes => value.as_bytes().map_or_else(|_| Vec::new(), |bytes| binary(&bytes, left)),
        _ => truncated(value.python_repr().as_bytes(), left),
    }
}

fn quoted(text: &[u8], left: usize) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in truncated(text, left) {
        if byte == b'\'' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'\'');
    out
}

/// Text where the bytes are some, hexadecimal digits otherwise.
fn binary(bytes: &[u8], left: usize) -> Vec<u8> {
    let (part, ellipsis) = match bytes.get(..left) {
        Some(part) if bytes.len() > left => (part, "..."),
        _ => (bytes, ""),
    };
    let digit = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or_default();
    let text = std::str::from_utf8(part).map_or_else(
        |_| part.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect(),
        str::to_owned,
    );
    format!("b'{text}{ellipsis}'").into_bytes()
}

/// `celery.utils.text.truncate`: a text that reaches the limit ends at its last space.
fn truncated(text: &[u8], most: usize) -> Vec<u8> {
    let is_start = |byte: &u8| !(0x80..0xC0).contains(byte);
    let mut starts = text.iter().enumerate().filter(|(_, byte)| is_start(byte)).skip(most.saturating_sub(1));
    if starts.next().is_none() {
        return text.to_vec();
    }
    let end = starts.next().map_or(text.len(), |(end, _)| end);
    let part = text.get(..end).unwrap_or_default();
    let end = memchr::memrchr(b' ', part).unwrap_or(part.len());
    let mut out = part.get(..end).unwrap_or_default().to_vec();
    for _ in 0..3 {
        push(&mut out, u32::from(b'.'));
    }
    out
}

fn characters(wtf8: &[u8]) -> usize {
    wtf8.iter().filter(|byte| !(0x80..0xC0).contains(*byte)).count()
}
