//! What comes out of compressed data, kept within its bound, and why it may not.

use std::io;
#[cfg(any(feature = "bzip2", feature = "lzma"))]
use std::io::Read;

/// Bytes as they come out of a decompressor.
pub(super) struct Output {
    bytes: Vec<u8>,
    most: usize,
}

/// Why data did not unpack.
#[derive(Debug)]
#[cfg_attr(not(feature = "default"), allow(dead_code, reason = "not every compression fails in every way"))]
pub(super) enum Flaw {
    /// More comes out than there may.
    Outgrown,
    /// It asks for more working memory than any data of this size has use for.
    Greedy,
    /// It is made of more streams than anything of what comes out of them has use for.
    Pieces,
    /// The data end before they say that they do.
    Cut,
    /// They are not what they should be.
    Damaged(String),
}

impl Output {
    /// Room for this many bytes at most; none of it is taken before it is needed.
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most }
    }

    /// What came out.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg_attr(not(feature = "default"), allow(dead_code, reason = "not every compression needs every one"))]
impl Output {
    /// How many bytes may come out at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// How many bytes came out so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes what came out in one piece, which kept to [`Self::most`].
    pub(super) fn set(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// Takes the next part.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Flaw> {
        if part.len() > self.most - self.bytes.len() {
            return Err(Flaw::Outgrown);
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }
}

#[cfg(any(feature = "bzip2", feature = "lzma"))]
impl Output {
    /// Takes all that a reader gives.
    pub(super) fn read(&mut self, reader: &mut impl Read) -> Result<(), Flaw> {
        let mut part = [0; 8 << 10];
        loop {
            match reader.read(&mut part)? {
                0 => return Ok(()),
                length => self.push(part.get(..length).unwrap_or_default())?,
            }
        }
    }

    /// What a stream counts as, beside what comes out of it: a decoder costs more than the few bytes that
    /// make one of a stream of nothing.
    const STREAM: usize = 64 << 10;

    /// Takes stream after stream, each by `one`, which gives what follows it. As Python's `bz2` and
    /// `lzma` do it: what follows the first stream and is none is ignored, one that is cut is not.
    pub(super) fn streams<'a>(
        &mut self,
        mut data: &'a [u8],
        one: impl Fn(&'a [u8], &mut Self) -> Result<&'a [u8], Flaw>,
    ) -> Result<(), Flaw> {
        data = one(data, self)?;
        while !data.is_empty() {
            let before = self.bytes.len();
            match one(data, self) {
                Ok([]) => break,
                Ok(rest) => {
                    data = rest;
                    let left = self.most - self.bytes.len();
                    self.most -= Some(Self::STREAM).filter(|cost| *cost <= left).ok_or(Flaw::Pieces)?;
                }
                Err(Flaw::Damaged(_)) => {
                    self.bytes.truncate(before);
                    break;
                }
                Err(flaw) => return Err(flaw),
            }
        }
        Ok(())
    }
}

/// The ways in which the decompressors say it.
impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            io::ErrorKind::OutOfMemory => Self::Greedy,
            _ => Self::Damaged(error.to_string()),
        }
    }
}
