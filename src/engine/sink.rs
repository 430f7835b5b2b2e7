//! What the backend tells the engine. Records are looked into here, before the registry is locked.

use super::{
    LinkState, Shared,
    registry::{Found, Owner, SLICE},
    waiter::{self, Deliveries},
};
use crate::{
    backend::{Answer, Failure, Link, Pushed, Sink, Ticket},
    model::{Error, Status, Stored},
    sys::Level,
};
use smallvec::SmallVec;
use std::sync::atomic::Ordering;

impl Sink for Shared {
    fn messages(&self, pushed: &[Pushed<'_>]) {
        for slice in pushed.chunks(SLICE) {
            let awaited: SmallVec<[_; 1]> = {
                let registry = self.registry.lock();
                slice.iter().filter_map(|pushed| Some((pushed, registry.place(pushed.id)?))).collect()
            };
            if awaited.is_empty() {
                continue;
            }
            let found = awaited.into_iter().map(|(pushed, place)| (pushed.id, place, self.found_in(pushed)));
            let found: SmallVec<[_; 1]> = found.collect();
            let mut deliveries = Deliveries::with_capacity(found.len());
            let nothing_to_send = {
                let mut registry = self.registry.lock();
                for (id, place, found) in found {
                    registry.message(id, place, found, &mut deliveries);
                }
                registry.has_nothing_to_send()
            };
            waiter::tell(deliveries);
            if !nothing_to_send {
                self.flush();
            }
        }
    }

    fn answer(&self, ticket: Ticket, result: Result<Answer, Failure>) {
        let owner = self.registry.lock().owner(ticket);
        match owner {
            Owner::Nobody => {}
            Owner::Call(call) => match result {
                Ok(answer) => {
                    self.registry.lock().call_answered(ticket, true);
                    call.end(Ok(answer));
                }
                Err(Failure::Retry(error)) => self.registry.lock().stall_call(ticket, error),
                // Reading or removing a record twice does no harm.
                Err(Failure::Uncertain(error)) if !call.op.is_write() => {
                    self.registry.lock().stall_call(ticket, error);
                }
                Err(
                    Failure::Uncertain(error)
                    | Failure::Permanent(error)
                    | Failure::TooLarge(error)
                    | Failure::Unsupported(error),
                ) => {
                    self.registry.lock().call_answered(ticket, false);
                    call.end(Err(error));
                }
            },
            Owner::Survey(survey) => self.survey_answered(ticket, survey, result),
            Owner::Read(id) => {
                let record = result.and_then(|answer| answer.into_record().map_err(Failure::Permanent));
                let found = record.map(|record| match record {
                    None => Found::Unfinished(None),
                    Some(record) => self.look_into(&id, record, false),
                });
                let (deliveries, swept) = self.registry.lock().answered(ticket, found);
                if swept {
                    self.recovered.fetch_add(1, Ordering::Relaxed);
                }
                self.deliver(deliveries);
            }
            Owner::Barrier => {
                let passed = result.map(drop);
                loop {
                    let (deliveries, more) = self.registry.lock().release(&passed);
                    self.deliver(deliveries);
                    if !more {
                        return;
                    }
                }
            }
        }
    }

    fn link(&self, link: Link) {
        match link {
            Link::Live(generation) => {
                self.registry.lock().link_live(generation);
                self.tell_link(&LinkState::Live);
            }
            Link::Lost(error) => {
                self.registry.lock().link_lost(error.clone());
                self.tell_link(&LinkState::Lost(error));
            }
            Link::Refused(error) => {
                let is_final = self.registry.lock().refusal_is_final(&error);
                self.tell_link(&LinkState::Lost(error.clone()));
                if is_final {
                    self.fail_everyone(&error);
                }
            }
            Link::Unwatchable(id, error) => {
                self.log.write(Level::Debug, "link", || {
                    format!("task {id}: cannot be watched and is polled: {}", error.message())
                });
                self.registry.lock().unwatchable(&id);
            }
        }
        self.flush();
    }
}

impl Shared {
    /// A pushed record completes a wait from its own bytes, if it is trusted and about this task.
    fn found_in(&self, Pushed { id, record }: &Pushed<'_>) -> Found {
        let found = match record {
            _ if !self.settings.trust_messages => {
                Found::Unusable(Error::new(Status::Decode, "result_trust_messages is off"))
            }
            None => Found::Unusable(Error::new(Status::TooLarge, "it is larger than max_payload_bytes")),
            Some(record) => self.look_into(id, record.clone(), true),
        };
        if let Found::Unusable(error) = &found {
            self.log.write(Level::Debug, "engine", || {
                format!(
                    "task {id}: a pushed record is not used, the stored one will be read: {}",
                    error.message()
                )
            });
        }
        found
    }

    /// Whether the task has finished. What is stored under the id counts, whatever task it names;
    /// what is pushed has to be about this one.
    fn look_into(&self, id: &str, record: Stored, pushed: bool) -> Found {
        match self.codec.glance(&record, id) {
            Err(error) => Found::Unusable(error),
            Ok(glance) if pushed && !glance.same_task => {
                Found::Unusable(Error::new(Status::Decode, "it is about another task"))
            }
            Ok(glance) if glance.state.is_ready() => Found::Ready(record),
            Ok(_) => Found::Unfinished(Some(record)),
        }
    }
}
