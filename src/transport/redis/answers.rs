//! What a connection for commands brings: replies, in the order of the commands. A list comes in parts, so
//! that one of any length is read once.

use super::{
    reader::{Expects, Hears, answer},
    reply::Reply,
    resp::{DEPTH, Frame, Garbage, Inbox},
};
use std::collections::VecDeque;

/// A list is not believed to have more parts than this before they have come.
const BELIEVED: usize = 1024;

/// A request that waits for its replies.
pub(super) struct Asked {
    left: usize,
    replies: Vec<Reply>,
    /// The lists that are not complete, each in the one before.
    open: Vec<List>,
    done: Box<dyn FnOnce(Vec<Reply>) + Send>,
}

struct List {
    left: u64,
    parts: Vec<Reply>,
}

impl Asked {
    /// So many replies are expected.
    pub(super) fn new(replies: usize, done: impl FnOnce(Vec<Reply>) + Send + 'static) -> Self {
        Self { left: replies, replies: Vec::with_capacity(replies), open: Vec::new(), done: Box::new(done) }
    }
}

impl Expects for Asked {
    fn take(&mut self, frame: &Frame<'_>) -> Result<bool, Garbage> {
        let mut reply = match frame {
            Frame::List(0) => Reply::List(Vec::new()),
            Frame::List(_) if self.open.len() >= DEPTH => {
                return Err(Garbage::too_deep());
            }
            Frame::List(count) => {
                let room = usize::try_from(*count).unwrap_or(BELIEVED).min(BELIEVED);
                self.open.push(List { left: *count, parts: Vec::with_capacity(room) });
                return Ok(false);
            }
            frame => Reply::of(frame)?,
        };
        while let Some(mut list) = self.open.pop() {
            list.parts.push(reply);
            list.left = list.left.saturating_sub(1);
            if list.left > 0 {
                self.open.push(list);
                return Ok(false);
            }
            reply = Reply::List(list.parts);
        }
        self.replies.push(reply);
        self.left = self.left.saturating_sub(1);
        Ok(self.left == 0)
    }
}

/// Hands on replies as soon as those to a request are complete.
pub(super) struct Answers;

impl Hears for Answers {
    type Expected = Asked;

    fn hear(&mut self, inbox: &mut Inbox, expected: &mut VecDeque<Asked>) -> Result<(), Garbage> {
        while let Some(frame) = inbox.next()? {
            if let Some(Asked { replies, done, .. }) = answer(expected, &frame)? {
                done(replies);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{super::resp::Limits, *};
    use std::sync::mpsc;

    const LIMITS: Limits = Limits { payload: 100, reply: 200, in_parts: true };

    /// The replies to requests of so many commands each.
    fn heard(requests: &[usize], bytes: &[u8]) -> Result<Vec<Vec<Reply>>, Garbage> {
        let (sender, answers) = mpsc::channel();
        let asked = |count: &usize| {
            let sender = sender.clone();
            Asked::new(*count, move |replies| sender.send(replies).unwrap())
        };
        let mut expected = requests.iter().map(asked).collect();
        drop(sender);
        let mut inbox = Inbox::new(LIMITS);
        for byte in bytes {
            inbox.room().first_mut().map(|room| *room = *byte).unwrap();
            inbox.came(1);
            Answers.hear(&mut inbox, &mut expected)?;
        }
        drop(expected);
        Ok(answers.iter().collect())
    }

    fn bytes(text: &str) -> Reply {
        Reply::Bytes(text.as_bytes().into())
    }

    #[test]
    fn replies_are_put_together_and_told_in_order() {
        let stream = b"+OK\r\n*3\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n$-1\r\n-ERR no\r\n*-1\r\n";
        let list = Reply::List(vec![
            bytes("a"),
            Reply::List(vec![Reply::Number(1), Reply::List(Vec::new())]),
            Reply::Nothing,
        ]);
        let first = vec![Reply::Word("OK".to_owned()), list];
        let second = vec![Reply::refused(b"ERR no"), Reply::Nothing];
        assert_eq!(heard(&[2, 2], stream).unwrap(), [first.clone(), second]);
        assert_eq!(heard(&[2, 3], stream).unwrap(), [first], "the other one is not complete");
    }

    #[test]
    fn what_looks_like_a_message_is_a_list() {
        let stream = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$101\r\n".iter().copied();
        let stream: Vec<u8> = stream.chain([b'x'; 101]).chain(*b"\r\n").collect();
        let list = Reply::List(vec![bytes("message"), bytes("c"), Reply::Skipped]);
        assert_eq!(heard(&[1], &stream).unwrap(), [[list]]);
    }

    #[test]
    fn what_was_not_asked_for_ends_the_connection() {
        let why = |stream: &[u8]| heard(&[1], stream).unwrap_err().to_string();
        assert!(why(b":1\r\n:2\r\n").contains("nothing that was asked"));
        assert!(why(&b"*1\r\n".repeat(DEPTH + 1)).contains("levels"));
        assert!(heard(&[1], b"*1000000000000\r\n:1\r\n").unwrap().is_empty());
    }
}
