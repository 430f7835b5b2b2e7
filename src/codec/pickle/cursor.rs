//! Reads the pickle's bytes in order: numbers, lines, counted parts. A part is a span of the input,
//! so nothing is copied or allocated before the bytes are known to be there.

use std::{borrow::Cow, fmt};

/// Why an opcode cannot be followed; the machine adds where that is.
#[derive(Debug)]
pub(super) enum Fault {
    /// What is wrong
    Wrong(Cow<'static, str>),
    /// The pickle needs more memory than it may
    TooLarge,
}

impl From<&'static str> for Fault {
    fn from(wrong: &'static str) -> Self {
        Self::Wrong(wrong.into())
    }
}

impl From<String> for Fault {
    fn from(wrong: String) -> Self {
        Self::Wrong(wrong.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(wrong) => f.write_str(wrong),
            Self::TooLarge => f.write_str("more values than fit into memory"),
        }
    }
}

/// A part of the pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The bytes of the part.
    pub(super) fn of(self, pickle: &[u8]) -> &[u8] {
        pickle.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Bytes in it.
    pub(super) fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// The part without this many bytes at its end.
    pub(super) fn shortened(self, bytes: u32) -> Self {
        Self { start: self.start, end: self.end.saturating_sub(bytes).max(self.start) }
    }

    /// The part without the byte at either end.
    pub(super) fn inner(self) -> Self {
        let inner = self.shortened(1);
        Self { start: (inner.start + 1).min(inner.end), end: inner.end }
    }
}

/// A place in the pickle: bytes from its start.
pub(super) type Place = u32;

/// Reads from a place on.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a pickle of less than 4 GiB: places in it are 32-bit numbers.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        Self::at(bytes, 0)
    }

    /// A place in such a pickle.
    pub(super) fn at(bytes: &'a [u8], place: Place) -> Result<Self, Fault> {
        match Place::try_from(bytes.len()) {
            Ok(_) => Ok(Self { bytes, position: (place as usize).min(bytes.len()) }),
            Err(_) => Err("a pickle of 4 GiB or more".into()),
        }
    }

    /// Bytes from the start.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The bytes of a part.
    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        span.of(self.bytes)
    }

    /// Checks that this many bytes follow.
    pub(super) fn check(&self, count: u64) -> Result<usize, Fault> {
        let left = self.bytes.len() - self.position;
        match usize::try_from(count) {
            Ok(count) if count <= left => Ok(count),
            _ => Err(format!("{count} bytes should follow, {left} are left").into()),
        }
    }

    /// The next bytes.
    pub(super) fn part(&mut self, count: u64) -> Result<Span, Fault> {
        let start = self.position;
        self.position += self.check(count)?;
        Ok(self.since(start))
    }

    /// The rest of the line, without its end.
    pub(super) fn line(&mut self) -> Result<Span, Fault> {
        let start = self.position;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).ok_or("a line without its end")?;
        self.position += length;
        let line = self.since(start);
        self.position += 1;
        Ok(line)
    }

    /// One byte.
    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    /// The next bytes, as many as the caller takes.
    pub(super) fn fixed<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Fault> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let fixed = rest.first_chunk().ok_or("the pickle ends here")?;
        self.position += COUNT;
        Ok(*fixed)
    }

    /// A part after its length in one byte.
    pub(super) fn part1(&mut self) -> Result<Span, Fault> {
        let count = self.byte()?;
        self.part(u64::from(count))
    }

    /// A part after its length in four bytes.
    pub(super) fn part4(&mut self) -> Result<Span, Fault> {
        let count = u32::from_le_bytes(self.fixed()?);
        self.part(u64::from(count))
    }

    /// A part after its length in eight bytes.
    pub(super) fn part8(&mut self) -> Result<Span, Fault> {
        let count = u64::from_le_bytes(self.fixed()?);
        self.part(count)
    }

    /// Where it stands.
    #[allow(clippy::cast_possible_truncation)] // checked when the cursor was made
    pub(super) fn place(&self) -> Place {
        self.position as Place
    }

    #[allow(clippy::cast_possible_truncation)] // checked when the cursor was made
    fn since(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.place() }
    }
}
