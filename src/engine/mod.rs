//! Who waits for what. The engine knows ids, waiters, deadlines and the state of the link; it
//! knows no C, no Redis and no value: of a record it asks the codec for the state only.
//!
//! Locks: the registry's comes first and is held for moments; under it only a call's own state
//! is locked. No backend, sink, waiter or log function is called under it. What has to be sent or told is collected under the lock and carried
//! out after it: operations through the outbox, which keeps the order in which they were
//! decided, and events through [`Deliveries`].

mod call;
mod links;
mod queue;
mod registry;
mod sink;
mod slot;
mod survey;
mod tables;
mod ticker;
mod wait;
mod waiter;
mod watch;

pub use call::{CallOp, call_together};
pub use links::{LinkObserver, LinkState};
pub use queue::{Held, Item, Pending, Queue, QueueSettings, Site, Taken};
pub use survey::{Seen, Surveyor};
pub use wait::{Hooks, NoHooks, WaitRequest};
pub use waiter::{Event, How, Told, Waiter};

use crate::{
    backend::{Backend, Op, Sink, Traits, Wakes},
    codec::Codec,
    config::EngineSettings,
    model::{Counters, Error, Result, Status},
    sys::{Deadline, Driver, Log, Mutex, ThreadRole, fork::Generation, role},
};
use registry::Registry;
use std::sync::{
    Arc, OnceLock, Weak,
    atomic::{AtomicU64, Ordering},
};
use waiter::Deliveries;

/// The engine of one app; cloning shares it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    settings: EngineSettings,
    codec: Codec,
    log: Log,
    driver: Driver,
    born: Generation,
    registry: Mutex<Registry>,
    backend: OnceLock<Arc<dyn Backend>>,
    recovered: AtomicU64,
    link_observers: Mutex<Vec<Weak<dyn LinkObserver>>>,
}

impl Engine {
    /// An engine on the backend that `open` makes. Starts nothing and does no I/O.
    pub fn new(
        settings: EngineSettings,
        codec: Codec,
        log: Log,
        open: impl FnOnce(Driver, Weak<dyn Sink>) -> Result<Arc<dyn Backend>>,
    ) -> Result<Self> {
        let driver = Driver::new("celery-result");
        let shared = Arc::new(Shared {
            registry: Mutex::new(Registry::new(settings.max_subscriptions)),
            settings,
            codec,
            log,
            driver: driver.clone(),
            born: Generation::now(),
            backend: OnceLock::new(),
            recovered: AtomicU64::new(0),
            link_observers: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        driver.on_panic(move |message| {
            if let Some(shared) = weak.upgrade() {
                shared.end(&Error::new(Status::Panic, format!("the engine thread panicked: {message}")));
            }
        });
        let sink: Weak<Shared> = Arc::downgrade(&shared);
        let backend = open(driver, sink)?;
        if backend.traits().wakes == Wakes::Direct {
            shared.registry.lock().send_unordered();
        }
        let _ = shared.backend.set(backend);
        Ok(Self { shared })
    }

    /// What the result store is like.
    pub fn traits(&self) -> Option<&Traits> {
        self.shared.backend.get().map(|backend| backend.traits())
    }

    /// How many pushed records are kept at most for one who is slow to take them.
    pub fn max_queued_messages(&self) -> usize {
        self.shared.settings.max_queued_messages
    }

    /// The app's one thread, for what else needs connections.
    pub fn driver(&self) -> Driver {
        self.shared.driver.clone()
    }

    /// Whether both are the engine of one app.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether the calling process is not the one that made the engine.
    pub fn is_forked(&self) -> bool {
        !self.shared.born.is_current()
    }

    /// Fails in a forked child.
    pub fn check_process(&self) -> Result<()> {
        self.shared.check_process()
    }

    /// Refuses where a blocking call could wait for the calling thread itself, and in a forked
    /// child.
    pub fn check_may_block(&self) -> Result<()> {
        self.shared.check_process()?;
        Shared::check_thread(|role| role != ThreadRole::User)
    }

    /// Ends everything: each waiter and call fails with [`Status::Closed`]. Idempotent; never
    /// blocks. In a forked child it does nothing.
    pub fn close(&self) {
        if self.is_forked() {
            return;
        }
        self.shared.end(&Error::new(Status::Closed, "the app was closed"));
    }

    /// Waits until the engine thread has ended after [`Self::close`].
    pub fn join(&self, deadline: Deadline) -> bool {
        self.shared.driver.join(deadline)
    }

    /// Waits in progress, results found by the periodic re-read alone, and the backend's figures;
    /// zeros in a forked child.
    pub fn figures(&self) -> (u64, u64, Counters) {
        if self.is_forked() {
            return Default::default();
        }
        let waiters = self.shared.registry.lock().waiters();
        let counters = self.shared.backend.get().map(|backend| backend.counters()).unwrap_or_default();
        (waiters, self.shared.recovered.load(Ordering::Relaxed), counters)
    }
}

impl Shared {
    fn check_process(&self) -> Result<()> {
        if self.born.is_current() {
            return Ok(());
        }
        Err(Error::new(
            Status::Forked,
            "the app was opened before fork(); in the child process, open another one",
        ))
    }

    /// Refuses a call that would block a thread the call itself depends on.
    fn check_thread(refuse: fn(ThreadRole) -> bool) -> Result<()> {
        if refuse(role()) {
            return Err(Error::new(Status::Recursive, "a blocking call on a thread of the library"));
        }
        Ok(())
    }

    fn wakes(&self, wakes: Wakes) -> bool {
        self.backend.get().is_some_and(|backend| backend.traits().wakes == wakes)
    }

    /// Changes the registry under its lock; gives what the caller is to [`Self::send`] then.
    fn decide<R>(&self, change: impl FnOnce(&mut Registry) -> R) -> (R, Option<Vec<Op>>) {
        let mut registry = self.registry.lock();
        let result = change(&mut registry);
        (result, registry.begin_sending())
    }

    /// Sends what was decided, in the order it was decided. One thread sends at a time; whoever
    /// comes meanwhile leaves its operations to that thread.
    fn flush(&self) {
        let ((), ops) = self.decide(|_| ());
        self.send(ops);
    }

    /// Sends what the caller took from the outbox, and what was added meanwhile.
    fn send(&self, mut ops: Option<Vec<Op>>) {
        let Some(backend) = self.backend.get() else { return };
        while let Some(taken) = ops {
            let sending = Sending { shared: self, _guard: EndOnPanic::new(self) };
            backend.submit(taken);
            drop(sending);
            ops = self.registry.lock().begin_sending();
        }
    }

    fn deliver(&self, deliveries: Deliveries) {
        waiter::tell(deliveries);
        self.flush();
    }

    /// Ends the engine for this reason: nothing is accepted any more, everyone is told.
    fn end(&self, reason: &Error) {
        if !self.registry.lock().close(reason) {
            return;
        }
        if let Some(backend) = self.backend.get() {
            backend.close();
        }
        self.fail_everyone(reason);
        self.tell_link(&LinkState::Ended(reason.clone()));
        self.driver.stop();
    }

    /// In slices, so that nobody waits long for the lock.
    fn fail_everyone(&self, reason: &Error) {
        let calls = self.registry.lock().take_calls();
        for call in calls {
            call.end(Err(reason.clone()));
        }
        let surveys = self.registry.lock().take_surveys();
        for survey in surveys {
            survey.fail(reason);
        }
        loop {
            let deliveries = self.registry.lock().fail_slice(reason);
            if deliveries.is_empty() {
                return;
            }
            self.deliver(deliveries);
        }
    }
}

/// Marks the sending thread.
struct Sending<'a> {
    shared: &'a Shared,
    _guard: EndOnPanic<'a>,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.shared.registry.lock().end_sending();
    }
}

/// A backend that panics takes the engine down instead of leaving everyone waiting for what will not
/// come.
struct EndOnPanic<'a> {
    shared: &'a Shared,
    /// Whether the thread panicked before: a wait that a callback's panic ends is released here.
    unwinding: bool,
}

impl<'a> EndOnPanic<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self { shared, unwinding: std::thread::panicking() }
    }
}

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.unwinding {
            self.shared.end(&Error::new(Status::Panic, "the result backend panicked"));
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(backend) = self.backend.get() {
            backend.close();
        }
        self.driver.stop();
    }
}
