//! A record of msgpack as JSON text.

use super::cursor::{Cursor, Item};
use super::{extension, keys, malformed};
use crate::codec::limits::Bounds;
use crate::codec::transcript::{Part, Transcript};
use crate::codec::transcription::Transcription;
use crate::model::value::python::json_float;
use crate::model::{Error, Result};

/// What of a container is still to come.
enum Open {
    /// So many elements.
    Array(u32),
    /// So many pairs; the next item is a key.
    Object(u32),
    /// So many pairs, of a map that is written as an array of pairs.
    Pairs(u32),
    /// One pair of it, so many items of which are still to come.
    Pair(u8),
}

/// The record as JSON text.
pub(in crate::codec) fn text(bytes: &[u8], bounds: &Bounds) -> Result<Transcription> {
    let odd = keys::odd_maps(bytes, bounds.depth)?;
    let out = Transcript::new(bounds, bytes.len());
    let mut writer = Writer { cursor: Cursor::new(bytes), out, odd, open: Vec::new(), part: None };
    let mut more = writer.item();
    loop {
        more = match more {
            Ok(true) => writer.item(),
            Ok(false) => return Ok(writer.out.finish()),
            Err(error) => {
                writer.refuse(error)?;
                writer.advance()
            }
        };
    }
}

struct Writer<'a> {
    cursor: Cursor<'a>,
    out: Transcript<'a>,
    /// The places of the maps that are written as arrays of pairs.
    odd: Vec<usize>,
    open: Vec<Open>,
    /// The part of the record that is being written, and where it begins.
    part: Option<(Part, Cursor<'a>)>,
}

impl Writer<'_> {
    /// Writes a scalar or opens a container, and what comes next; false after the last item.
    fn item(&mut self) -> Result<bool> {
        let Self { cursor, out, odd, open, .. } = self;
        let start = cursor.position();
        match cursor.item()? {
            Item::Null => out.null()?,
            Item::Bool(value) => out.boolean(value)?,
            Item::Unsigned(number) => out.integer(&number.to_string())?,
            Item::Signed(number) => out.integer(&number.to_string())?,
            Item::Float(number) => out.float(number)?,
            Item::Text(text) => out.text(utf8(text, cursor)?)?,
            Item::Bytes(bytes) => out.bytes(bytes)?,
            Item::Extension(code, data) => extension::write(code, data, out)?,
            Item::Array(count) => {
                out.open_array()?;
                open.push(Open::Array(count));
            }
            Item::Map(pairs) if odd.binary_search(&start).is_ok() => {
                out.open_typed("map")?;
                out.open_array()?;
                open.push(Open::Pairs(pairs));
            }
            Item::Map(pairs) => {
                out.open_object()?;
                open.push(Open::Object(pairs));
            }
        }
        self.advance()
    }

    /// Closes what is complete and opens what comes next; false after the last item.
    fn advance(&mut self) -> Result<bool> {
        let Self { cursor, out, open, part, .. } = self;
        loop {
            let is_record = open.len() == 1;
            let Some(top) = open.last_mut() else { return Ok(false) };
            if is_record {
                *part = None;
            }
            match top {
                Open::Array(0) | Open::Pair(0) => out.close_array()?,
                Open::Object(0) => out.close_object()?,
                Open::Pairs(0) => {
                    out.close_array()?;
                    out.close_typed()?;
                }
                Open::Array(left) => {
                    *left -= 1;
                    return Ok(true);
                }
                Open::Pair(left) => {
                    *left -= 1;
                    return Ok(true);
                }
                Open::Object(left) => {
                    *left -= 1;
                    key(cursor, out)?;
                    if is_record {
                        *part = Some((out.part(), cursor.clone()));
                    }
                    return Ok(true);
                }
                Open::Pairs(left) => {
                    *left -= 1;
                    out.open_array()?;
                    open.push(Open::Pair(2));
                    continue;
                }
            }
            open.pop();
        }
    }

    /// Leaves out the part that is being written; what is between the parts is the record's own.
    fn refuse(&mut self, error: Error) -> Result<()> {
        let Some((part, start)) = self.part.take() else { return Err(error) };
        self.open.truncate(1);
        self.cursor = start;
        let item = self.cursor.item()?;
        self.cursor.skip_inside(item)?;
        self.out.refuse(part, error)
    }
}

/// A key as `json.dumps` spells it.
fn key(cursor: &mut Cursor<'_>, out: &mut Transcript<'_>) -> Result<()> {
    let start = cursor.position();
    match cursor.item()? {
        Item::Text(text) => out.key(utf8(text, cursor)?),
        Item::Null => out.key(b"null"),
        Item::Bool(true) => out.key(b"true"),
        Item::Bool(false) => out.key(b"false"),
        Item::Unsigned(number) => out.key(number.to_string().as_bytes()),
        Item::Signed(number) => out.key(number.to_string().as_bytes()),
        Item::Float(number) => out.key(json_float(number).as_bytes()),
        _ => Err(malformed(start, "a key that JSON has")),
    }
}

fn utf8<'a>(text: &'a [u8], after: &Cursor<'_>) -> Result<&'a [u8]> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(text),
        Err(error) => Err(malformed(after.position() - text.len() + error.valid_up_to(), "UTF-8 in a text")),
    }
}
