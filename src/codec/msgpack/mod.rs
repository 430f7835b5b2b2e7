//! msgpack as `msgpack.packb(..., use_bin_type=True)` writes it. `cursor` knows how items are laid
//! out, `keys` which maps have keys that JSON does not have, `transcribe` writes a record's text,
//! `extension` the types beyond msgpack's own, `write` the way back. Here is the look at a record.

mod cursor;
mod extension;
mod keys;
mod transcribe;
mod write;

pub(super) use transcribe::text;
pub(super) use write::write;

use super::outline::{Outline, Sketch};
use crate::model::{Error, Result, Status};
use cursor::{Cursor, Item};

/// State and task id; all else is stepped over.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline> {
    let mut cursor = Cursor::new(bytes);
    let Item::Map(pairs) = cursor.item()? else {
        return Err(malformed(0, "a map"));
    };
    let mut sketch = Sketch::default();
    for _ in 0..pairs {
        let key = cursor.item()?;
        cursor.skip_inside(key)?;
        let value = cursor.item()?;
        cursor.skip_inside(value)?;
        if let Item::Text(key) = key {
            sketch.note(key, value.text());
        }
    }
    cursor.finish()?;
    sketch.finish()
}

/// The error for bytes that break msgpack's rules.
fn malformed(position: usize, wanted: &str) -> Error {
    Error::new(Status::Decode, format!("the msgpack record at byte {position}: {wanted} expected"))
}

#[cfg(test)]
mod tests;
