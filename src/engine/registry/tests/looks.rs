//! Many ids in one go: looked at before they are watched, some at a time.

use super::*;

fn ids(count: usize) -> Vec<(Id, u64)> {
    (0..count).map(|number| (Id::from(number.to_string()), number as u64)).collect()
}

/// Begins all these waits; gives what was sent.
fn look(bench: &mut Bench, ids: &[(Id, u64)]) -> (Arc<Log>, Vec<String>) {
    let log = Arc::new(Log::default());
    let waiter: Arc<dyn Waiter> = log.clone();
    let mut sent = Vec::new();
    for slice in ids.chunks(SLICE) {
        let (begun, end) = bench.registry.look_slice(slice, &waiter);
        assert_eq!((begun, end.is_ok()), (slice.len(), true));
        sent.extend(bench.sent());
    }
    (log, sent)
}

fn count(ops: &[String], kind: char) -> usize {
    ops.iter().filter(|op| op.starts_with(kind)).count()
}

#[test]
fn what_has_finished_is_never_watched() {
    let mut bench = Bench::live();
    let (log, mut sent) = look(&mut bench, &ids(2_000));
    assert_eq!((count(&sent, '+'), count(&sent, '?')), (0, SLICE), "a slice is under way");
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Ready(record("1"))));
        sent.extend(bench.sent());
        assert!(bench.reads.len() <= SLICE);
    }
    assert_eq!((count(&sent, '+'), count(&sent, '-'), count(&sent, '?')), (0, 0, 2_000));
    assert_eq!(log.take().len(), 2_000);
    assert_eq!(bench.registry.waiters(), 0);
}

#[test]
fn what_has_not_is_watched_and_then_read_again() {
    let mut bench = Bench::live();
    let (log, mut sent) = look(&mut bench, &ids(2_000));
    let mut most = 0;
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
        most = most.max(bench.reads.len());
        let more = bench.sent();
        assert!(
            more.windows(2).all(|two| !two[0].starts_with('+') || two[1] == two[0].replace('+', "?")),
            "each is read right after its watch: {more:?}"
        );
        sent.extend(more);
    }
    assert_eq!((count(&sent, '+'), count(&sent, '-'), count(&sent, '?')), (2_000, 0, 4_000));
    assert!(most <= SLICE, "{most} under way");
    assert_eq!(log.take().len(), 4_000);
    bench.message("7", Found::Ready(record("done")));
    assert_eq!(log.take().len(), 1);
    assert_eq!(bench.sent(), ["-7"]);
}

#[test]
fn a_look_that_fails_stays_owed_until_the_link_is_back() {
    let mut bench = Bench::live();
    let (log, _) = look(&mut bench, &ids(1_000));
    bench.registry.link_lost(Error::new(Status::Unreachable, "gone"));
    while !bench.reads.is_empty() {
        bench.answer(Err(retry()));
        bench.sent();
    }
    assert!(log.take().is_empty(), "a read that failed says nothing");
    bench.registry.link_live(2);
    let mut sent = bench.sent();
    while !bench.reads.is_empty() {
        let (id, _) = bench.reads[0].clone();
        let is_even = id.parse::<u32>().unwrap() % 2 == 0;
        bench.answer(Ok(if is_even { Found::Ready(record("1")) } else { Found::Unfinished(None) }));
        sent.extend(bench.sent());
    }
    assert_eq!(count(&sent, '+'), 500, "only those that have not finished are watched");
    assert_eq!(bench.registry.waiters(), 500);
}

#[test]
fn a_wait_that_joins_a_look_watches_at_once() {
    let mut bench = Bench::live();
    let (_, sent) = look(&mut bench, &ids(20));
    assert_eq!(count(&sent, '?'), 20);
    let log = bench.add("3");
    assert_eq!(bench.sent(), ["+3"]);
    let others = bench.reads.iter().filter(|(id, _)| id != "3").count();
    for _ in 0..20 {
        bench.answer(Ok(Found::Unfinished(None)));
    }
    let sent = bench.sent();
    assert_eq!((count(&sent, '+'), count(&sent, '?')), (others, 20));
    assert!(log.take().is_empty(), "the read before it began does not speak for it");
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
    }
    assert_eq!(log.take(), ["absent"]);
}

#[test]
fn leaving_before_the_look_was_taken_leaves_nothing() {
    let mut bench = Bench::live();
    let ids = ids(2_000);
    let (log, _) = look(&mut bench, &ids);
    let waiter: Arc<dyn Waiter> = log.clone();
    for (id, token) in &ids {
        bench.registry.remove(id, &waiter, *token);
    }
    let mut sent = bench.sent();
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
        sent.extend(bench.sent());
    }
    assert!(sent.is_empty(), "{sent:?}");
    assert_eq!(bench.registry.waiters(), 0);
}

#[test]
fn an_id_that_comes_twice_is_looked_at_once_and_each_hears_of_a_read_of_its_own() {
    let mut bench = Bench::live();
    let twice: Vec<_> = ids(20).into_iter().chain(ids(20)).collect();
    let (log, sent) = look(&mut bench, &twice);
    assert_eq!((count(&sent, '+'), count(&sent, '?')), (0, 20));
    bench.answer(Ok(Found::Ready(record("1"))));
    assert_eq!(log.take().len(), 2);
    // Who comes while the look is under way is not told of it, but of the next read.
    let (late, sent) = look(&mut bench, &ids(20)[1..2]);
    assert!(sent.is_empty(), "{sent:?}");
    bench.answer(Ok(Found::Unfinished(None)));
    assert_eq!((log.take().len(), late.take().len()), (2, 0));
    assert_eq!(bench.sent(), ["+1", "?1"]);
    while !bench.reads.is_empty() {
        bench.answer(Ok(Found::Unfinished(None)));
        bench.sent();
    }
    assert_eq!(late.take().len(), 1);
}
