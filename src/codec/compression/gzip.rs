//! `gzip`, which in kombu is Python's `zlib`: a zlib stream without the header of a gzip file. What
//! follows the stream is ignored, as `zlib.decompress` does.

use super::{Flaw, Output};
use miniz_oxide::{
    deflate::compress_to_vec_zlib,
    inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit},
};
use std::io;

/// That of `zlib.compress`.
const LEVEL: u8 = 6;

pub(super) fn unpack(data: &[u8], output: &mut Output) -> Result<(), Flaw> {
    let bytes =
        decompress_to_vec_zlib_with_limit(data, output.most()).map_err(|error| match error.status {
            TINFLStatus::HasMoreOutput => Flaw::Outgrown,
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => Flaw::Cut,
            TINFLStatus::Adler32Mismatch => Flaw::Damaged("its checksum is another".to_owned()),
            _ => Flaw::Damaged("it is no zlib stream".to_owned()),
        })?;
    output.set(bytes);
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "the other compressions can fail")]
pub(super) fn pack(record: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    packed.extend(compress_to_vec_zlib(record, LEVEL));
    Ok(())
}
