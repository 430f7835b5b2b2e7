//! shuttle: random interleavings of models that are too large to explore all of. Time passes when
//! a model says so.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, LockResult, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use shuttle::{sync::atomic::AtomicBool, thread};

shuttle::lazy_static! {
    /// Nanoseconds since the model began.
    static ref NOW: AtomicU64 = AtomicU64::new(0);
    /// Those who sleep until some moment. Its lock is that of all condition variables.
    static ref SLEEPERS: shuttle::sync::Mutex<Vec<Arc<shuttle::sync::Condvar>>> = Default::default();
}

pub fn now() -> Instant {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    *BEGINNING.get_or_init(Instant::now) + since_beginning()
}

fn since_beginning() -> Duration {
    Duration::from_nanos(NOW.load(Ordering::Relaxed))
}

/// Lets time pass, and wakes those whose moment has come.
///
/// # Panics
/// Where a thread panicked with the lock.
pub fn advance(by: Duration) {
    let mut sleepers = SLEEPERS.lock().unwrap();
    NOW.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
    for sleeper in sleepers.drain(..) {
        sleeper.notify_all();
    }
}

/// shuttle's lock, whose guard knows it: a sleeper has to let go of it and take it again.
#[derive(Debug)]
pub struct Mutex<T> {
    inner: shuttle::sync::Mutex<T>,
}

#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    inner: shuttle::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self { inner: shuttle::sync::Mutex::new(value) }
    }

    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(MutexGuard { lock: self, inner: self.inner.lock().unwrap_or_else(PoisonError::into_inner) })
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

/// A condition variable whose timeouts come, other than shuttle's own.
#[derive(Debug, Default)]
pub struct Condvar {
    changed: Arc<shuttle::sync::Condvar>,
    /// How often it was notified.
    round: AtomicU64,
}

impl Condvar {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn notify_all(&self) {
        let _sleepers = SLEEPERS.lock();
        self.round.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_all();
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.sleep(guard, None)
    }

    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        left: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        Ok((self.sleep(guard, Some(since_beginning() + left)).unwrap_or_else(PoisonError::into_inner), ()))
    }

    fn sleep<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        until: Option<Duration>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let MutexGuard { lock, inner } = guard;
        let mut sleepers = SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        let round = self.round.load(Ordering::Relaxed);
        drop(inner);
        while self.round.load(Ordering::Relaxed) == round
            && until.is_none_or(|until| since_beginning() < until)
        {
            if until.is_some() {
                sleepers.push(Arc::clone(&self.changed));
            }
            sleepers = self.changed.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
        drop(sleepers);
        lock.lock()
    }
}

/// In place of std's, whose threads are all one here.
macro_rules! thread_local {
    (static $name:ident: $type:ty = const { $init:expr };) => {
        shuttle::thread_local! { static $name: $type = $init; }
    };
}

/// Tries so many interleavings of a model, chosen in two ways: each step at random, and with few
/// changes of who goes first.
///
/// # Panics
/// Where one panics, leaves everyone waiting or does not come to an end.
pub fn explore(times: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut config = shuttle::Config::new();
    config.max_steps = shuttle::MaxSteps::FailAfter(200_000);
    config.stack_size = 1 << 18;
    let model = Arc::new(model);
    let again = Arc::clone(&model);
    shuttle::Runner::new(shuttle::scheduler::RandomScheduler::new(times), config.clone())
        .run(move || model());
    shuttle::Runner::new(shuttle::scheduler::PctScheduler::new(4, times), config).run(move || again());
}

/// One of `0..below`, of the checker's choice.
pub fn choose(below: usize) -> usize {
    use shuttle::rand::{Rng, thread_rng};
    thread_rng().gen_range(0..below)
}

/// Runs a task of the engine thread; gives what ends it.
pub fn run_task(task: impl Future<Output = ()> + Send + 'static) -> Box<dyn Fn() + Send + Sync> {
    let handle = shuttle::future::spawn(task);
    Box::new(move || handle.abort())
}

pub async fn time_passes() {
    shuttle::future::yield_now().await;
}
