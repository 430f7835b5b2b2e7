//! Where a frame of the server ends, and what it says. Frames point into the bytes that came, and
//! whatever a frame claims is held against a limit before anyone waits for it.

use std::fmt;

/// Longest name of a channel: Redis has no shorter limit than that of a value, Celery's are far below.
const CHANNEL: usize = 64 * 1024;
/// Deepest nesting of a reply; that to HELLO has three levels.
pub(in super::super) const DEPTH: usize = 8;
/// More digits than any number has.
pub(super) const DIGITS: usize = 20;

/// How large a frame may be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Limits {
    /// What was published, and bytes where lists come in parts: more is skipped.
    pub(in super::super) payload: usize,
    /// Anything else: more is an error.
    pub(in super::super) reply: usize,
    /// Whether a list is a frame by itself, and what is in it follows: for answers of any length, among
    /// which there are no messages.
    pub(in super::super) in_parts: bool,
}

/// What the server said.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Frame<'a> {
    /// Something was published.
    Message {
        channel: &'a [u8],
        payload: &'a [u8],
    },
    /// Something was published that is larger than the limit. The frame ends before its payload,
    /// which follows with the end of its line.
    Oversized {
        channel: &'a [u8],
        size: usize,
    },
    /// Bytes, more than the limit. The frame ends before them.
    Skipped(usize),
    /// So many frames follow that belong together.
    List(u64),
    /// A subscription has begun or ended; so many there are now.
    Confirmation {
        begun: bool,
        count: u64,
    },
    /// Something else that nobody asked for.
    Pushed,
    Nothing,
    Bytes(&'a [u8]),
    Number(i64),
    Word(&'a [u8]),
    Error(&'a [u8]),
    Map,
    /// A kind of reply that no command of ours has.
    Other,
}

/// Why bytes are no frame.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Garbage(String);

impl Garbage {
    pub(in super::super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(in super::super) fn too_deep() -> Self {
        Self::new(format!("a reply of more than {DEPTH} levels"))
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server sent what is no RESP: {}", self.0)
    }
}

/// The frame that the bytes begin with, and its length; `None` where it is not all there.
pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Option<(Frame<'_>, usize)>, Garbage> {
    let mut cursor = Cursor { bytes, at: 0, limits };
    match cursor.frame() {
        Ok(frame) => Ok(Some((frame, cursor.at))),
        Err(Stop::Incomplete) => Ok(None),
        Err(Stop::Garbage(garbage)) => Err(garbage),
    }
}

enum Stop {
    Incomplete,
    Garbage(Garbage),
}

fn garbage(what: impl Into<String>) -> Stop {
    Stop::Garbage(Garbage::new(what))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
}

impl<'a> Cursor<'a> {
    fn frame(&mut self) -> Result<Frame<'a>, Stop> {
        let kind = self.byte()?;
        Ok(match kind {
            b'+' => Frame::Word(self.line()?),
            b'-' => Frame::Error(self.line()?),
            b':' => Frame::Number(self.number()?),
            b'$' if self.limits.in_parts => self.part()?,
            b'*' if self.limits.in_parts => match self.size()? {
                Some(count) => Frame::List(count as u64),
                None => Frame::Nothing,
            },
            b'$' => self.blob(self.limits.reply)?.map_or(Frame::Nothing, Frame::Bytes),
            b'!' => self.blob(self.limits.reply)?.map_or(Frame::Nothing, Frame::Error),
            b'*' | b'>' => return self.list(kind),
            b'|' => {
                let parts = self.count(2)?;
                self.skip(parts)?;
                if self.peek()? == b'|' {
                    return Err(garbage("attributes of attributes"));
                }
                return self.frame();
            }
            _ => {
                let parts = self.value(kind)?;
                self.skip(parts)?;
                match kind {
                    b'_' => Frame::Nothing,
                    b'%' => Frame::Map,
                    _ => Frame::Other,
                }
            }
        })
    }

    /// Bytes, which are skipped where they are too many.
    fn part(&mut self) -> Result<Frame<'a>, Stop> {
        match self.size()? {
            None => Ok(Frame::Nothing),
            Some(size) if size > self.limits.payload => Ok(Frame::Skipped(size)),
            Some(size) => self.bytes_and_end(size).map(Frame::Bytes),
        }
    }

    /// A list, which is a message if it looks like one: in RESP2 nothing else tells it from a reply.
    fn list(&mut self, kind: u8) -> Result<Frame<'a>, Stop> {
        let parts = self.count(1)?;
        let begun = self.at;
        if parts == 3 && self.peek()? == b'$' {
            self.at = begun.saturating_add(1);
            match self.blob(self.limits.reply)? {
                Some(b"message") => return self.message(),
                Some(b"subscribe") => return self.confirmation(true),
                Some(b"unsubscribe") => return self.confirmation(false),
                _ => self.at = begun,
            }
        }
        self.skip(parts)?;
        Ok(if kind == b'>' { Frame::Pushed } else { Frame::Other })
    }

    fn message(&mut self) -> Result<Frame<'a>, Stop> {
        self.mark(b'$')?;
        let Some(channel) = self.blob(CHANNEL)? else { return Err(garbage("a message on no channel")) };
        self.mark(b'$')?;
        let size = self.size()?.ok_or_else(|| garbage("a message of nothing"))?;
        if size > self.limits.payload {
            return Ok(Frame::Oversized { channel, size });
        }
        Ok(Frame::Message { channel, payload: self.bytes_and_end(size)? })
    }

    fn confirmation(&mut self, begun: bool) -> Result<Frame<'a>, Stop> {
        // The channel; nothing where there was none to unsubscribe from.
        let channel = self.byte()?;
        if self.value(channel)? > 0 {
            return Err(garbage("a channel that is a list"));
        }
        self.mark(b':')?;
        let count = u64::try_from(self.number()?).map_err(|_| garbage("less than no subscriptions"))?;
        Ok(Frame::Confirmation { begun, count })
    }

    /// Goes over so many values, and those inside them.
    fn skip(&mut self, values: u64) -> Result<(), Stop> {
        let mut levels = if values > 0 { vec![values] } else { Vec::new() };
        while let Some(left) = levels.last_mut() {
            let Some(others) = left.checked_sub(1) else {
                levels.pop();
                continue;
            };
            *left = others;
            let kind = self.byte()?;
            let inside = self.value(kind)?;
            if inside > 0 {
                if levels.len() >= DEPTH {
                    return Err(Stop::Garbage(Garbage::too_deep()));
                }
                levels.push(inside);
            }
            if self.at > self.limits.reply {
                return Err(self.too_long());
            }
        }
        Ok(())
    }

    /// One value, or the head of one that holds others: how many of them.
    fn value(&mut self, kind: u8) -> Result<u64, Stop> {
        match kind {
            b'+' | b'-' | b'#' | b',' | b'(' | b'_' => self.line().map(|_| 0),
            b':' => self.number().map(|_| 0),
            b'$' | b'!' | b'=' => self.blob(self.limits.reply).map(|_| 0),
            b'*' | b'~' | b'>' => self.count(1),
            b'%' => self.count(2),
            // The value that they belong to follows.
            b'|' => self.count(2).map(|parts| parts.saturating_add(1)),
            _ => Err(garbage(format!("a frame that begins with '{}'", kind.escape_ascii()))),
        }
    }

    /// How many values a list of so many times as many has.
    fn count(&mut self, times: u64) -> Result<u64, Stop> {
        let count = self.size()?.unwrap_or_default();
        u64::try_from(count).ok().and_then(|count| count.checked_mul(times)).ok_or_else(|| self.too_long())
    }

    /// A size; `None` for RESP2's *nothing*.
    fn size(&mut self) -> Result<Option<usize>, Stop> {
        match self.number()? {
            -1 => Ok(None),
            size => usize::try_from(size).map(Some).map_err(|_| garbage(format!("a size of {size}"))),
        }
    }

    fn blob(&mut self, most: usize) -> Result<Option<&'a [u8]>, Stop> {
        match self.size()? {
            None => Ok(None),
            Some(size) if size > most => Err(garbage(format!("{size} bytes, where {most} are the most"))),
            Some(size) => self.bytes_and_end(size).map(Some),
        }
    }

    fn bytes_and_end(&mut self, size: usize) -> Result<&'a [u8], Stop> {
        let end = self.at.saturating_add(size);
        let bytes = self.bytes.get(self.at..end).ok_or(Stop::Incomplete)?;
        self.at = end;
        self.mark(b'\r')?;
        self.mark(b'\n')?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match memchr::memchr(b'\n', rest) {
            Some(end) if end <= self.limits.reply => {
                self.at = self.at.saturating_add(end).saturating_add(1);
                let line = rest.get(..end).and_then(|line| line.strip_suffix(b"\r"));
                line.ok_or_else(|| garbage("a line that ends without CR"))
            }
            None if rest.len() <= self.limits.reply => Err(Stop::Incomplete),
            _ => Err(self.too_long()),
        }
    }

    fn number(&mut self) -> Result<i64, Stop> {
        let negative = self.peek()? == b'-';
        let first = self.at.saturating_add(usize::from(negative));
        let (mut number, mut at) = (0_i64, first);
        loop {
            let digit = match self.bytes.get(at).ok_or(Stop::Incomplete)? {
                digit @ b'0'..=b'9' => i64::from(digit & 0x0f),
                b'\r' if at > first => break,
                other => return Err(garbage(format!("'{}' in a number", other.escape_ascii()))),
            };
            number = number
                .checked_mul(10)
                .and_then(|number| number.checked_add(digit))
                .ok_or_else(|| garbage("a number of more than 64 bits"))?;
            at = at.saturating_add(1);
            if at.saturating_sub(first) > DIGITS {
                return Err(garbage("a number of many digits"));
            }
        }
        self.at = at.saturating_add(1);
        self.mark(b'\n')?;
        Ok(if negative { number.saturating_neg() } else { number })
    }

    fn mark(&mut self, expected: u8) -> Result<(), Stop> {
        match self.byte()? {
            byte if byte == expected => Ok(()),
            other => {
                let [other, expected] = [other, expected].map(u8::escape_ascii);
                Err(garbage(format!("'{other}' in the place of '{expected}'")))
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn peek(&self) -> Result<u8, Stop> {
        self.bytes.get(self.at).copied().ok_or(Stop::Incomplete)
    }

    fn too_long(&self) -> Stop {
        garbage(format!("a reply of more than {} bytes", self.limits.reply))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    const LIMITS: Limits = Limits { payload: 100, reply: 200, in_parts: false };

    fn one(bytes: &[u8]) -> Frame<'_> {
        let (frame, length) = parse(bytes, LIMITS).unwrap().unwrap();
        assert_eq!(length, bytes.len(), "{:?}", bytes.escape_ascii().to_string());
        for end in 0..bytes.len() {
            assert_eq!(parse(&bytes[..end], LIMITS), Ok(None), "the first {end} bytes of {frame:?}");
        }
        frame
    }

    fn refused(bytes: &[u8]) -> String {
        parse(bytes, LIMITS).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_frame_is_known() {
        let (channel, payload) = (&b"c"[..], &b"a\r\nb"[..]);
        for mark in ['*', '>'] {
            let message = format!("{mark}3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n");
            assert_eq!(one(message.as_bytes()), Frame::Message { channel, payload });
            let begun = format!("{mark}3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:7\r\n");
            assert_eq!(one(begun.as_bytes()), Frame::Confirmation { begun: true, count: 7 });
            for nothing in ["$1\r\nc", "$-1", "_"] {
                let ended = format!("{mark}3\r\n$11\r\nunsubscribe\r\n{nothing}\r\n:0\r\n");
                assert_eq!(one(ended.as_bytes()), Frame::Confirmation { begun: false, count: 0 });
            }
        }
        assert_eq!(one(b"+PONG\r\n"), Frame::Word(b"PONG"));
        assert_eq!(one(b"-ERR no\r\n"), Frame::Error(b"ERR no"));
        assert_eq!(one(b"!6\r\nERR no\r\n"), Frame::Error(b"ERR no"));
        assert_eq!(one(b":-12\r\n"), Frame::Number(-12));
        assert_eq!(one(b"$2\r\n\r\n\r\n"), Frame::Bytes(b"\r\n"));
        assert_eq!(one(b"$0\r\n\r\n"), Frame::Bytes(b""));
        for nothing in [&b"$-1\r\n"[..], b"_\r\n"] {
            assert_eq!(one(nothing), Frame::Nothing);
        }
        assert_eq!(one(b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"), Frame::Other);
        for other in [&b"#t\r\n"[..], b",1.5\r\n", b"(12345678901234567890123\r\n", b"=5\r\ntxt:a\r\n"] {
            assert_eq!(one(other), Frame::Other);
        }
        assert_eq!(one(b"~2\r\n:1\r\n*-1\r\n"), Frame::Other);
        assert_eq!(one(b"%1\r\n+a\r\n*2\r\n%1\r\n+b\r\n,inf\r\n#f\r\n"), Frame::Map);
        assert_eq!(one(b">2\r\n$10\r\ninvalidate\r\n*0\r\n"), Frame::Pushed);
        assert_eq!(one(b">3\r\n$8\r\npmessage\r\n+a\r\n+b\r\n"), Frame::Pushed);
        assert_eq!(one(b"|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n"), Frame::Bytes(b"a"));
    }

    #[test]
    fn a_message_over_the_limit_is_seen_before_it_has_come() {
        let head = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$101\r\n";
        assert_eq!(one(head), Frame::Oversized { channel: b"c", size: 101 });
        let most = [&head[..head.len() - 5], b"$100\r\n".split_at(1).1].concat();
        assert_eq!(parse(&most, LIMITS), Ok(None));
    }

    #[test]
    fn lists_in_parts_are_no_messages() {
        let limits = Limits { in_parts: true, ..LIMITS };
        let mut rest = &b"*3\r\n$7\r\nmessage\r\n$101\r\n"[..];
        let mut frames = Vec::new();
        while let Some((frame, length)) = parse(rest, limits).unwrap() {
            frames.push(frame);
            rest = &rest[length..];
        }
        assert_eq!(frames, [Frame::List(3), Frame::Bytes(b"message"), Frame::Skipped(101)]);
        for (bytes, frame) in
            [(&b"*-1\r\n"[..], Frame::Nothing), (b"$-1\r\n", Frame::Nothing), (b"*0\r\n", Frame::List(0))]
        {
            assert_eq!(parse(bytes, limits).unwrap(), Some((frame, bytes.len())));
        }
        assert!(parse(b"*-2\r\n", limits).is_err());
    }

    #[test]
    fn what_is_no_resp_is_refused_as_soon_as_it_can_be_told() {
        let cases: &[(&[u8], &str)] = &[
            (b"HTTP/1.1 400", "begins with 'H'"),
            (b"\x00", "begins with '\\x00'"),
            (b"$?\r\n", "'?' in a number"),
            (b"*1\r\n.\r\n", "begins with '.'"),
            (b"$\r\n", "'\\r' in a number"),
            (b"$-2\r\n", "a size of -2"),
            (b"$--1\r\n", "'-' in a number"),
            (b"$201\r\n", "201 bytes, where 200 are the most"),
            (b"$99999999999999999999\r\n", "more than 64 bits"),
            (b"$00000000000000000000000", "many digits"),
            (b"%9223372036854775808\r\n", "more than 64 bits"),
            (b">3\r\n$9\r\nsubscribe\r\n*1\r\n", "a channel that is a list"),
            (b"$1\r\nab\r\n", "'b' in the place of '\\r'"),
            (b":1\rx", "'x' in the place of '\\n'"),
            (b"+a\n", "without CR"),
            (b">3\r\n$7\r\nmessage\r\n:", "':' in the place of '$'"),
            (b">3\r\n$7\r\nmessage\r\n$-1\r\n", "on no channel"),
            (b">3\r\n$7\r\nmessage\r\n$65537\r\n", "65537 bytes, where 65536"),
            (b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$-1\r\n", "of nothing"),
            (b">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:-1\r\n", "less than no subscriptions"),
            (b"|1\r\n+a\r\n+b\r\n|", "attributes of attributes"),
        ];
        for (bytes, why) in cases {
            let said = refused(bytes);
            assert!(said.starts_with("the server sent what is no RESP: ") && said.contains(why), "{said}");
        }
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let nested = |depth: usize| [b"*1\r\n".repeat(depth), b":1\r\n".to_vec()].concat();
        assert_eq!(one(&nested(DEPTH)), Frame::Other);
        assert!(refused(&nested(DEPTH + 1)).contains("levels"));
        assert!(refused(&nested(1_000_000)).contains("levels"));
        let many = |values: usize| [b"*1000000\r\n".to_vec(), b"*0\r\n".repeat(values)].concat();
        assert_eq!(parse(&many(40), LIMITS), Ok(None));
        assert!(refused(&many(60)).contains("more than 200 bytes"));
        let line = |length: usize| [&b"+"[..], &b"x".repeat(length)].concat();
        assert_eq!(parse(&line(200), LIMITS), Ok(None));
        assert!(refused(&line(201)).contains("more than 200 bytes"));
    }
}
