//! What a server sends over a connection for events or for commands: the same frames come out of it, and the same
//! error, whether it comes at once, byte by byte, or in parts as the first byte says.
#![no_main]
#![allow(dead_code, unused_imports)]

// Nothing of it is public: it is taken from the sources.
#[path = "../../src/transport/redis/resp/mod.rs"]
mod resp;

use libfuzzer_sys::fuzz_target;
use resp::{Inbox, Limits};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, stream)) = bytes.split_first() else { return };
    for in_parts in [false, true] {
        let whole = frames(stream, in_parts, stream.len());
        for part in [1, usize::from(*first)] {
            assert_eq!(whole, frames(stream, in_parts, part), "in parts of {part} bytes");
        }
    }
});

/// The frames as text, and the error behind them. More frames than bytes would be a loop without end.
fn frames(stream: &[u8], in_parts: bool, part: usize) -> Vec<String> {
    let mut inbox = Inbox::new(Limits { payload: 512, reply: 1024, in_parts });
    let mut frames = Vec::new();
    for mut left in stream.chunks(part.max(1)) {
        while !left.is_empty() {
            let room = inbox.room();
            let (now, later) = left.split_at(left.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            inbox.came(now.len());
            left = later;
            loop {
                match inbox.next() {
                    Ok(Some(frame)) => frames.push(format!("{frame:?}")),
                    Ok(None) => break,
                    Err(garbage) => {
                        frames.push(garbage.to_string());
                        return frames;
                    }
                }
                assert!(frames.len() <= stream.len());
            }
        }
    }
    frames
}
