//! `brotli`: one stream and nothing after it, as Python's `brotli` demands.

use super::{Flaw, Output};
use brotli::{
    BrotliCompress, BrotliDecompressStream, BrotliResult, BrotliState, enc::BrotliEncoderParams,
    enc::StandardAlloc,
};
use std::io;

pub(super) fn unpack(data: &[u8], output: &mut Output) -> Result<(), Flaw> {
    let allocator = StandardAlloc::default;
    // Without the windows beyond 16 MiB that the format does not have.
    let mut state = BrotliState::new_strict(allocator(), allocator(), allocator());
    let mut part = [0; 8 << 10];
    let (mut left, mut place, mut total) = (data.len(), 0, 0);
    loop {
        let (mut room, mut length) = (part.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut place,
            data,
            &mut room,
            &mut length,
            &mut part,
            &mut total,
            &mut state,
        );
        output.push(part.get(..length).unwrap_or_default())?;
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(Flaw::Cut),
            BrotliResult::ResultFailure => {
                return Err(Flaw::Damaged(format!("it is no brotli stream at byte {place}")));
            }
            BrotliResult::ResultSuccess if left > 0 => {
                return Err(Flaw::Damaged(format!("{left} bytes follow its end")));
            }
            BrotliResult::ResultSuccess => return Ok(()),
        }
    }
}

pub(super) fn pack(mut record: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    // The defaults are those of `brotli.compress`: quality 11, a window of 4 MiB.
    BrotliCompress(&mut record, packed, &BrotliEncoderParams::default()).map(drop)
}
