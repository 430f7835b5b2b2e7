//! Which maps of a record have keys that an object of JSON cannot have (bytes, extensions, arrays,
//! maps). A map's form has to be known before its first pair is written, so this is found first, in
//! one walk. Python's reader refuses keys that are neither text nor bytes; here they are read.

use super::cursor::{Cursor, Item};
use crate::model::Result;

/// A container that is still open.
struct Open {
    /// Where its marker stands.
    start: usize,
    /// Items that are still to come.
    left: u64,
    map: bool,
}

/// The places of the maps with such keys, in order; those deeper than `depth`, which nobody writes, are
/// left out. Also checks the whole structure.
pub(super) fn odd_maps(bytes: &[u8], depth: usize) -> Result<Vec<usize>> {
    let mut cursor = Cursor::new(bytes);
    let mut odd = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        let start = cursor.position();
        let item = cursor.item()?;
        if let Some(Open { start, left, map: true }) = open.last()
            && left % 2 == 0
            && !is_plain(item)
        {
            odd.push(*start);
        }
        if let Some(top) = open.last_mut() {
            top.left -= 1;
        }
        match item {
            _ if open.len() >= depth => cursor.skip_inside(item)?,
            Item::Array(count) => open.push(Open { start, left: u64::from(count), map: false }),
            Item::Map(pairs) => open.push(Open { start, left: 2 * u64::from(pairs), map: true }),
            _ => {}
        }
        while open.pop_if(|top| top.left == 0).is_some() {}
        if open.is_empty() {
            break;
        }
    }
    cursor.finish()?;
    odd.sort_unstable();
    odd.dedup();
    Ok(odd)
}

/// Whether JSON has a key for it.
fn is_plain(key: Item<'_>) -> bool {
    !matches!(key, Item::Bytes(_) | Item::Extension(..) | Item::Array(_) | Item::Map(_))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn maps_are_told_by_their_keys() {
        for (bytes, odd) in [
            (&b"\x80"[..], &[][..]),
            (b"\x83\xa1a\x01\x01\x02\xc0\xc4\x00", &[]),
            (b"\x81\xc4\x00\x01", &[0]),
            (b"\x92\x81\x90\x81\x80\x01\x81\x01\x01", &[1, 3]),
            (b"\x82\xa1a\x81\xc4\x00\x00\xc4\x00\x00", &[0, 3]),
        ] {
            assert_eq!(odd_maps(bytes, 1000).unwrap(), odd, "{bytes:?}");
        }
        let nested = b"\x92\x81\x90\x81\xc4\x00\x01\x81\xc4\x00\x01";
        assert_eq!(odd_maps(nested, 2).unwrap(), [1, 7]);
        assert!(odd_maps(nested, 1).unwrap().is_empty());
        assert!(odd_maps(b"\x91\x91", 1).is_err());
    }
}
