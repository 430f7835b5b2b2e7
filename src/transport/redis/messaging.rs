//! The requests by which kombu's Redis transport carries messages: lists for queues, sets for bindings,
//! channels for broadcasts. What the names mean is the broker's affair.

use super::commands::Request;

/// Where the replies to a broadcast are to go, as kombu writes it down.
pub struct ReplyQueue {
    /// The set of the exchange's bindings.
    pub bindings: Vec<u8>,
    /// What stands for this queue in it.
    pub member: Vec<u8>,
    /// The sorted set that says until when tables of bindings are used.
    pub deadlines: Vec<u8>,
    /// The exchange, as a member of that.
    pub exchange: Vec<u8>,
    /// The lists of the queue; the first is the one that replies come into.
    pub lists: Vec<Vec<u8>>,
}

impl ReplyQueue {
    fn list(&self) -> &[u8] {
        self.lists.first().map_or(&[], Vec::as_slice)
    }
}

/// What a list of replies holds from the beginning, so that it exists and expires.
const MARKER: &[u8] = b"";

impl Request {
    /// Tells everyone who listens; the reply is how many did.
    pub fn publish(channel: &[u8], message: &[u8]) -> Self {
        Self::new("PUBLISH", &[channel, message])
    }

    /// Puts messages into a list, the first of them to be taken first.
    #[must_use]
    pub fn and_push(self, list: &[u8], messages: &[&[u8]]) -> Self {
        let arguments: Vec<&[u8]> = std::iter::once(list).chain(messages.iter().copied()).collect();
        self.and("LPUSH", &arguments)
    }

    /// Adds to a set.
    #[must_use]
    pub fn and_add(self, set: &[u8], member: &[u8]) -> Self {
        self.and("SADD", &[set, member])
    }

    /// Lists a set.
    #[must_use]
    pub fn and_list(self, set: &[u8]) -> Self {
        self.and("SMEMBERS", &[set])
    }

    /// Binds a queue for replies, makes its list with a time to live, and only then tells everyone who
    /// listens. `until` is in milliseconds of Unix time, `lives` in seconds. A server that is too old to
    /// keep the later of two deadlines refuses the first command, and has nobody who would read it.
    pub fn broadcast_with_replies(
        queue: &ReplyQueue,
        until: u64,
        lives: u64,
        channel: &[u8],
        message: &[u8],
    ) -> Self {
        Self::new("ZADD", &[&queue.deadlines, b"GT", until.to_string().as_bytes(), &queue.exchange])
            .and("MULTI", &[])
            .and("SADD", &[&queue.bindings, &queue.member])
            .and("RPUSH", &[queue.list(), MARKER])
            .and("EXPIRE", &[queue.list(), lives.to_string().as_bytes()])
            .and("PUBLISH", &[channel, message])
            .and("EXEC", &[])
    }

    /// How long the list of a queue for replies is.
    pub fn length(queue: &ReplyQueue) -> Self {
        Self::new("LLEN", &[queue.list()])
    }

    /// What is in it beside so many that came first, newest first.
    pub fn replies(queue: &ReplyQueue, known: usize) -> Self {
        let last = format!("-{}", known.saturating_add(1));
        Self::new("LRANGE", &[queue.list(), b"0", last.as_bytes()])
    }

    /// Takes the queue for replies away; the last reply tells whether other bindings are left. `lives_on`
    /// leaves its list for a second: whoever has just looked up the binding and writes after it was taken
    /// away would make a list that stays for ever.
    pub fn unbind(queue: &ReplyQueue, lives_on: bool) -> Self {
        let request = Self::new("SREM", &[&queue.bindings, &queue.member]);
        let request = if lives_on {
            request.and("EXPIRE", &[queue.list(), b"1"])
        } else {
            let lists: Vec<&[u8]> = queue.lists.iter().map(Vec::as_slice).collect();
            request.and("DEL", &lists)
        };
        request.and("EXISTS", &[&queue.bindings])
    }

    /// Forgets until when a table of bindings is used.
    pub fn forget_deadline(queue: &ReplyQueue) -> Self {
        Self::new("ZREM", &[&queue.deadlines, &queue.exchange])
    }
}
