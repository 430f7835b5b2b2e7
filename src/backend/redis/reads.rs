//! Reads on the command connection: what somebody waits for goes before what is only checked
//! again, and what came together is read together.

use super::{
    request::Read,
    session::{Session, Work},
};
use crate::{
    backend::Urgency,
    transport::redis::{Reply, Request},
};
use std::collections::VecDeque;

/// Most keys of one MGET.
const KEYS: usize = 128;

/// Most read requests under way.
const REQUESTS: usize = 8;

/// The same while only reads are left for which nobody waits, so that one who comes does not
/// stand behind many of them.
const LATER_REQUESTS: usize = 4;

/// Most read requests under way where an access rule forbids MGET.
const SINGLE_REQUESTS: usize = 64;

/// What is to be read.
#[derive(Default)]
pub(super) struct Reads {
    now: VecDeque<Read>,
    later: VecDeque<Read>,
    under_way: usize,
    no_ranges: bool,
    no_many: bool,
}

impl Reads {
    pub(super) fn push(&mut self, read: Read) {
        match read.urgency {
            Urgency::Now => self.now.push_back(read),
            Urgency::Later => self.later.push_back(read),
        }
    }

    /// All reads that have not been sent.
    pub(super) fn queued(&mut self) -> impl Iterator<Item = Read> + use<> {
        std::mem::take(&mut self.now).into_iter().chain(std::mem::take(&mut self.later))
    }

    fn next(&mut self) -> Option<Vec<Read>> {
        let urgent = !self.now.is_empty();
        let (requests, keys) = match (urgent, self.no_many) {
            (_, true) => (SINGLE_REQUESTS, 1),
            (true, false) => (REQUESTS, KEYS),
            (false, false) => (LATER_REQUESTS, KEYS),
        };
        let queue = if urgent { &mut self.now } else { &mut self.later };
        if queue.is_empty() || self.under_way >= requests {
            return None;
        }
        self.under_way += 1;
        Some(queue.drain(..keys.min(queue.len())).collect())
    }
}

impl Session {
    pub(super) fn send_reads(&mut self) {
        while let Some(mut reads) = self.reads.next() {
            if reads.len() > 1 {
                let keys: Vec<_> = reads.iter().map(|read| self.shared.keys.of(&read.key)).collect();
                let request = Request::get_many(keys.iter().map(Vec::as_slice));
                self.command(request, Work::ReadMany(reads));
            } else if let Some(read) = reads.pop() {
                let request = self.get(&self.shared.keys.of(&read.key));
                let whole = self.cannot_read_ranges();
                self.command(request, Work::Read { read, whole });
            }
        }
    }

    pub(super) fn cannot_read_ranges(&self) -> bool {
        self.reads.no_ranges
    }

    /// Reads one key, bounded where the access rules allow it.
    pub(super) fn get(&self, key: &[u8]) -> Request {
        if self.reads.no_ranges {
            Request::get(key)
        } else {
            Request::get_bounded(key, self.shared.max_payload_bytes)
        }
    }

    /// Whether a read is to be made again as a whole because an access rule forbids GETRANGE.
    pub(super) fn is_range_refused(&mut self, whole: bool, reply: &Reply) -> bool {
        let refused = !whole && matches!(reply, Reply::Refused(refusal) if refusal.is_permission());
        self.reads.no_ranges |= refused;
        refused
    }

    pub(super) fn read_done(&mut self, read: Read, whole: bool, reply: Reply) {
        self.reads.under_way -= 1;
        if self.is_range_refused(whole, &reply) {
            return self.reads.push(read);
        }
        read.pending.answer(self.shared.found(&read.key, reply));
    }

    pub(super) fn reads_done(&mut self, reads: Vec<Read>, reply: Reply) {
        self.reads.under_way -= 1;
        match reply {
            Reply::List(found) if found.len() == reads.len() => {
                for (read, found) in reads.into_iter().zip(found) {
                    read.pending.answer(self.shared.found(&read.key, found));
                }
            }
            // Of the command, or of one of the keys: each by itself then.
            Reply::Refused(refusal) if refusal.is_permission() => {
                self.reads.no_many = true;
                for read in reads {
                    self.reads.push(read);
                }
            }
            reply => {
                for read in reads {
                    let failure = self.shared.strange(&read.key, &reply);
                    read.pending.answer(Err(failure));
                }
            }
        }
    }
}
