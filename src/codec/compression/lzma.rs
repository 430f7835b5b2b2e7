//! `lzma`: xz containers, one after another. Python's `lzma` reads the older `.lzma` files too,
//! which kombu never writes.

use super::{Flaw, Output};
use lzma_rust2::{XzOptions, XzReader, XzWriter};
use std::io::{self, Write};

const MAGIC: &[u8] = b"\xFD7zXZ\0";
/// That of `lzma.compress`.
const PRESET: u32 = 6;
/// The largest dictionary of xz's presets, and what is needed beside a dictionary, in KiB.
const WORKING_MEMORY: usize = (64 << 10) + 1_024;

pub(super) fn unpack(data: &[u8], output: &mut Output) -> Result<(), Flaw> {
    let memory = u32::try_from(WORKING_MEMORY.max(output.most() >> 10)).unwrap_or(u32::MAX);
    output.streams(data, |data, output| {
        if !MAGIC.starts_with(data.get(..MAGIC.len()).unwrap_or(data)) {
            return Err(Flaw::Damaged("it is no xz container".to_owned()));
        }
        let mut reader = XzReader::new_mem_limit(data, false, memory);
        output.read(&mut reader)?;
        Ok(reader.into_inner())
    })
}

pub(super) fn pack(record: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    let mut options = XzOptions::with_preset(PRESET);
    // The encoder's tables are a dozen times its dictionary, of which a record has no use for more
    // than its own size.
    let size = u32::try_from(record.len()).unwrap_or(u32::MAX).checked_next_power_of_two();
    let most = options.lzma_options.dict_size;
    options.lzma_options.dict_size = size.unwrap_or(most).clamp(lzma_rust2::DICT_SIZE_MIN, most);
    let mut writer = XzWriter::new(packed, options)?;
    writer.write_all(record)?;
    writer.finish().map(drop)
}
