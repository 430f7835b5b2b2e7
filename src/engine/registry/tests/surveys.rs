//! One look at many tasks: what becomes of it while the link comes and goes.

use super::*;
use crate::engine::{Seen, Surveyor, registry::Survey};

struct Nobody;

impl Surveyor for Nobody {
    fn surveyed(&self, _: Vec<(u64, Seen)>) {}
}

#[allow(clippy::unnecessary_box_returns, reason = "as it is kept")]
fn survey(surveyor: &Arc<dyn Surveyor>) -> Box<Survey> {
    let tasks = vec![(Id::from("a"), 1), (Id::from("b"), 2)];
    Box::new(Survey { tasks, surveyor: Arc::downgrade(surveyor) })
}

#[allow(clippy::unnecessary_box_returns, reason = "as it is kept")]
fn taken(bench: &mut Bench, ticket: Ticket) -> Box<Survey> {
    match bench.registry.owner(ticket) {
        Owner::Survey(survey) => survey,
        _ => panic!("it was answered before"),
    }
}

#[test]
fn a_survey_waits_for_a_link_and_leaves_again_with_its_number() {
    let mut bench = Bench::new();
    let surveyor: Arc<dyn Surveyor> = Arc::new(Nobody);
    bench.registry.begin_survey(survey(&surveyor)).unwrap();
    assert_eq!(bench.sent(), ["*a b"]);
    let ticket = bench.surveys.remove(0);
    let survey = taken(&mut bench, ticket);
    assert!(bench.registry.stall_survey(ticket, survey).is_none(), "there is no link");
    assert!(bench.sent().is_empty());
    bench.registry.link_live(1);
    assert_eq!(bench.sent(), ["*a b"]);
    assert_eq!(bench.surveys, [ticket]);
    let survey = taken(&mut bench, ticket);
    assert!(
        bench.registry.stall_survey(ticket, survey).is_some(),
        "what this link cannot read is waited for"
    );
    assert!(matches!(bench.registry.owner(ticket), Owner::Nobody));
}

#[test]
fn nothing_is_sent_for_one_who_is_gone() {
    let mut bench = Bench::new();
    let surveyor: Arc<dyn Surveyor> = Arc::new(Nobody);
    bench.registry.begin_survey(survey(&surveyor)).unwrap();
    bench.sent();
    let ticket = bench.surveys.remove(0);
    let survey = taken(&mut bench, ticket);
    bench.registry.stall_survey(ticket, survey);
    drop(surveyor);
    bench.registry.link_live(1);
    assert!(bench.sent().is_empty());
}

#[test]
fn those_that_wait_for_a_link_are_told_of_the_end() {
    let mut bench = Bench::new();
    let surveyor: Arc<dyn Surveyor> = Arc::new(Nobody);
    for _ in 0..3 {
        bench.registry.begin_survey(survey(&surveyor)).unwrap();
    }
    bench.sent();
    for ticket in [bench.surveys[0], bench.surveys[1]] {
        let survey = taken(&mut bench, ticket);
        bench.registry.stall_survey(ticket, survey);
    }
    assert!(bench.registry.close(&Error::new(Status::Closed, "over")));
    assert_eq!(bench.registry.take_surveys().count(), 2);
    // The third is still under way, and comes back.
    let ticket = bench.surveys[2];
    let survey = taken(&mut bench, ticket);
    assert!(bench.registry.stall_survey(ticket, survey).is_some());
    let refused = bench
        .registry
        .begin_survey(Box::new(Survey { tasks: Vec::new(), surveyor: Arc::downgrade(&surveyor) }));
    assert_eq!(refused.unwrap_err().status(), Status::Closed);
}
