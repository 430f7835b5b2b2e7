//! One order as both sides see it. The broker claims an order immediately before it writes to the
//! socket, and whoever waits gives it up when the time is over: only one of the two succeeds, so that
//! "nothing was sent" is said only where nothing will be sent later either.

use super::{Bound, Reply};
use crate::{
    model::{Error, Result, Status},
    sys::{Cancel, Deadline, ParkEnd, Parking},
};
use std::{sync::Arc, time::Duration};

/// How long a call outlasts its deadline at most, so that the broker can take away what it has set up for
/// the call.
const GRACE: Duration = Duration::from_millis(250);

/// How an order has ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// Where exchanges lead.
    Bound(Bound),
    /// The messages are in their queues.
    Sent,
    /// A broadcast has been made.
    Heard {
        /// How many listened; `None` where the connection broke before the server said so, and it is their
        /// answers that show that it was made.
        listeners: Option<u64>,
        /// What they answered.
        replies: Vec<Reply>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent.
    Waiting,
    /// It may have been sent.
    Leaving,
    /// What comes of it is awaited: it was sent and heard by so many, or may have been.
    Left(Option<u64>),
}

#[derive(Debug)]
struct State {
    stage: Stage,
    given_up: bool,
    end: Option<Result<Ordered>>,
    trouble: Option<Error>,
}

/// One order, of the side that waits.
#[derive(Debug)]
pub struct Claim {
    parking: Arc<Parking<State>>,
}

impl Claim {
    /// For the calling thread to wait for; the other half goes into the order. Fails with `Forked` and
    /// `Limit` where the token cannot be used, and with `Cancelled` where it was triggered already: then
    /// nothing is to be sent.
    pub fn new(cancel: Option<&Cancel>) -> Result<(Self, Pending)> {
        let state = State { stage: Stage::Waiting, given_up: false, end: None, trouble: None };
        let parking = Arc::new(Parking::of_call(state, cancel)?);
        if cancel.is_some_and(Cancel::is_triggered) {
            return Err(not_sent(ParkEnd::Cancelled, None));
        }
        Ok((Self { parking: Arc::clone(&parking) }, Pending { parking }))
    }

    /// Waits for the end. `nudge` is called where the order is given up after it left.
    ///
    /// Fails with `Unreachable` or `Cancelled` where nothing was sent, and nothing will be, and with
    /// `Uncertain` where it may or may not have been.
    pub fn wait(&self, deadline: Deadline, cancel: Option<&Cancel>, nudge: impl FnOnce()) -> Result<Ordered> {
        let woken = self.park(deadline, cancel);
        let mut state = self.parking.lock();
        if let Some(end) = state.end.take() {
            return end;
        }
        state.given_up = true;
        let reached = state.stage;
        if reached == Stage::Waiting {
            let trouble = state.trouble.take();
            return Err(not_sent(woken, trouble.as_ref()));
        }
        drop(state);
        nudge();
        // What was cancelled is better known for sent or not than given up a moment earlier.
        let cancelled = woken == ParkEnd::Cancelled;
        if cancelled || matches!(reached, Stage::Left(_)) {
            self.park(Deadline::after(Some(GRACE)), None);
        }
        let mut state = self.parking.lock();
        match (state.end.take(), state.stage) {
            (Some(Ok(Ordered::Heard { .. })), _) | (None, Stage::Left(Some(_))) if cancelled => {
                Err(Error::new(Status::Cancelled, "cancelled through its token; it was sent"))
            }
            (Some(end), _) => end,
            (None, Stage::Left(listeners @ Some(_))) => Ok(Ordered::Heard { listeners, replies: Vec::new() }),
            (None, _) => Err(Error::new(
                Status::Uncertain,
                "it was sent and not answered in time; it may or may not have arrived",
            )),
        }
    }

    fn park(&self, deadline: Deadline, cancel: Option<&Cancel>) -> ParkEnd {
        let mut state = self.parking.lock();
        loop {
            if state.end.is_some() {
                return ParkEnd::Woken;
            }
            let (again, end) = self.parking.park(state, deadline, cancel);
            state = again;
            if end != ParkEnd::Woken {
                return end;
            }
        }
    }
}

fn not_sent(end: ParkEnd, trouble: Option<&Error>) -> Error {
    if end == ParkEnd::Cancelled {
        return Error::new(Status::Cancelled, "cancelled through its token; nothing was sent");
    }
    let why = trouble.map_or("the broker has not answered", Error::message);
    Error::new(Status::Unreachable, format!("nothing was sent in time: {why}"))
}

/// One order, of the broker's side. Dropped, it says that the broker was closed.
#[derive(Debug)]
pub struct Pending {
    parking: Arc<Parking<State>>,
}

impl Pending {
    /// Whether nobody waits any more.
    pub fn is_given_up(&self) -> bool {
        self.parking.lock().given_up
    }

    /// To be called immediately before the order is written to a socket; where this says no, it must not
    /// be.
    pub fn claim(&self) -> bool {
        let mut state = self.parking.lock();
        if !state.given_up {
            state.stage = Stage::Leaving;
        }
        !state.given_up
    }

    /// It certainly was not sent, and will be tried again.
    pub fn put_back(&self) {
        let mut state = self.parking.lock();
        if !state.given_up {
            state.stage = Stage::Waiting;
        }
    }

    /// So many heard it, or where that is not known it may have been sent; what is awaited now is what they
    /// do.
    pub fn left(&self, listeners: Option<u64>) {
        self.parking.lock().stage = Stage::Left(listeners);
    }

    /// Why it takes so long.
    pub fn trouble(&self, error: &Error) {
        self.parking.lock().trouble = Some(error.clone());
    }

    /// The end.
    pub fn end(self, end: Result<Ordered>) {
        self.finish(end);
    }

    /// The way to the broker has broken: whether it was sent decides which error this is.
    pub fn broken(self, cause: &Error) {
        let waiting = self.parking.lock().stage == Stage::Waiting;
        let error = if waiting {
            cause.clone()
        } else {
            let message = format!("{}; it may or may not have been sent", cause.message());
            Error::new(Status::Uncertain, message)
        };
        self.finish(Err(error));
    }

    /// Tells of the end; the first one counts.
    fn finish(&self, end: Result<Ordered>) {
        let mut state = self.parking.lock();
        if state.end.is_none() {
            state.end = Some(end);
            drop(state);
            self.parking.wake();
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let (status, message) = match self.parking.lock().stage {
            Stage::Waiting => (Status::Closed, "the app was closed; nothing was sent"),
            Stage::Leaving | Stage::Left(None) => {
                (Status::Uncertain, "the app was closed; it may or may not have been sent")
            }
            Stage::Left(Some(_)) => (Status::Closed, "the app was closed; it was sent"),
        };
        self.finish(Err(Error::new(status, message)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Deadline = Deadline::NEVER;

    fn status(result: Result<Ordered>) -> Status {
        result.unwrap_err().status()
    }

    #[test]
    fn who_gives_up_first_has_nothing_sent() {
        let (claim, pending) = Claim::new(None).unwrap();
        let passed = Deadline::after(Some(Duration::ZERO));
        let trouble = Error::new(Status::Unreachable, "connection refused");
        pending.trouble(&trouble);
        let error = claim.wait(passed, None, || {}).unwrap_err();
        assert_eq!(error.status(), Status::Unreachable);
        assert!(error.message().contains("connection refused"), "{error}");
        assert!(!pending.claim());
        assert!(pending.is_given_up());
    }

    #[test]
    fn a_token_that_was_triggered_before_keeps_everything_back() {
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        assert_eq!(Claim::new(Some(&cancel)).unwrap_err().status(), Status::Cancelled);
    }

    #[test]
    fn who_claims_first_leaves_it_uncertain() {
        let (claim, pending) = Claim::new(None).unwrap();
        assert!(pending.claim());
        let passed = Deadline::after(Some(Duration::ZERO));
        let mut nudged = false;
        assert_eq!(status(claim.wait(passed, None, || nudged = true)), Status::Uncertain);
        assert!(nudged);
    }

    #[test]
    fn what_may_have_been_heard_is_uncertain_until_somebody_answers() {
        let passed = Deadline::after(Some(Duration::ZERO));
        let heard = |listeners| Ok(Ordered::Heard { listeners, replies: Vec::new() });
        for (listeners, end, expected) in [
            (Some(1), None, heard(Some(1))),
            (None, None, Err(Status::Uncertain)),
            (None, Some(heard(None)), heard(None)),
        ] {
            let (claim, pending) = Claim::new(None).unwrap();
            assert!(pending.claim());
            pending.left(listeners);
            // The end comes while the broker takes away what it has set up.
            let mut pending = Some(pending);
            let nudge = || {
                if let Some(end) = end {
                    pending.take().unwrap().end(end.map_err(|status| Error::new(status, "")));
                }
            };
            assert_eq!(claim.wait(passed, None, nudge).map_err(|error| error.status()), expected);
        }
    }

    #[test]
    fn what_was_put_back_may_be_given_up() {
        let (claim, pending) = Claim::new(None).unwrap();
        assert!(pending.claim());
        pending.put_back();
        assert_eq!(
            status(claim.wait(Deadline::after(Some(Duration::ZERO)), None, || {})),
            Status::Unreachable
        );
    }

    #[test]
    fn the_end_of_a_dropped_order_tells_what_is_known() {
        for (prepare, expected) in [
            ((|_| ()) as fn(&Pending), Status::Closed),
            (|pending| assert!(pending.claim()), Status::Uncertain),
            (|pending| pending.left(None), Status::Uncertain),
            (|pending| pending.left(Some(1)), Status::Closed),
        ] {
            let (claim, pending) = Claim::new(None).unwrap();
            prepare(&pending);
            drop(pending);
            assert_eq!(status(claim.wait(NOW, None, || {})), expected);
        }
    }

    #[test]
    fn an_end_that_came_counts_whatever_the_time() {
        let (claim, pending) = Claim::new(None).unwrap();
        assert!(pending.claim());
        pending.end(Ok(Ordered::Sent));
        assert_eq!(claim.wait(Deadline::after(Some(Duration::ZERO)), None, || {}).unwrap(), Ordered::Sent);
    }
}
