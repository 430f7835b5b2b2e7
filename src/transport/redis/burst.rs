//! What a connection for events brings: messages and the answers to requests, told in one go for each
//! read. Every frame that is not pushed answers the oldest command that lacks an answer.

use super::{
    connect::{Notice, Notify},
    reader::{Expects, Hears, answer},
    reply::Reply,
    resp::{Frame, Garbage, Inbox},
};
use crate::model::Stored;
use std::{collections::VecDeque, iter::repeat_n, ops::Range};

/// What one read has brought, in the order in which it came.
#[derive(Debug, Default)]
pub struct Burst {
    /// The names of channels, one behind the other.
    pub channels: Vec<u8>,
    /// Messages and answers.
    pub heard: Vec<Heard>,
}

/// A part of a [`Burst`].
#[derive(Debug)]
pub enum Heard {
    /// Something was published.
    Message {
        /// Where the channel's name is.
        channel: Range<usize>,
        /// What was published; `None` where it is over the limit.
        record: Option<Stored>,
    },
    /// A request has been answered.
    Answer {
        /// The number that it was made under.
        number: u64,
        /// One reply for each channel, which is the number of subscriptions that there are now; then
        /// what was read.
        replies: Vec<Reply>,
    },
}

/// The answers that a request waits for: first those about its channels.
pub(super) struct Expected {
    number: u64,
    /// Each channel by a command of its own, or all by one, which is refused as a whole.
    change: Change,
    channels: usize,
    values: usize,
    replies: Vec<Reply>,
}

/// What happens to the channels of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Begin,
    End,
}

impl Expected {
    pub(super) fn new(number: u64, change: Change, channels: usize, values: usize) -> Self {
        let replies = Vec::with_capacity(channels.saturating_add(values));
        Self { number, change, channels, values, replies }
    }
}

impl Expects for Expected {
    fn take(&mut self, frame: &Frame<'_>) -> Result<bool, Garbage> {
        if self.channels == 0 {
            self.replies.push(Reply::of(frame)?);
            self.values = self.values.saturating_sub(1);
            return Ok(self.values == 0);
        }
        let (reply, channels) = match frame {
            Frame::Confirmation { begun, count } if *begun == (self.change == Change::Begin) => {
                (Reply::Number(i64::try_from(*count).unwrap_or(i64::MAX)), 1)
            }
            Frame::Error(line) if self.change == Change::End => (Reply::refused(line), self.channels),
            Frame::Error(line) => (Reply::refused(line), 1),
            _ => return Err(Garbage::new("a change of subscriptions that is answered with something else")),
        };
        self.replies.extend(repeat_n(reply, channels));
        self.channels = self.channels.saturating_sub(channels);
        Ok(self.channels == 0 && self.values == 0)
    }
}

/// Tells what each read has brought.
pub(super) struct Bursts(pub(super) Notify);

impl Hears for Bursts {
    type Expected = Expected;

    fn hear(&mut self, inbox: &mut Inbox, expected: &mut VecDeque<Expected>) -> Result<(), Garbage> {
        let mut burst = Burst::default();
        let end = burst.fill(inbox, expected);
        if !burst.heard.is_empty() {
            (self.0)(Notice::Burst(burst));
        }
        end
    }
}

impl Burst {
    fn fill(&mut self, inbox: &mut Inbox, expected: &mut VecDeque<Expected>) -> Result<(), Garbage> {
        while let Some(frame) = inbox.next()? {
            let heard = match frame {
                Frame::Message { channel, payload } => {
                    let channel = add(&mut self.channels, channel);
                    Heard::Message { channel, record: Some(Stored::new(payload)) }
                }
                Frame::Oversized { channel, .. } => {
                    Heard::Message { channel: add(&mut self.channels, channel), record: None }
                }
                Frame::Pushed => continue,
                other => match answer(expected, &other)? {
                    Some(Expected { number, replies, .. }) => Heard::Answer { number, replies },
                    None => continue,
                },
            };
            self.heard.push(heard);
        }
        Ok(())
    }
}

fn add(channels: &mut Vec<u8>, channel: &[u8]) -> Range<usize> {
    let start = channels.len();
    channels.extend_from_slice(channel);
    start..channels.len()
}
