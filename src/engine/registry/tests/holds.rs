//! Those who hear of intermediate states never hear an older one after a newer one, though the
//! answer to a read overtakes messages.

use super::*;
use crate::engine::How;

/// Hears of intermediate states.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Listener {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Waiter for Listener {
    fn notify(&self, _: u64, event: &Event) {
        self.0.lock().unwrap().push(match event {
            Event::Ready { record, how } => format!("ready {} {how:?}", text(record)),
            Event::Unfinished { record, how } => {
                format!("{} {how:?}", record.as_ref().map_or("absent".to_owned(), text))
            }
            Event::Failed(error) => panic!("{error:?}"),
        });
    }
    fn poll_interval(&self) -> Duration {
        Duration::from_millis(1)
    }
    fn hears(&self, _: How) -> bool {
        true
    }
}

fn listen(bench: &mut Bench, id: &str) -> Arc<Listener> {
    let listener = Arc::new(Listener::default());
    bench.registry.add(&Id::from(id), listener.clone(), 0).unwrap();
    listener
}

fn lost() -> Error {
    Error::new(Status::Unreachable, "gone")
}

#[test]
fn an_answer_waits_for_the_messages_before_it() {
    let mut bench = Bench::live();
    let listener = listen(&mut bench, "a");
    bench.sent();
    bench.answer(Ok(unfinished("2")));
    assert_eq!(bench.sent(), ["|"]);
    assert!(listener.take().is_empty());
    bench.message("a", unfinished("1"));
    bench.message("a", unfinished("2"));
    bench.pass(&Ok(()));
    bench.message("a", unfinished("3"));
    assert_eq!(listener.take(), ["1 Pushed", "2 Pushed", "3 Pushed"]);
    assert!(bench.sent().is_empty());
}

#[test]
fn an_answer_that_overtook_nothing_is_told() {
    let mut bench = Bench::live();
    let listener = listen(&mut bench, "a");
    bench.sent();
    bench.answer(Ok(unfinished("1")));
    assert_eq!(bench.sent(), ["|"]);
    bench.pass(&Ok(()));
    assert_eq!(listener.take(), ["1 Read"]);
    bench.message("a", unfinished("2"));
    assert_eq!(listener.take(), ["2 Pushed"]);
}

#[test]
fn what_cannot_come_in_the_wrong_order_is_told_at_once() {
    let mut bench = Bench::live();
    let (absent, ready, overtaken) =
        (listen(&mut bench, "a"), listen(&mut bench, "b"), listen(&mut bench, "c"));
    let indifferent = bench.add("d");
    bench.sent();
    bench.message("c", unfinished("2"));
    bench.answer(Ok(Found::Unfinished(None)));
    bench.answer(Ok(Found::Ready(record("1"))));
    bench.answer(Ok(unfinished("1")));
    bench.answer(Ok(unfinished("1")));
    assert_eq!((absent.take(), ready.take()), (vec!["absent Read".into()], vec!["ready 1 Read".into()]));
    assert_eq!((overtaken.take(), indifferent.take()), (vec!["2 Pushed".into()], vec!["1".into()]));
    assert_eq!(bench.sent(), ["-b"]);
}

#[test]
fn one_barrier_serves_all_that_came_before_it_was_sent() {
    let mut bench = Bench::live();
    let listeners: Vec<_> = (0..1_000).map(|id| listen(&mut bench, &id.to_string())).collect();
    bench.sent();
    bench.answer(Ok(unfinished("1")));
    assert_eq!(bench.sent(), ["|"]);
    while !bench.reads.is_empty() {
        bench.answer(Ok(unfinished("1")));
    }
    assert!(bench.sent().is_empty());
    bench.pass(&Ok(()));
    assert_eq!(bench.sent(), ["|"]);
    let told = |listener: &Arc<Listener>| listener.take() == ["1 Read"];
    assert!(told(&listeners[0]));
    bench.pass(&Ok(()));
    assert!(listeners[1..].iter().all(told));
    assert!(bench.sent().is_empty());
}

#[test]
fn a_wait_that_ends_or_begins_anew_meanwhile_hears_nothing_of_the_answer() {
    let mut bench = Bench::live();
    let (left, finished) = (listen(&mut bench, "a"), listen(&mut bench, "b"));
    bench.sent();
    bench.answer(Ok(unfinished("1")));
    bench.answer(Ok(unfinished("1")));
    let waiter: Arc<dyn Waiter> = left.clone();
    bench.registry.remove("a", &waiter, 0);
    bench.message("b", Found::Ready(record("2")));
    let again = listen(&mut bench, "a");
    assert_eq!(bench.sent(), ["|", "-a", "-b", "+a", "?a"]);
    bench.pass(&Ok(()));
    assert_eq!(bench.sent(), ["|"]);
    bench.pass(&Ok(()));
    assert!(left.take().is_empty() && again.take().is_empty());
    assert_eq!(finished.take(), ["ready 2 Pushed"]);
    bench.answer(Ok(unfinished("3")));
    bench.sent();
    bench.pass(&Ok(()));
    assert_eq!(again.take(), ["3 Read"]);
}

#[test]
fn a_read_whose_barrier_is_lost_stays_owed() {
    let mut bench = Bench::live();
    let listener = listen(&mut bench, "a");
    bench.sent();
    bench.answer(Ok(unfinished("1")));
    bench.sent();
    bench.pass(&Err(retry()));
    bench.registry.link_lost(lost());
    assert!(listener.take().is_empty());
    bench.registry.link_live(2);
    assert_eq!(bench.sent(), ["+a", "?a"]);
    bench.answer(Ok(unfinished("2")));
    bench.sent();
    bench.pass(&Ok(()));
    assert_eq!(listener.take(), ["2 Read"]);
}

#[test]
fn an_answer_held_over_a_reconnect_is_as_old_as_the_link_it_came_over() {
    let mut bench = Bench::live();
    let listener = listen(&mut bench, "a");
    bench.sent();
    bench.answer(Ok(unfinished("1")));
    bench.sent();
    bench.registry.link_lost(lost());
    bench.registry.link_live(2);
    assert_eq!(bench.sent(), ["+a", "?a"]);
    bench.message("a", unfinished("2"));
    // The barrier had not left yet, and went over the new connection.
    bench.pass(&Ok(()));
    bench.answer(Ok(unfinished("2")));
    assert_eq!(listener.take(), ["2 Pushed"]);
}

#[test]
fn a_resync_of_many_goes_on_when_its_answers_are_told() {
    let mut bench = Bench::live();
    let listeners: Vec<_> = (0..SLICE * 3).map(|id| listen(&mut bench, &id.to_string())).collect();
    for last in ["1 Read", "1 AfterGap"] {
        loop {
            bench.sent();
            if !bench.reads.is_empty() {
                bench.answer(Ok(unfinished("1")));
            } else if !bench.barriers.is_empty() {
                bench.pass(&Ok(()));
            } else {
                break;
            }
        }
        assert!(listeners.iter().all(|listener| listener.take() == [last]));
        bench.registry.link_live(2);
    }
}

#[test]
fn the_first_message_after_a_gap_tells_of_it_where_it_is_there_before_the_answer() {
    let mut bench = Bench::live();
    let listeners = ["a", "b", "c"].map(|id| listen(&mut bench, id));
    bench.sent();
    // What is known before may also have been pushed.
    bench.message("a", unfinished("1"));
    bench.answer(Err(retry()));
    bench.answer(Ok(Found::Unfinished(None)));
    bench.answer(Ok(Found::Unfinished(None)));
    bench.registry.link_lost(lost());
    bench.registry.link_live(2);
    assert_eq!(bench.sent(), ["+a", "+b", "+c", "?a", "?b", "?c"]);
    for id in ["a", "b"] {
        bench.message(id, unfinished("3"));
        bench.answer(Ok(unfinished("2")));
        bench.message(id, unfinished("4"));
    }
    bench.message("c", Found::Ready(record("5")));
    assert_eq!(bench.sent(), ["-c"]);
    let [a, b, c] = listeners.map(|listener| listener.take());
    assert_eq!(a, ["1 Pushed", "3 AfterGap", "4 Pushed"]);
    assert_eq!(b, ["absent Read", "3 AfterGap", "4 Pushed"]);
    assert_eq!(c, ["absent Read", "ready 5 AfterGap"]);
}
