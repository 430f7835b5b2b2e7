//! `zstd`: any number of frames and nothing else, as Python's `zstd` demands. Python writes at level
//! 3; the encoder here has only what is about level 1, which any reader reads.

use super::{Flaw, Output};
use ruzstd::{
    decoding::{
        BlockDecodingStrategy, FrameDecoder,
        errors::{FrameDecoderError, ReadFrameHeaderError},
    },
    encoding::{CompressionLevel, compress},
};
use std::{fmt::Display, io, io::Read};

/// Windows that are allowed however small a record is: those of the usual levels have 8 MiB at most.
const USUAL_WINDOW: usize = 16 << 20;
/// The largest window that zstd itself reads without being told to.
const LARGEST_WINDOW: usize = 128 << 20;

pub(super) fn unpack(mut data: &[u8], output: &mut Output) -> Result<(), Flaw> {
    let mut decoder = FrameDecoder::new();
    // What lies in the window has come out already and is still to be counted; a window has up to
    // twice the size of what is in it.
    let window = output.most().saturating_mul(2).clamp(USUAL_WINDOW, LARGEST_WINDOW);
    decoder.set_max_window_size(window as u64);
    if data.is_empty() {
        return Err(Flaw::Cut);
    }
    while !data.is_empty() {
        match decoder.init(&mut data) {
            Ok(()) => frame(&mut decoder, &mut data, output)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                data = data.get(length..).ok_or(Flaw::Cut)?;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(Flaw::Greedy),
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(())
}

fn frame(decoder: &mut FrameDecoder, data: &mut &[u8], output: &mut Output) -> Result<(), Flaw> {
    let mut part = [0; 8 << 10];
    let start = output.len();
    while !decoder.is_finished() {
        decoder.decode_blocks(&mut *data, BlockDecodingStrategy::UptoBlocks(1)).map_err(damaged)?;
        while decoder.can_collect() > 0 {
            let length = decoder.read(&mut part)?;
            output.push(part.get(..length).unwrap_or_default())?;
        }
    }
    let promised = decoder.content_size();
    if promised != 0 && promised != (output.len() - start) as u64 {
        return Err(Flaw::Damaged("its size is another than it says".to_owned()));
    }
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(stored), found) if found != Some(stored) => {
            Err(Flaw::Damaged("its checksum is another".to_owned()))
        }
        _ => Ok(()),
    }
}

fn damaged(error: impl Display) -> Flaw {
    Flaw::Damaged(error.to_string())
}

#[allow(clippy::unnecessary_wraps, reason = "the other compressions can fail")]
pub(super) fn pack(record: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    compress(record, packed, CompressionLevel::Fastest);
    Ok(())
}
