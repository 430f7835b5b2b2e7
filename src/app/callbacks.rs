//! The callback thread: runs the functions given to `then`, one after the other, so that they
//! never hold up the engine, the storing thread or a waiter. Started with the first `then`.

use crate::{
    model::{Error, Result, Status},
    sys::{Deadline, Level, Log, Mutex, ThreadRole, Worker},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
};

type Job = Box<dyn FnOnce() + Send>;

/// The callback thread of one app.
#[derive(Default)]
pub(super) struct Callbacks {
    queue: Mutex<Queue>,
    worker: Arc<Worker>,
}

#[derive(Default)]
enum Queue {
    #[default]
    NotStarted,
    Open(Sender<Job>),
    Closed,
}

impl Callbacks {
    /// Starts the thread, unless it runs. Fails when the app is closed or the system gives no
    /// thread.
    pub(super) fn start(&self) -> Result<()> {
        let mut queue = self.queue.lock();
        match &*queue {
            Queue::Open(_) => return Ok(()),
            Queue::Closed => return Err(Error::new(Status::Closed, "the app was closed")),
            Queue::NotStarted => {}
        }
        let (sender, receiver) = channel::<Job>();
        self.worker.start("celery-callback", ThreadRole::Callback, move || run(&receiver)).map_err(
            |error| Error::new(Status::Limit, format!("the callback thread cannot be started: {error}")),
        )?;
        *queue = Queue::Open(sender);
        Ok(())
    }

    /// Runs a job on the thread. After [`Self::close`] it runs here: it is told of the end and
    /// releases what it holds.
    pub(super) fn run(&self, job: Job, log: &Log) {
        let queue = self.queue.lock();
        if let Queue::Open(sender) = &*queue {
            // The thread takes jobs until the sender is gone.
            let _ = sender.send(job);
            return;
        }
        drop(queue);
        log.write(Level::Debug, "callback", || "a callback came after the app was closed".to_owned());
        job();
    }

    /// Ends the thread once it has run what it was given.
    pub(super) fn close(&self) {
        *self.queue.lock() = Queue::Closed;
    }

    pub(super) fn join(&self, deadline: Deadline) -> bool {
        self.worker.join(deadline)
    }
}

fn run(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        // One bad callback must not take the others with it; a panic in a Rust callback has been
        // reported by the panic hook.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}
