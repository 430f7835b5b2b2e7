//! What has come over a connection and was not looked at: bytes in, frames out. A message or a record over
//! the limit is thrown away while it comes; what a large one needed is given back after it.

use super::frame::{Frame, Garbage, Limits, parse};

/// Memory while nothing large comes, and the most that is read at one time then.
const USUAL: usize = 64 * 1024;

/// The bytes of a connection.
pub(in super::super) struct Inbox {
    bytes: Vec<u8>,
    /// What has come and was not looked at lies between these.
    start: usize,
    end: usize,
    /// What is to come of a message that nobody wants, the end of its line included.
    unwanted: usize,
    limits: Limits,
}

impl Inbox {
    pub(in super::super) fn new(limits: Limits) -> Self {
        Self { bytes: vec![0; USUAL], start: 0, end: 0, unwanted: 0, limits }
    }

    /// Where the next bytes go; never empty.
    pub(in super::super) fn room(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.bytes.len() > USUAL && self.end < USUAL {
            self.bytes.truncate(USUAL);
            self.bytes.shrink_to_fit();
        }
        if self.end == self.bytes.len() {
            // No further than twice what has come, whatever a frame says of its length.
            self.bytes.resize(self.end.saturating_mul(2).max(USUAL), 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes have come into the room; tells whether they filled it.
    pub(in super::super) fn came(&mut self, count: usize) -> bool {
        self.end = self.end.saturating_add(count).min(self.bytes.len());
        self.end == self.bytes.len()
    }

    /// The next frame, if it is all there.
    pub(in super::super) fn next(&mut self) -> Result<Option<Frame<'_>>, Garbage> {
        if !self.throw_away()? {
            return Ok(None);
        }
        let bytes = self.bytes.get(self.start..self.end).unwrap_or_default();
        let Some((frame, length)) = parse(bytes, self.limits)? else { return Ok(None) };
        self.start = self.start.saturating_add(length);
        if let Frame::Oversized { size, .. } | Frame::Skipped(size) = frame {
            self.unwanted = size.saturating_add(LINE_END.len());
        }
        Ok(Some(frame))
    }

    /// Whether nothing unwanted is left.
    fn throw_away(&mut self) -> Result<bool, Garbage> {
        let payload = self.unwanted.saturating_sub(LINE_END.len());
        let thrown = payload.min(self.end.saturating_sub(self.start));
        self.unwanted = self.unwanted.saturating_sub(thrown);
        self.start = self.start.saturating_add(thrown);
        if self.unwanted == 0 {
            return Ok(true);
        }
        let end = self.start.saturating_add(LINE_END.len());
        match self.bytes.get(self.start..end.min(self.end)) {
            Some(line_end) if line_end == LINE_END => {
                self.unwanted = 0;
                self.start = end;
                Ok(true)
            }
            Some(line_end) if line_end.len() == LINE_END.len() => {
                Err(Garbage::new("something that is longer than it says"))
            }
            _ => Ok(false),
        }
    }
}

const LINE_END: &[u8] = b"\r\n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const LIMITS: Limits = Limits { payload: 1000, reply: 2000, in_parts: false };

    fn message(channel: &str, payload: &[u8]) -> Vec<u8> {
        let head =
            format!(">3\r\n$7\r\nmessage\r\n${}\r\n{channel}\r\n${}\r\n", channel.len(), payload.len());
        [head.as_bytes(), payload, b"\r\n"].concat()
    }

    /// What comes out, as text, where the bytes come in these parts.
    fn frames(inbox: &mut Inbox, parts: &[&[u8]]) -> Result<Vec<String>, Garbage> {
        let mut frames = Vec::new();
        for mut part in parts.iter().copied() {
            while !part.is_empty() {
                let room = inbox.room();
                let (now, later) = part.split_at(part.len().min(room.len()));
                room[..now.len()].copy_from_slice(now);
                inbox.came(now.len());
                part = later;
                while let Some(frame) = inbox.next()? {
                    frames.push(format!("{frame:?}"));
                }
            }
        }
        Ok(frames)
    }

    fn stream() -> Vec<u8> {
        [
            b"%2\r\n+server\r\n+redis\r\n+modules\r\n*1\r\n%1\r\n+name\r\n+x\r\n".to_vec(),
            b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n$0\r\n\r\n".to_vec(),
            message("a", b"\r\n$5\r\n"),
            message("a", &[b'x'; 1001]),
            b"-NOPERM no\r\n".to_vec(),
            message("b", b""),
            b">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n+PONG\r\n_\r\n".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn frames_are_the_same_wherever_the_stream_is_split() {
        let stream = stream();
        let whole = frames(&mut Inbox::new(LIMITS), &[&stream]).unwrap();
        assert_eq!(whole.len(), 10, "{whole:?}");
        for at in 0..stream.len() {
            let (one, other) = stream.split_at(at);
            assert_eq!(frames(&mut Inbox::new(LIMITS), &[one, other]).unwrap(), whole, "split at {at}");
        }
        let single: Vec<_> = stream.chunks(1).collect();
        assert_eq!(frames(&mut Inbox::new(LIMITS), &single).unwrap(), whole);
    }

    #[test]
    fn what_is_over_the_limit_takes_no_memory() {
        let mut inbox = Inbox::new(LIMITS);
        let stream = [message("big", &vec![b'x'; 10 << 20]), message("a", b"after")].concat();
        let heard = frames(&mut inbox, &[&stream]).unwrap();
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert_eq!(inbox.bytes.capacity(), USUAL);
    }

    #[test]
    fn a_record_over_the_limit_is_skipped_among_others() {
        let big = [b"$1001\r\n".to_vec(), vec![b'x'; 1001]].concat();
        let stream = [b"*3\r\n$1\r\na\r\n".to_vec(), big, b"\r\n$1\r\nb\r\n".to_vec()].concat();
        for part in [1, 7, 2000] {
            let parts: Vec<_> = stream.chunks(part).collect();
            let frames = frames(&mut Inbox::new(Limits { in_parts: true, ..LIMITS }), &parts).unwrap();
            assert_eq!(frames, ["List(3)", "Bytes([97])", "Skipped(1001)", "Bytes([98])"]);
        }
    }

    #[test]
    fn memory_grows_with_what_has_come_and_shrinks_after_it() {
        let limits = Limits { payload: 100 << 20, ..LIMITS };
        let mut inbox = Inbox::new(limits);
        let claim = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$90000000\r\n";
        assert_eq!(frames(&mut inbox, &[claim]).unwrap().len(), 0);
        inbox.room();
        assert_eq!(inbox.bytes.capacity(), USUAL);
        let mut inbox = Inbox::new(limits);
        let big = message("a", &vec![b'x'; 40 << 20]);
        assert_eq!(frames(&mut inbox, &[&big, b"+"]).unwrap().len(), 1);
        inbox.room();
        assert_eq!(inbox.bytes.capacity(), USUAL);
        assert_eq!(frames(&mut inbox, &[b"OK\r\n"]).unwrap().len(), 1);
    }

    #[test]
    fn a_message_that_is_longer_than_it_says_is_no_resp() {
        let mut long = message("a", &[b'x'; 1001]);
        long.splice(long.len() - 2.., *b"y\r\n");
        assert!(frames(&mut Inbox::new(LIMITS), &[&long]).is_err());
    }
}
