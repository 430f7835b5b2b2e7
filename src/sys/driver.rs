//! The one engine thread of an app: a current-thread runtime for sockets and timers, started
//! when something is first spawned on it. An app on `memory://` never starts one.

use super::{Deadline, Parking, ThreadRole, Worker};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{
    Notify,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// How long the thread goes on at most for those who hold it.
const LINGERS: Duration = Duration::from_millis(250);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type PanicHook = Arc<dyn Fn(String) + Send + Sync>;

/// A handle to the engine thread; cloning shares it. Dropping handles never blocks.
#[derive(Clone)]
pub struct Driver {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    state: Mutex<State>,
    worker: Arc<Worker>,
    holds: AtomicUsize,
    released: Notify,
}

#[derive(Default)]
struct State {
    tasks: Option<UnboundedSender<Task>>,
    on_panic: Option<PanicHook>,
    stopped: bool,
}

impl Driver {
    /// A driver whose thread will carry this name; nothing is started yet.
    pub fn new(name: &'static str) -> Self {
        let holds = AtomicUsize::new(0);
        let (state, worker, released) = (Mutex::default(), Arc::default(), Notify::new());
        Self { shared: Arc::new(Shared { name, state, worker, holds, released }) }
    }

    /// Whom to tell, with the panic's message, when a task panics.
    pub fn on_panic(&self, hook: impl Fn(String) + Send + Sync + 'static) {
        self.lock().on_panic = Some(Arc::new(hook));
    }

    /// Runs a task on the engine thread, starting it if need be. After [`Self::stop`] the task
    /// is dropped. Fails when the system gives no thread or descriptor.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let mut state = self.lock();
        if state.stopped {
            return Ok(());
        }
        if state.tasks.is_none() {
            self.start(&mut state)?;
        }
        if let Some(tasks) = &state.tasks {
            // The receiver lives until `stop` takes the sender away.
            let _ = tasks.send(Box::pin(task));
        }
        Ok(())
    }

    fn start(&self, state: &mut State) -> io::Result<()> {
        let (sender, receiver) = unbounded_channel();
        let shared = Arc::clone(&self.shared);
        // The runtime is made by its own thread, since it takes down whose it is, and a host's main
        // thread should keep nothing of ours. A condition variable tells how that went.
        let made = Arc::new(Parking::new(None, None)?);
        let outcome = Arc::clone(&made);
        self.shared.worker.start(self.shared.name, ThreadRole::Engine, move || {
            // A name lookup that hangs outlives the attempt to connect that asked for it; the next
            // one waits for the same helper instead of starting one more.
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
            let (runtime, told) = match runtime {
                Ok(runtime) => (Some(runtime), Ok(())),
                Err(error) => (None, Err(error)),
            };
            *outcome.lock() = Some(told);
            outcome.wake();
            if let Some(runtime) = runtime {
                runtime.block_on(run(&shared, receiver));
                // Sockets close with their tasks; a name lookup under way is not waited for.
                runtime.shutdown_background();
            }
        })?;
        let mut told = made.lock();
        while told.is_none() {
            told = made.park(told, Deadline::NEVER, None).0;
        }
        told.take().unwrap_or(Ok(()))?;
        state.tasks = Some(sender);
        Ok(())
    }

    /// Has the thread go on for a moment after [`Self::stop`], until this is dropped: for what has to be
    /// put away.
    pub fn hold(&self) -> Hold {
        self.shared.holds.fetch_add(1, Ordering::Relaxed);
        Hold { shared: Arc::clone(&self.shared) }
    }

    /// Ends the thread: every task is dropped where it waits. Returns at once; idempotent.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.tasks = None;
    }

    /// Waits until the thread has ended after [`Self::stop`]; false when the deadline came first.
    pub fn join(&self, deadline: Deadline) -> bool {
        self.shared.worker.join(deadline)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

/// Keeps the engine thread for a moment; see [`Driver::hold`].
pub struct Hold {
    shared: Arc<Shared>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.holds.fetch_sub(1, Ordering::Relaxed);
        self.shared.released.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run(shared: &Arc<Shared>, mut tasks: UnboundedReceiver<Task>) {
    while let Some(task) = tasks.recv().await {
        let watched = tokio::spawn(task);
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            if let Err(error) = watched.await
                && let Ok(panic) = error.try_into_panic()
            {
                let hook = shared.lock().on_panic.clone();
                if let Some(hook) = hook {
                    hook(panic_message(&*panic));
                }
            }
        });
    }
    let released = async {
        while shared.holds.load(Ordering::Relaxed) > 0 {
            shared.released.notified().await;
        }
    };
    let _ = tokio::time::timeout(LINGERS, released).await;
}

/// Waits in a task of the engine thread.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The text of a caught panic.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic without a message")
        .to_owned()
}
