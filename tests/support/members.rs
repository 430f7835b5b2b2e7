//! Records, and sets to wait for.

use celery_result::{
    app::App,
    model::{Record, RecordValue, State},
    result::{AsyncResult, GetOptions, GroupResult, Outcome, ResultBase, ResultSet},
};
use std::time::Duration;

/// Longer than any wait that ends well.
pub const LONG: Duration = Duration::from_secs(20);

/// A FAILURE record.
pub fn failure(id: &str, class: &str, text: &str) -> Record {
    let value = RecordValue::Exception {
        class: class.to_owned(),
        module: "builtins".to_owned(),
        args: format!("[\"{text}\"]"),
    };
    Record { value, ..Record::new(id, State::Failure) }
}

/// A record of any state with this value.
pub fn state(id: &str, name: &str, json: &str) -> Record {
    Record { value: RecordValue::Json(json.to_owned()), ..Record::new(id, State::from_name(name)) }
}

pub fn task(app: &App, id: &str) -> ResultBase {
    ResultBase::Async(AsyncResult::new(app, id).unwrap())
}

pub fn tasks<'a>(app: &App, ids: impl IntoIterator<Item = &'a str>) -> Vec<ResultBase> {
    ids.into_iter().map(|id| task(app, id)).collect()
}

/// A set of tasks.
pub fn set<'a>(app: &App, ids: impl IntoIterator<Item = &'a str>) -> ResultSet {
    ResultSet::new(app, tasks(app, ids)).unwrap()
}

/// A group of tasks.
pub fn group<'a>(app: &App, id: &str, ids: impl IntoIterator<Item = &'a str>) -> ResultBase {
    ResultBase::Group(GroupResult::new(app, id, tasks(app, ids), None).unwrap())
}

/// So many ids of one kind.
pub fn ids(what: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{what}-{number}")).collect()
}

/// Celery's defaults with a patience.
pub fn long() -> GetOptions {
    GetOptions { timeout: Some(LONG), ..GetOptions::default() }
}

/// The same, with exceptions as values.
pub fn quiet() -> GetOptions {
    GetOptions { propagate: false, ..long() }
}

pub fn within(millis: u64) -> GetOptions {
    GetOptions { timeout: Some(Duration::from_millis(millis)), ..GetOptions::default() }
}

/// What the members of a set gave, from what the set gave.
pub fn each(outcome: &Outcome) -> Vec<Outcome> {
    outcome.iter().unwrap().map(|(_, member)| member).collect()
}
