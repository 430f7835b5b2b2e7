//! Reads on the command connection: what somebody waits for goes before what is only checked
//! again, and what came together is read together.

use super::{
    request::{Pending, Read, ReadMany},
    session::{Session, Work},
};
use crate::{
    backend::{Answer, Failure, Urgency},
    model::{Key, Status, Stored},
    transport::redis::{Reply, Request},
};
use std::collections::VecDeque;

/// Most keys of one MGET.
pub(super) const KEYS: usize = 128;

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
    many: VecDeque<ReadMany>,
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

    pub(super) fn push_many(&mut self, reads: ReadMany) {
        self.many.push_back(reads);
    }

    /// Who waits for reads that have not been sent.
    pub(super) fn queued(&mut self) -> impl Iterator<Item = Pending> + use<> {
        let single = std::mem::take(&mut self.now).into_iter().chain(std::mem::take(&mut self.later));
        let many = std::mem::take(&mut self.many).into_iter().map(|reads| reads.pending);
        single.map(|read| read.pending).chain(many)
    }

    /// What is to be read next: who waits for one record goes before who asks for many.
    fn next(&mut self) -> Option<Next> {
        let is_later = self.now.is_empty() && self.many.is_empty();
        let (requests, keys) = match (is_later, self.no_many) {
            (_, true) => (SINGLE_REQUESTS, 1),
            (false, false) => (REQUESTS, KEYS),
            (true, false) => (LATER_REQUESTS, KEYS),
        };
        if self.under_way >= requests {
            return None;
        }
        let next = if self.now.is_empty()
            && let Some(many) = self.many.pop_front()
        {
            Next::Many(many)
        } else {
            let queue = if is_later { &mut self.later } else { &mut self.now };
            let reads: Vec<_> = queue.drain(..keys.min(queue.len())).collect();
            if reads.is_empty() {
                return None;
            }
            Next::Together(reads)
        };
        self.under_way += 1;
        Some(next)
    }
}

enum Next {
    /// Reads that happened to come together.
    Together(Vec<Read>),
    Many(ReadMany),
}

impl Session {
    pub(super) fn send_reads(&mut self) {
        while let Some(next) = self.reads.next() {
            match next {
                Next::Many(reads) if self.reads.no_many => {
                    self.reads.under_way -= 1;
                    self.cannot_read_many(reads.pending);
                }
                Next::Many(reads) => {
                    let request = self.get_many(reads.keys.iter());
                    self.command(request, Work::ReadMany(reads));
                }
                Next::Together(reads) if reads.len() > 1 => {
                    let request = self.get_many(reads.iter().map(|read| &read.key));
                    self.command(request, Work::ReadTogether(reads));
                }
                Next::Together(mut reads) => {
                    let Some(read) = reads.pop() else { continue };
                    let request = self.get(&self.shared.keys.of(&read.key));
                    let whole = self.cannot_read_ranges();
                    self.command(request, Work::Read { read, whole });
                }
            }
        }
    }

    fn get_many<'a>(&self, keys: impl ExactSizeIterator<Item = &'a Key>) -> Request {
        Request::get_many(keys.map(|key| self.shared.keys.parts(key)))
    }

    /// An access rule forbids MGET: whoever asked reads one by one.
    fn cannot_read_many(&self, pending: Pending) {
        let error = self.shared.error(Status::Unsupported, "MGET is refused by the user's access rules");
        pending.answer(Err(Failure::Unsupported(error)));
    }

    /// What an MGET found under each of its keys; fails with what the server replied instead.
    fn found_each<'a>(
        &mut self,
        keys: impl ExactSizeIterator<Item = &'a Key>,
        reply: Reply,
    ) -> Result<Vec<Result<Option<Stored>, Failure>>, Reply> {
        self.reads.under_way -= 1;
        match reply {
            Reply::List(found) if found.len() == keys.len() => {
                Ok(keys.zip(found).map(|(key, found)| self.shared.found(key, found)).collect())
            }
            reply => {
                // Of the command, or of one of the keys.
                self.reads.no_many |= reply.is_permission();
                Err(reply)
            }
        }
    }

    pub(super) fn many_done(&mut self, reads: ReadMany, reply: Reply) {
        let ReadMany { keys, pending } = reads;
        match self.found_each(keys.iter(), reply) {
            Ok(found) => pending.answer(Ok(Answer::Records(found))),
            Err(reply) if reply.is_permission() => self.cannot_read_many(pending),
            Err(reply) => {
                let Some(first) = keys.first() else { return };
                pending.answer(Err(self.shared.strange(first, &reply)));
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
        let refused = !whole && reply.is_permission();
        self.reads.no_ranges |= refused;
        refused
    }

    pub(super) fn read_done(&mut self, read: Read, whole: bool, reply: Reply) {
        self.reads.under_way -= 1;
        if self.is_range_refused(whole, &reply) {
            return self.reads.push(read);
        }
        read.pending.answer(self.shared.found(&read.key, reply).map(Answer::Record));
    }

    pub(super) fn reads_done(&mut self, reads: Vec<Read>, reply: Reply) {
        match self.found_each(reads.iter().map(|read| &read.key), reply) {
            Ok(found) => {
                for (read, found) in reads.into_iter().zip(found) {
                    read.pending.answer(found.map(Answer::Record));
                }
            }
            // Each by itself then.
            Err(reply) if reply.is_permission() => reads.into_iter().for_each(|read| self.reads.push(read)),
            Err(reply) => {
                for read in reads {
                    read.pending.answer(Err(self.shared.strange(&read.key, &reply)));
                }
            }
        }
    }
}
