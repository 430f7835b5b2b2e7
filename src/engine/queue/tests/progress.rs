//! Intermediate records: which are reported, and which give way.

use super::{bench::*, *};

/// What is reported of one item after these events, taken one by one.
fn reported(history: usize, events: &[Event]) -> Vec<String> {
    let bench = Bench::new();
    bench.queue.report_progress(history);
    let token = bench.hold(1);
    let mut all = Vec::new();
    for event in events {
        bench.tell(token, event);
        all.extend(bench.all());
    }
    all
}

#[test]
fn nothing_is_reported_unless_asked_for() {
    let bench = Bench::new();
    let token = bench.hold(1);
    bench.tell(token, &unfinished("a", How::Read));
    bench.tell(token, &unfinished("b", How::Pushed));
    assert!(bench.all().is_empty());
    bench.queue.report_progress(1);
    bench.tell(token, &unfinished("b", How::Pushed));
    bench.queue.report_progress(0);
    bench.tell(token, &unfinished("c", How::Pushed));
    bench.tell(token, &ready("d"));
    assert_eq!(bench.all(), ["1 Pushed b", "1 ready d"], "what is there stays");
}

#[test]
fn every_record_that_is_pushed_is_reported_in_order() {
    let pushed = |text| unfinished(text, How::Pushed);
    let all = reported(1, &[pushed("a"), pushed("b"), pushed("b"), pushed("a"), ready("c")]);
    assert_eq!(all, ["1 Pushed a", "1 Pushed b", "1 Pushed b", "1 Pushed a", "1 ready c"]);
}

#[test]
fn what_the_first_read_found_is_not_repeated_by_its_push() {
    let read = |text| unfinished(text, How::Read);
    let pushed = |text| unfinished(text, How::Pushed);
    assert_eq!(reported(1, &[read("a"), pushed("a"), pushed("a")]), ["1 Read a", "1 Pushed a"]);
    assert_eq!(
        reported(1, &[read("a"), pushed("b"), pushed("a")]),
        ["1 Read a", "1 Pushed b", "1 Pushed a"],
        "something came between"
    );
    assert_eq!(reported(1, &[read("a"), absent(), pushed("a")]), ["1 Read a", "1 Pushed a"]);
    assert_eq!(reported(1, &[absent(), pushed("a"), read("a")]), ["1 Pushed a"]);
    assert_eq!(
        reported(1, &[pushed("a"), read("a"), pushed("a")]),
        ["1 Pushed a", "1 Pushed a"],
        "the read found what had been pushed"
    );
}

#[test]
fn reads_are_reported_where_they_find_something_new() {
    let read = |text| unfinished(text, How::Read);
    let pushed = |text| unfinished(text, How::Pushed);
    let all = reported(1, &[read("a"), read("a"), pushed("b"), read("b"), read("c"), read("c"), pushed("c")]);
    assert_eq!(all, ["1 Read a", "1 Pushed b", "1 Read c"]);
    assert_eq!(reported(1, &[read("a"), absent(), read("a")]), ["1 Read a", "1 Read a"]);
}

#[test]
fn the_state_after_a_gap_is_reported_also_where_it_is_the_same() {
    let pushed = |text| unfinished(text, How::Pushed);
    let gap = |text| unfinished(text, How::AfterGap);
    let all = reported(1, &[pushed("a"), gap("a"), gap("a"), pushed("b"), gap("c")]);
    assert_eq!(all, ["1 Pushed a", "1 AfterGap a", "1 AfterGap a", "1 Pushed b", "1 AfterGap c"]);
    // Read and pushed by the store at the same time, as after the first read.
    assert_eq!(reported(1, &[gap("a"), pushed("a"), pushed("b")]), ["1 AfterGap a", "1 Pushed b"]);
}

#[test]
fn the_newest_are_kept_and_the_end_comes_behind_them() {
    for (history, expected) in [
        (1, vec!["1 Pushed 9", "1 ready end"]),
        (3, vec!["1 Pushed 7", "1 Pushed 8", "1 Pushed 9", "1 ready end"]),
    ] {
        let bench = Bench::new();
        bench.queue.report_progress(history);
        let token = bench.hold(1);
        for number in 0..10 {
            bench.tell(token, &unfinished(&number.to_string(), How::Pushed));
            assert_eq!(bench.queue.len(), history.min(number + 1));
        }
        bench.tell(token, &ready("end"));
        bench.tell(token, &unfinished("late", How::Pushed));
        assert_eq!(bench.queue.len(), history + 1);
        assert_eq!(bench.all(), expected);
    }
}

#[test]
fn a_gap_is_not_forgotten_where_its_record_gives_way() {
    let bench = Bench::new();
    bench.queue.report_progress(1);
    let token = bench.hold(1);
    bench.tell(token, &unfinished("a", How::AfterGap));
    bench.tell(token, &unfinished("b", How::Pushed));
    bench.tell(token, &unfinished("c", How::Pushed));
    assert_eq!(bench.all(), ["1 AfterGap c"]);
    bench.tell(token, &unfinished("d", How::Pushed));
    assert_eq!(bench.all(), ["1 Pushed d"]);
}

#[test]
fn a_shorter_history_counts_from_the_next_record_on() {
    let bench = Bench::new();
    bench.queue.report_progress(3);
    let token = bench.hold(1);
    for text in ["a", "b", "c"] {
        bench.tell(token, &unfinished(text, How::Pushed));
    }
    bench.queue.report_progress(1);
    assert_eq!(bench.queue.len(), 3);
    bench.tell(token, &unfinished("d", How::Pushed));
    assert_eq!(bench.queue.len(), 1);
    assert_eq!(bench.all(), ["1 Pushed d"]);
}

#[test]
fn records_of_one_item_come_where_its_oldest_was_heard() {
    let bench = Bench::new();
    bench.queue.report_progress(2);
    let (one, two) = (bench.hold(1), bench.hold(2));
    for text in ["a", "b"] {
        bench.tell(one, &unfinished(text, How::Pushed));
        bench.tell(two, &unfinished(text, How::Pushed));
    }
    bench.tell(one, &ready("end"));
    assert_eq!(bench.queue.len(), 5);
    let taken = bench.queue.next(3, now(), None).unwrap();
    assert_eq!(taken.iter().map(short).collect::<Vec<_>>(), ["1 Pushed a", "1 Pushed b", "2 Pushed a"]);
    bench.check_level();
    assert_eq!(bench.all(), ["2 Pushed b", "1 ready end"]);
}

#[test]
fn over_an_engine() {
    let bench = Bench::new();
    bench.queue.report_progress(8);
    store(&bench.site, "a", "STARTED");
    bench.add(1, "a");
    bench.add(2, "a");
    bench.queue.read_again(9);
    assert_eq!(bench.all(), ["1 Read STARTED", "2 Read STARTED"]);
    for state in ["PROGRESS", "RETRY", "SUCCESS"] {
        store(&bench.site, "a", state);
    }
    let mut all = bench.all();
    all.sort_unstable();
    let each = ["Pushed PROGRESS", "Pushed RETRY", "ready SUCCESS"];
    let expected: Vec<_> = (1..=2).flat_map(|key| each.map(|what| format!("{key} {what}"))).collect();
    assert_eq!(all, expected);
}
