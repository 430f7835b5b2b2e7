//! Removing items, and what stays behind of them.

use super::{bench::*, *};

#[test]
fn a_key_takes_its_items_along_with_their_events() {
    let bench = Bench::new();
    bench.queue.report_progress(2);
    store(&bench.site, "c", "STARTED");
    bench.queue.add(&bench.site, vec![item(1, "a"), item(2, "b"), item(1, "c"), item(3, "d")]).unwrap();
    bench.queue.hold(1, 1).unwrap();
    store(&bench.site, "a", "SUCCESS");
    store(&bench.site, "b", "SUCCESS");
    assert_eq!((bench.queue.len(), bench.waiters()), (3, 2));
    assert_eq!(bench.queue.remove(1), 3);
    assert_eq!((bench.queue.len(), bench.waiters(), bench.counts()), (1, 1, (1, 0)));
    assert_eq!(bench.queue.remove(1), 0);
    store(&bench.site, "c", "SUCCESS");
    assert_eq!(bench.all(), ["2 ready SUCCESS"]);
    assert_eq!((bench.queue.remove(2), bench.queue.remove(3), others(&bench.site)), (0, 1, 0));
}

#[test]
fn removing_the_last_event_empties_the_queue() {
    let bench = Bench::new();
    let token = bench.hold(1);
    bench.tell(token, &ready("a"));
    bench.check_level();
    assert_eq!((bench.queue.len(), bench.heard()), (1, 1));
    assert_eq!(bench.queue.remove(1), 1);
    bench.check_level();
    assert_eq!(status(bench.queue.next(1, now(), None)), Status::Timeout);
    let token = bench.hold(2);
    bench.tell(token, &ready("b"));
    assert_eq!((bench.all(), bench.heard()), (vec!["2 ready b".to_owned()], 1));
}

#[test]
fn a_token_of_the_past_is_nobodys() {
    let bench = Bench::new();
    bench.queue.report_progress(1);
    let removed = bench.hold(1);
    assert_eq!(bench.queue.remove(1), 1);
    let taken = bench.hold(1);
    bench.tell(taken, &ready("a"));
    assert_eq!(bench.all(), ["1 ready a"]);
    // In the same place as both.
    let present = bench.hold(1);
    assert_ne!(present, taken);
    for token in [removed, taken, u64::MAX, present ^ 1, present | (1 << 32)] {
        bench.tell(token, &unfinished("x", How::Pushed));
        bench.tell(token, &ready("x"));
    }
    assert!(bench.all().is_empty());
    bench.tell(present, &ready("b"));
    assert_eq!(bench.all(), ["1 ready b"]);
}

#[test]
fn items_of_one_key_may_leave_in_any_order() {
    let bench = Bench::new();
    let mut random = 1_u64;
    let mut tokens = Vec::new();
    let mut expected = 0;
    for round in 0..20_000_u64 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let choice = usize::try_from(random >> 33).unwrap();
        if choice.is_multiple_of(3) && !tokens.is_empty() {
            bench.tell(tokens.swap_remove(choice % tokens.len()), &ready("x"));
            assert_eq!(bench.queue.take(1).len(), 1);
            expected -= 1;
        } else {
            tokens.push(bench.hold(if round.is_multiple_of(7) { 2 } else { 1 }));
            expected += 1;
        }
    }
    assert_eq!(bench.counts().0, expected);
    assert_eq!(bench.queue.remove(2) + bench.queue.remove(1), expected);
    assert_eq!(bench.counts().0, 0);
}

#[test]
fn many_items_of_one_key_and_many_keys() {
    for (many, keys) in [(100_000, 1), (20_000, 20_000)] {
        let bench = Bench::new();
        let items = (0..many).map(|number| item(number % keys, &number.to_string())).collect();
        bench.queue.add(&bench.site, items).unwrap();
        let removed: usize = (0..keys).map(|key| bench.queue.remove(key)).sum();
        assert_eq!((removed as u64, bench.counts(), bench.waiters()), (many, (0, 0), 0));
    }
}

#[test]
fn what_removed_items_leave_behind_is_cleared_away() {
    let bench = Bench::new();
    bench.queue.report_progress(3);
    for key in 0..20_000 {
        let token = bench.hold(key);
        bench.tell(token, &unfinished("x", How::Pushed));
        bench.tell(token, &unfinished("y", How::Pushed));
        if key.is_multiple_of(2) {
            bench.tell(token, &ready("z"));
        }
    }
    for key in (0..20_000_u64).filter(|key| !key.is_multiple_of(100)) {
        assert_eq!(bench.queue.remove(key), 1);
        bench.check_level();
    }
    assert_eq!(bench.queue.len(), 600);
    let all = bench.all();
    let expected: Vec<_> = (0..200)
        .flat_map(|number| ["Pushed x", "Pushed y", "ready z"].map(|what| format!("{} {what}", number * 100)))
        .collect();
    assert_eq!(all, expected);
}

#[test]
fn one_look_may_have_to_pass_by_many_removed_items() {
    let bench = Bench::new();
    for key in 0..5_000 {
        let token = bench.hold(key.min(2_400));
        bench.tell(token, &ready("x"));
    }
    // Fewer than half, so that they are not cleared away.
    for key in 0..2_400 {
        bench.queue.remove(key);
    }
    let taken = bench.queue.next(1, now(), None).unwrap();
    assert_eq!(taken.iter().map(short).collect::<Vec<_>>(), ["2400 ready x"]);
    assert_eq!(bench.queue.remove(2_400), 2_599);
    bench.check_level();
    assert!(bench.all().is_empty());
}

#[test]
fn what_another_thread_adds_meanwhile_stays() {
    let bench = Bench::new();
    bench.hold(1);
    let core = &bench.queue.core;
    let before = core.with(|state| state.now());
    bench.hold(1);
    assert_eq!(core.with(|state| state.remove(1, before, 9)).0, 1);
    assert_eq!(core.with(|state| state.remove(1, before, 9)).0, 0);
    assert_eq!(bench.queue.remove(1), 1);
}
