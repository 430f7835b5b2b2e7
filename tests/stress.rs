//! Eight threads do at random what can be done with sets, on an app in memory and one on a server at
//! one time: they wait for them, walk over them, leave, add members meanwhile, register callbacks and
//! store results. Each sees every result once. `CELERY_TEST_SEED` repeats the choices of a run, not
//! its timing; `CELERY_TEST_SECONDS` says how long it lasts. Queues and closed apps are in
//! `tests/c/stress_queues.c`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use celery_result::{
    app::App,
    model::Status,
    result::{AsyncResult, GetOptions, GroupResult, ResultBase, ResultSet, wait_some},
    sys::Cancel,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};
use support::{
    PATIENCE,
    crowd::Random,
    eventually,
    members::each,
    redis_server::RedisServer,
    stores::{open, success},
};

const THREADS: usize = 8;
/// Of the threads, so that somebody stores.
const MOST_BLOCKED: usize = 3;
const MOST_UNSTORED: usize = 200;

/// A set that somebody walks over, and that does not end before this task.
struct Gate {
    set: ResultSet,
    task: AsyncResult,
    added: Arc<Mutex<Vec<AsyncResult>>>,
}

struct World {
    apps: [App; 2],
    named: AtomicUsize,
    unstored: Mutex<Vec<AsyncResult>>,
    gates: Mutex<Vec<Gate>>,
    cancels: Vec<Cancel>,
    registered: AtomicUsize,
    called: Arc<AtomicUsize>,
    walked: AtomicUsize,
    working: AtomicUsize,
    blocked: AtomicUsize,
    stopping: AtomicBool,
}

/// A thread that may still wait for others, until it ends or fails.
struct Working<'a>(&'a World);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, SeqCst);
    }
}

fn base(task: &AsyncResult) -> ResultBase {
    ResultBase::Async(task.clone())
}

impl World {
    fn new(url: &str) -> Self {
        Self {
            apps: [open("memory://"), open(url)],
            named: AtomicUsize::new(0),
            unstored: Mutex::default(),
            gates: Mutex::default(),
            cancels: (0..THREADS).map(|_| Cancel::new().unwrap()).collect(),
            registered: AtomicUsize::new(0),
            called: Arc::default(),
            walked: AtomicUsize::new(0),
            working: AtomicUsize::new(THREADS),
            blocked: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// A task that nobody stores yet.
    fn task(&self, random: &mut Random) -> AsyncResult {
        let app = &self.apps[usize::from(random.below(2) == 1)];
        AsyncResult::new(app, &self.named.fetch_add(1, SeqCst).to_string()).unwrap()
    }

    fn tasks(&self, random: &mut Random) -> Vec<AsyncResult> {
        (0..=random.below(6)).map(|_| self.task(random)).collect()
    }

    fn owe_store(&self, tasks: &[AsyncResult]) {
        self.unstored.lock().unwrap().extend_from_slice(tasks);
    }

    /// Stores one of the tasks under its name as its value; false where there is none.
    fn store_one(&self, random: &mut Random) -> bool {
        let task = {
            let mut unstored = self.unstored.lock().unwrap();
            if unstored.is_empty() {
                return false;
            }
            let place = usize::try_from(random.below(unstored.len() as u64)).unwrap();
            unstored.swap_remove(place)
        };
        task.app().store(&success(task.id(), task.id())).unwrap();
        true
    }

    /// Adds to a set that is walked over, and lets the walk end.
    fn open_gate(&self, random: &mut Random) -> bool {
        let Some(gate) = self.gates.lock().unwrap().pop() else { return false };
        let late = self.tasks(random);
        for task in &late {
            gate.set.add(&base(task)).unwrap();
        }
        gate.added.lock().unwrap().extend_from_slice(&late);
        self.owe_store(&late);
        self.owe_store(&[gate.task]);
        true
    }

    fn register(&self, random: &mut Random) {
        let tasks = self.tasks(random);
        let called = self.called.clone();
        self.registered.fetch_add(1, SeqCst);
        if random.below(2) == 0 {
            let set = self.set(&tasks, random);
            let registered = set.then(move |set, end| {
                end.unwrap();
                assert!(set.ready().unwrap());
                called.fetch_add(1, SeqCst);
            });
            registered.unwrap();
        } else {
            let registered = tasks[0].then(move |task, end| {
                assert_eq!(end.unwrap().unwrap().task_id(), Some(task.id()));
                called.fetch_add(1, SeqCst);
            });
            registered.unwrap();
        }
        self.owe_store(&tasks);
    }

    /// A set of the tasks; the last of several is in a group of its own, and the first one twice.
    fn set(&self, tasks: &[AsyncResult], random: &mut Random) -> ResultSet {
        let mut members: Vec<_> = tasks.iter().map(base).collect();
        if members.len() > 1 && random.below(2) == 0 {
            let last = members.pop().unwrap();
            let group = GroupResult::new(&self.apps[0], "inner", vec![last], None).unwrap();
            members.push(ResultBase::Group(group));
        }
        members.push(members[0].clone());
        ResultSet::new(&self.apps[usize::from(random.below(2) == 1)], members).unwrap()
    }

    /// Each member comes once, also those that are added meanwhile.
    fn walk(&self, random: &mut Random) {
        let (gate, mut tasks) = (self.task(random), self.tasks(random));
        tasks.push(gate.clone());
        let set = ResultSet::new(&self.apps[0], tasks.iter().map(base).collect()).unwrap();
        let added = Arc::default();
        let mut walk = set.iter_native(&GetOptions::default()).unwrap();
        self.owe_store(&tasks[..tasks.len() - 1]);
        let kept = Arc::clone(&added);
        self.gates.lock().unwrap().push(Gate { set, task: gate, added });
        let mut seen: HashMap<_, usize> = HashMap::new();
        while let Some(finished) = walk.next().unwrap() {
            assert_eq!(finished.meta.unwrap().task_id(), finished.member.id());
            *seen.entry(finished.member.id().unwrap().clone()).or_default() += 1;
        }
        tasks.extend(kept.lock().unwrap().iter().cloned());
        for task in &tasks {
            assert_eq!(seen.remove(task.id()), Some(1), "{}", task.id());
        }
        assert!(seen.is_empty(), "{seen:?}");
        self.walked.fetch_add(1, SeqCst);
    }

    fn get(&self, random: &mut Random, cancel: &Cancel) {
        let tasks = self.tasks(random);
        let set = self.set(&tasks, random);
        self.owe_store(&tasks);
        let options =
            GetOptions { cancel: Some(cancel.clone()), timeout: Some(PATIENCE), ..GetOptions::default() };
        match if random.below(2) == 0 { set.get(&options) } else { set.join_native(&options) } {
            Ok(outcome) => {
                let members = each(&outcome);
                assert_eq!(members.len(), tasks.len() + 1);
                for (member, task) in members.iter().zip(&tasks) {
                    // It may be a set of one.
                    let member = member.element(0).unwrap_or_else(|_| member.clone());
                    assert_eq!(member.value.as_i64().unwrap().to_string(), **task.id());
                }
            }
            Err(error) => assert_eq!(error.status(), Status::Cancelled),
        }
    }

    fn wait_for_some(&self, random: &mut Random, cancel: &Cancel) {
        let tasks = self.tasks(random);
        self.owe_store(&tasks);
        let least = 1 + usize::try_from(random.below(tasks.len() as u64)).unwrap();
        let results: Vec<_> = tasks.iter().map(base).collect();
        match wait_some(&results, least, Some(PATIENCE), Some(cancel)) {
            Ok(mut finished) => {
                assert!(finished.len() >= least);
                finished.sort_unstable();
                finished.dedup();
                assert!(finished.len() >= least && finished.iter().all(|index| *index < tasks.len()));
            }
            Err(error) => assert_eq!(error.status(), Status::Cancelled),
        }
    }

    fn block(&self, random: &mut Random, cancel: &Cancel) {
        match random.below(3) {
            0 => self.walk(random),
            1 => self.get(random, cancel),
            _ => self.wait_for_some(random, cancel),
        }
        cancel.reset();
    }

    fn work(&self, thread: usize, mut random: Random) {
        let (cancel, working) = (&self.cancels[thread], Working(self));
        while !self.stopping.load(SeqCst) {
            match random.below(100) {
                0..50 => drop(self.store_one(&mut random)),
                50..70 if self.unstored.lock().unwrap().len() < MOST_UNSTORED => self.register(&mut random),
                70..80 => drop(self.open_gate(&mut random)),
                80..95 => {
                    if self.blocked.fetch_add(1, SeqCst) < MOST_BLOCKED {
                        self.block(&mut random, cancel);
                    }
                    self.blocked.fetch_sub(1, SeqCst);
                }
                95 => self.cancels[usize::try_from(random.below(THREADS as u64)).unwrap()].trigger(),
                _ => thread::yield_now(),
            }
        }
        drop(working);
        // Those who are still blocked wait for what somebody has to store.
        while self.working.load(SeqCst) > 0 || !self.unstored.lock().unwrap().is_empty() {
            if !self.store_one(&mut random) && !self.open_gate(&mut random) {
                thread::yield_now();
            }
        }
    }
}

#[test]
fn sets_under_stress() {
    let server = RedisServer::start();
    let world = World::new(&format!("redis://127.0.0.1:{}/0", server.port()));
    let mut random = Random::seeded("sets_under_stress");
    let seconds = std::env::var("CELERY_TEST_SECONDS").map_or(5, |text| text.parse().unwrap());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, random) = (&world, Random::from(random.below(u64::MAX)));
            scope.spawn(move || world.work(thread, random));
        }
        thread::sleep(Duration::from_secs(seconds));
        world.stopping.store(true, SeqCst);
    });
    eventually("every callback was called", || world.called.load(SeqCst) == world.registered.load(SeqCst));
    for app in &world.apps {
        eventually("nobody waits, nothing is subscribed to", || {
            app.stats().waiters == 0 && app.stats().subscriptions == 0
        });
        assert_eq!(app.stats().recovered_by_reread, 0);
    }
    println!("{} callbacks, {} walks", world.called.load(SeqCst), world.walked.load(SeqCst));
}
