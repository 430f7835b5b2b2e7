//! Walks over msgpack item by item. An item is its marker with what belongs to it; the elements of
//! arrays and maps are items of their own. Nothing is taken on trust: texts and bytes are slices of
//! what is there, and a count is a number until its items come.

use super::malformed;
use crate::model::Result;
use rmp::Marker;

/// One item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item<'a> {
    /// nil
    Null,
    /// true or false
    Bool(bool),
    /// An integer that is not negative
    Unsigned(u64),
    /// An integer of a signed form
    Signed(i64),
    /// A float of either size
    Float(f64),
    /// A text, not known to be UTF-8
    Text(&'a [u8]),
    /// Bytes
    Bytes(&'a [u8]),
    /// An extension's type and data
    Extension(i8, &'a [u8]),
    /// So many elements follow
    Array(u32),
    /// So many pairs follow
    Map(u32),
}

impl<'a> Item<'a> {
    /// The text, where this is one in UTF-8. Python 2 had texts that are bytes here.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) | Self::Bytes(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// How many items belong to this one.
    fn inside(self) -> u64 {
        match self {
            Self::Array(count) => u64::from(count),
            Self::Map(pairs) => 2 * u64::from(pairs),
            _ => 0,
        }
    }
}

/// Where the walk stands.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the first item.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: bytes }
    }

    /// How many bytes lie behind.
    pub(super) fn position(&self) -> usize {
        self.bytes.len() - self.rest.len()
    }

    /// The next item.
    pub(super) fn item(&mut self) -> Result<Item<'a>> {
        let start = self.position();
        let [marker] = self.array()?;
        Ok(match Marker::from_u8(marker) {
            Marker::Null => Item::Null,
            Marker::True => Item::Bool(true),
            Marker::False => Item::Bool(false),
            Marker::FixPos(number) => Item::Unsigned(u64::from(number)),
            Marker::U8 => Item::Unsigned(u64::from(self.u8()?)),
            Marker::U16 => Item::Unsigned(u64::from(self.u16()?)),
            Marker::U32 => Item::Unsigned(u64::from(self.u32()?)),
            Marker::U64 => Item::Unsigned(u64::from_be_bytes(self.array()?)),
            Marker::FixNeg(number) => Item::Signed(i64::from(number)),
            Marker::I8 => Item::Signed(i64::from(i8::from_be_bytes(self.array()?))),
            Marker::I16 => Item::Signed(i64::from(i16::from_be_bytes(self.array()?))),
            Marker::I32 => Item::Signed(i64::from(i32::from_be_bytes(self.array()?))),
            Marker::I64 => Item::Signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Item::Float(f64::from(f32::from_be_bytes(self.array()?))),
            Marker::F64 => Item::Float(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(length) => Item::Text(self.slice(u32::from(length))?),
            Marker::Str8 => Item::Text(self.slice_of(Self::u8)?),
            Marker::Str16 => Item::Text(self.slice_of(Self::u16)?),
            Marker::Str32 => Item::Text(self.slice_of(Self::u32)?),
            Marker::Bin8 => Item::Bytes(self.slice_of(Self::u8)?),
            Marker::Bin16 => Item::Bytes(self.slice_of(Self::u16)?),
            Marker::Bin32 => Item::Bytes(self.slice_of(Self::u32)?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.extension_of(Self::u8)?,
            Marker::Ext16 => self.extension_of(Self::u16)?,
            Marker::Ext32 => self.extension_of(Self::u32)?,
            Marker::FixArray(count) => Item::Array(u32::from(count)),
            Marker::Array16 => Item::Array(self.u16()?),
            Marker::Array32 => Item::Array(self.u32()?),
            Marker::FixMap(pairs) => Item::Map(u32::from(pairs)),
            Marker::Map16 => Item::Map(self.u16()?),
            Marker::Map32 => Item::Map(self.u32()?),
            Marker::Reserved => return Err(malformed(start, "any byte but c1")),
        })
    }

    /// Steps over what belongs to the item that was read last.
    pub(super) fn skip_inside(&mut self, item: Item<'_>) -> Result<()> {
        // Fewer than 2^33 per item and an item per byte: this cannot overflow.
        let mut left = item.inside();
        while left > 0 {
            left = left - 1 + self.item()?.inside();
        }
        Ok(())
    }

    /// Checks that nothing follows.
    pub(super) fn finish(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(malformed(self.position(), "the end of the record")) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((array, rest)) => {
                self.rest = rest;
                Ok(*array)
            }
            None => Err(self.truncated(N)),
        }
    }

    fn u8(&mut self) -> Result<u32> {
        let [byte] = self.array()?;
        Ok(u32::from(byte))
    }

    fn u16(&mut self) -> Result<u32> {
        Ok(u32::from(u16::from_be_bytes(self.array()?)))
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn slice(&mut self, length: u32) -> Result<&'a [u8]> {
        let length = length as usize;
        match self.rest.split_at_checked(length) {
            Some((slice, rest)) => {
                self.rest = rest;
                Ok(slice)
            }
            None => Err(self.truncated(length)),
        }
    }

    fn slice_of(&mut self, length: fn(&mut Self) -> Result<u32>) -> Result<&'a [u8]> {
        let length = length(self)?;
        self.slice(length)
    }

    fn extension(&mut self, length: u32) -> Result<Item<'a>> {
        let [code] = self.array()?;
        Ok(Item::Extension(i8::from_be_bytes([code]), self.slice(length)?))
    }

    fn extension_of(&mut self, length: fn(&mut Self) -> Result<u32>) -> Result<Item<'a>> {
        let length = length(self)?;
        self.extension(length)
    }

    fn truncated(&self, wanted: usize) -> crate::model::Error {
        let more = wanted - self.rest.len();
        malformed(self.bytes.len(), &format!("{more} more bytes"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn item(bytes: &[u8]) -> Item<'_> {
        let mut cursor = Cursor::new(bytes);
        let item = cursor.item().unwrap();
        cursor.finish().unwrap();
        item
    }

    #[test]
    fn every_form() {
        for (bytes, expected) in [
            (&b"\xc0"[..], Item::Null),
            (b"\xc2", Item::Bool(false)),
            (b"\xc3", Item::Bool(true)),
            (b"\x7f", Item::Unsigned(127)),
            (b"\xcc\xff", Item::Unsigned(255)),
            (b"\xcd\x01\x00", Item::Unsigned(256)),
            (b"\xce\x00\x01\x00\x00", Item::Unsigned(65_536)),
            (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", Item::Unsigned(u64::MAX)),
            (b"\xff", Item::Signed(-1)),
            (b"\xd0\x80", Item::Signed(-128)),
            (b"\xd1\x80\x00", Item::Signed(-32_768)),
            (b"\xd2\x80\x00\x00\x00", Item::Signed(i64::from(i32::MIN))),
            (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", Item::Signed(i64::MIN)),
            (b"\xca\x3f\xc0\x00\x00", Item::Float(1.5)),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", Item::Float(1.5)),
            (b"\xa1a", Item::Text(b"a")),
            (b"\xd9\x01a", Item::Text(b"a")),
            (b"\xda\x00\x01a", Item::Text(b"a")),
            (b"\xdb\x00\x00\x00\x01a", Item::Text(b"a")),
            (b"\xc4\x01a", Item::Bytes(b"a")),
            (b"\xc5\x00\x01a", Item::Bytes(b"a")),
            (b"\xc6\x00\x00\x00\x01a", Item::Bytes(b"a")),
            (b"\xd4\x05a", Item::Extension(5, b"a")),
            (b"\xd5\xffab", Item::Extension(-1, b"ab")),
            (b"\xd6\x05abcd", Item::Extension(5, b"abcd")),
            (b"\xd7\x05abcdefgh", Item::Extension(5, b"abcdefgh")),
            (b"\xd8\x05abcdefghijklmnop", Item::Extension(5, b"abcdefghijklmnop")),
            (b"\xc7\x01\x05a", Item::Extension(5, b"a")),
            (b"\xc8\x00\x01\x05a", Item::Extension(5, b"a")),
            (b"\xc9\x00\x00\x00\x01\x05a", Item::Extension(5, b"a")),
            (b"\x9f", Item::Array(15)),
            (b"\xdc\x01\x00", Item::Array(256)),
            (b"\xdd\xff\xff\xff\xff", Item::Array(u32::MAX)),
            (b"\x8f", Item::Map(15)),
            (b"\xde\x01\x00", Item::Map(256)),
            (b"\xdf\xff\xff\xff\xff", Item::Map(u32::MAX)),
        ] {
            assert_eq!(item(bytes), expected, "{bytes:?}");
            for length in 0..bytes.len() {
                assert!(Cursor::new(bytes.get(..length).unwrap()).item().is_err(), "{bytes:?}");
            }
        }
        assert!(Cursor::new(b"\xc1").item().is_err());
    }

    #[test]
    fn what_is_inside_is_stepped_over() {
        let bytes = b"\x82\xa1a\x92\x01\x91\xc0\x81\x01\x02\xc3\x07";
        let mut cursor = Cursor::new(bytes);
        let map = cursor.item().unwrap();
        cursor.skip_inside(map).unwrap();
        assert_eq!(cursor.item().unwrap(), Item::Unsigned(7));
        cursor.finish().unwrap();
        let mut huge = Cursor::new(b"\xdf\xff\xff\xff\xff\xdd\xff\xff\xff\xff");
        let map = huge.item().unwrap();
        assert!(huge.skip_inside(map).unwrap_err().message().contains("at byte 10"));
    }
}
