//! `EagerResult`: the result of a task that was run at once, in this process. It has no app and
//! asks no store.

use super::{GetOptions, Outcome, Snapshot, join};
use crate::{
    codec::{Codec, Limits},
    model::{
        Error, Extended, Id, Record, RecordValue, RemoteException, Result, State, Status, TaskMeta, Value,
        check_id,
    },
    sys::Mutex,
};
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The result of a task that was run at once (`celery.result.EagerResult`). It is always ready,
/// whatever its state. Cloning gives another reference to the same result. All methods may be
/// called from any thread at once, and none blocks.
#[derive(Clone)]
pub struct EagerResult {
    inner: Arc<Inner>,
}

struct Inner {
    id: Id,
    meta: Mutex<Arc<TaskMeta>>,
}

impl EagerResult {
    /// The result that the record describes: id, value or exception, state, traceback and, of the
    /// extended fields, the name. The rest of it means nothing here, as in Celery.
    ///
    /// Fails with `InvalidArgument` where id or state is empty, and with `Encode` where value or
    /// arguments are no JSON.
    pub fn new(record: &Record) -> Result<Self> {
        let id = check_id("task_id", &record.task_id)?;
        if record.state.as_str().is_empty() {
            let message = "state is empty; it must be SUCCESS, FAILURE or the like";
            return Err(Error::new(Status::InvalidArgument, message).with_task_id(&id));
        }
        let meta = codec().eager(record).map_err(|error| error.with_task_id(&id))?;
        Ok(Self { inner: Arc::new(Inner { id, meta: Mutex::new(meta) }) })
    }

    /// The task's id.
    pub fn id(&self) -> &Id {
        &self.inner.id
    }

    /// Everything that is known: id, value, state, traceback and name.
    pub fn meta(&self) -> Snapshot {
        Snapshot { task_id: self.id().clone(), meta: Some(self.record()) }
    }

    /// The state, as it was given or REVOKED after [`Self::revoke`].
    pub fn state(&self) -> State {
        self.record().state().clone()
    }

    /// Whether the state is SUCCESS.
    pub fn successful(&self) -> bool {
        *self.record().state() == State::Success
    }

    /// Whether the state is FAILURE; a revoked task has not failed.
    pub fn failed(&self) -> bool {
        *self.record().state() == State::Failure
    }

    /// Gives the value (`EagerResult.get`) where the state is SUCCESS, and null in a state that is
    /// neither that nor an end. Of the options `propagate` and `disable_sync_subtasks` count, as in
    /// Celery.
    ///
    /// Fails with `TaskFailed` or `TaskRevoked` and the exception where the task ended so and
    /// `propagate` is on; a value that is no exception is the only argument of a plain one. Fails
    /// with `JoinDenied` under [`super::join_deny`].
    pub fn get(&self, options: &GetOptions) -> Result<Outcome> {
        join::check_allowed(options)?;
        let meta = self.record();
        if *meta.state() != State::Success && !meta.state().is_propagate() {
            return Ok(Outcome { value: Value::null(), exception: None, members: None });
        }
        self.resolve(&meta, options)
    }

    /// The value in whatever state (`EagerResult.maybe_throw`); calls `callback` with it.
    ///
    /// Fails with `TaskFailed` or `TaskRevoked`, as [`Self::get`].
    pub fn maybe_throw(&self, options: &GetOptions) -> Result<Outcome> {
        let outcome = self.resolve(&self.record(), options)?;
        if let Some(callback) = &options.callback {
            callback(self.id(), &outcome.value);
        }
        Ok(outcome)
    }

    /// Makes it a revoked one (`EagerResult.revoke`): the state is REVOKED from now on, and the value
    /// a `TaskRevokedError`. The task has run already, so nothing else happens.
    pub fn revoke(&self) -> Result<()> {
        let name = self.record().name().map(str::to_owned);
        let revoked = Record {
            value: RecordValue::Exception {
                class: "TaskRevokedError".to_owned(),
                module: "celery.exceptions".to_owned(),
                args: "[\"revoked\"]".to_owned(),
            },
            extended: Some(Extended { name, ..Extended::default() }),
            ..Record::new(self.id().clone(), State::Revoked)
        };
        let revoked = codec().eager(&revoked)?;
        let before = std::mem::replace(&mut *self.inner.meta.lock(), revoked);
        // A large value is freed after the lock.
        drop(before);
        Ok(())
    }

    /// Calls `callback` with the record, at once and on this thread, as in Celery.
    pub fn then(&self, callback: impl FnOnce(&Self, Result<Arc<TaskMeta>>)) {
        callback(self, Ok(self.record()));
    }

    fn record(&self) -> Arc<TaskMeta> {
        Arc::clone(&self.inner.meta.lock())
    }

    fn resolve(&self, meta: &TaskMeta, options: &GetOptions) -> Result<Outcome> {
        let value = meta.value().map_err(|error| error.with_task_id(self.id()))?;
        // What was returned instead of raised is no exception, whatever the state.
        let exception = if is_exception(&value) { meta.exception() } else { None };
        if options.propagate && meta.state().is_propagate() {
            let status =
                if *meta.state() == State::Revoked { Status::TaskRevoked } else { Status::TaskFailed };
            let exception = match exception {
                Some(exception) => exception,
                None => Arc::new(plain_exception(&value, meta.traceback())?),
            };
            return Err(Error::task(status, exception).with_task_id(self.id()));
        }
        Ok(Outcome { value, exception, members: None })
    }
}

fn codec() -> Codec {
    Codec::new(Limits::default())
}

fn is_exception(value: &Value) -> bool {
    value.get_key("exc_type").is_ok_and(|class| class.as_wtf8().is_ok())
}

/// `Exception(value)`
fn plain_exception(value: &Value, traceback: Option<&str>) -> Result<RemoteException> {
    let args = codec().value(&format!("[{}]", value.json()))?;
    let (class, module) = ("Exception".to_owned(), Some("builtins".to_owned()));
    Ok(RemoteException::new(class, module, Some(args), traceback.map(str::to_owned)))
}

/// Equal are results for the same id, as in Celery.
impl PartialEq for EagerResult {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for EagerResult {}

impl Hash for EagerResult {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for EagerResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<EagerResult: {}>", self.id())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{ResultBase, join_deny};
    use super::*;
    use crate::config::{Config, Options};

    fn eager(state: &str, json: &str) -> EagerResult {
        let value = RecordValue::Json(json.to_owned());
        EagerResult::new(&Record { value, ..Record::new("e", State::from_name(state)) }).unwrap()
    }

    fn failed() -> Record {
        Record {
            value: RecordValue::Exception {
                class: "KeyError".to_owned(),
                module: "builtins".to_owned(),
                args: "[\"k\"]".to_owned(),
            },
            traceback: Some("Traceback".to_owned()),
            extended: Some(Extended { name: Some("shop.order".to_owned()), ..Extended::default() }),
            ..Record::new("e", State::Failure)
        }
    }

    fn quiet() -> GetOptions {
        GetOptions { propagate: false, ..GetOptions::default() }
    }

    #[test]
    fn a_value_comes_back_in_success_only() {
        for (state, value) in
            [("SUCCESS", "[1, NaN]"), ("PENDING", "null"), ("RETRY", "null"), ("PROGRESS", "null")]
        {
            let result = eager(state, "[1, NaN]");
            assert_eq!(result.get(&GetOptions::default()).unwrap().value.json(), value, "{state}");
            assert_eq!(result.maybe_throw(&quiet()).unwrap().value.json(), "[1, NaN]", "{state}");
            assert_eq!(result.state(), State::from_name(state));
        }
    }

    #[test]
    fn a_failure_is_raised_or_returned() {
        let result = EagerResult::new(&failed()).unwrap();
        let error = result.get(&GetOptions::default()).unwrap_err();
        assert_eq!((error.status(), error.message()), (Status::TaskFailed, "KeyError: 'k'"));
        assert_eq!(error.task_id().unwrap().as_ref(), "e");
        assert_eq!(error.exception().unwrap().traceback.as_deref(), Some("Traceback"));
        assert_eq!(result.maybe_throw(&GetOptions::default()).unwrap_err().status(), Status::TaskFailed);
        let nothing = eager("FAILURE", "null").get(&GetOptions::default()).unwrap_err();
        let exception = nothing.exception().unwrap();
        assert_eq!((exception.class.as_str(), exception.module.as_deref()), ("Exception", Some("builtins")));
        let outcome = result.get(&quiet()).unwrap();
        assert_eq!(outcome.exception.unwrap().class, "KeyError");
    }

    #[test]
    fn a_failure_that_is_no_exception_is_raised_as_a_plain_one() {
        for (json, message) in [("\"boom\"", "Exception: boom"), ("{\"a\": 1}", "Exception: {'a': 1}")] {
            let result = eager("FAILURE", json);
            let error = result.get(&GetOptions::default()).unwrap_err();
            assert_eq!((error.status(), error.message()), (Status::TaskFailed, message));
            let exception = error.exception().unwrap();
            assert_eq!(
                (exception.class.as_str(), exception.module.as_deref()),
                ("Exception", Some("builtins"))
            );
            assert_eq!(exception.args.as_ref().unwrap().json(), format!("[{json}]"));
            assert!(!exception.degraded);
            let outcome = result.get(&quiet()).unwrap();
            assert!(outcome.exception.is_none());
            assert_eq!(outcome.value.json(), json);
        }
    }

    #[test]
    fn a_revoked_one_is_revoked_whatever_it_was() {
        for record in [failed(), Record::new("e", State::Success)] {
            let result = EagerResult::new(&record).unwrap();
            let same = result.clone();
            result.revoke().unwrap();
            assert_eq!(same.state(), State::Revoked);
            let error = same.get(&GetOptions::default()).unwrap_err();
            assert_eq!(error.status(), Status::TaskRevoked);
            assert_eq!(error.message(), "celery.exceptions.TaskRevokedError: revoked");
            let meta = same.meta().meta.unwrap();
            assert_eq!(meta.traceback(), None);
            assert_eq!(meta.name(), record.extended.as_ref().and_then(|extended| extended.name.as_deref()));
        }
    }

    #[test]
    fn the_record_has_what_celery_knows_of_it() {
        let mut record = failed();
        record.children = Some(vec![]);
        record.group_id = Some("g".into());
        let meta = EagerResult::new(&record).unwrap().meta().meta.unwrap();
        let keys: Vec<_> = meta.keys().collect();
        assert_eq!(keys, ["task_id", "result", "status", "traceback", "name"]);
        assert_eq!((meta.date_done(), meta.name()), (None, Some("shop.order")));
        assert!(meta.children().unwrap().is_none() && meta.args().unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        for (record, status) in [
            (Record::new("", State::Success), Status::InvalidArgument),
            (Record::new("e", State::from_name("")), Status::InvalidArgument),
            (
                Record { value: RecordValue::Json("[".to_owned()), ..Record::new("e", State::Success) },
                Status::Encode,
            ),
        ] {
            assert_eq!(EagerResult::new(&record).unwrap_err().status(), status);
        }
    }

    #[test]
    fn waiting_may_be_denied() {
        let result = eager("SUCCESS", "1");
        join_deny(true);
        assert_eq!(result.get(&GetOptions::default()).unwrap_err().status(), Status::JoinDenied);
        assert!(result.get(&GetOptions { disable_sync_subtasks: false, ..GetOptions::default() }).is_ok());
        join_deny(false);
    }

    #[test]
    fn then_calls_at_once_and_the_tuple_form_is_that_of_a_task() {
        let result = eager("SUCCESS", "1");
        let mut called = false;
        result.then(|_, meta| called = meta.is_ok());
        assert!(called);
        let tuple = ResultBase::Eager(result).as_tuple().unwrap();
        assert_eq!((tuple.id.as_ref(), tuple.parent, tuple.members), ("e", None, None));
    }

    #[test]
    fn its_limits_are_those_of_an_app_without_settings() {
        let (limits, config) = (Limits::default(), Config::new("memory://", &Options::new()).unwrap());
        assert_eq!((limits.payload, limits.depth), (config.max_payload_bytes, config.max_nesting_depth));
        assert_eq!(limits.expansion, config.max_expansion_ratio);
    }
}
