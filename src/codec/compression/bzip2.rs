//! `bzip2`: any number of streams, one after another.

use super::{Flaw, Output};
use bzip2::{Compression, bufread::BzDecoder, write::BzEncoder};
use std::io::{self, Write};

pub(super) fn unpack(data: &[u8], output: &mut Output) -> Result<(), Flaw> {
    // Python's `bz2` takes nothing for no streams; no record is that short.
    output.streams(data, |data, output| {
        let mut decoder = BzDecoder::new(data);
        output.read(&mut decoder)?;
        Ok(decoder.into_inner())
    })
}

pub(super) fn pack(record: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    // That of `bz2.compress`.
    let mut encoder = BzEncoder::new(packed, Compression::best());
    encoder.write_all(record)?;
    encoder.finish().map(drop)
}
