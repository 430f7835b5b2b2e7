//! Sending tasks, and the results that they will have: `app.send_task`, and groups. Sending subscribes to
//! nothing; a wait that comes later subscribes and then reads, so that nothing is missed.

use super::{AsyncResult, GroupResult, ResultBase};
use crate::{
    app::{App, Sent},
    message::{Call, SendOptions, calls},
    model::{Id, Result},
};
use uuid::Uuid;

/// Sends a task by its name (`app.send_task`). `args` is a JSON array and `kwargs` a JSON object, in
/// Python's dialect; empty texts stand for none. Bounded by `operation_timeout_ms`.
///
/// Fails before anything is sent with `InvalidArgument`, `InvalidOption`, `Encode`, `TooLarge`, `TooDeep`;
/// with `Unsupported` or `NotBuiltIn` where there is no broker; with `Unreachable` where nothing was sent,
/// and with `Uncertain` where it may have been.
pub fn send_task(
    app: &App,
    name: &str,
    args: &str,
    kwargs: &str,
    options: &SendOptions,
) -> Result<AsyncResult> {
    let call = Call {
        name: name.to_owned(),
        args: args.to_owned(),
        kwargs: kwargs.to_owned(),
        options: options.clone(),
    };
    result(app, &app.send_task(&call)?)
}

/// Sends tasks as a group (`group(...).apply_async()`): `signatures` is a JSON array of signatures as
/// Celery's canvas writes them, `options` is what each is sent with where its own say nothing else. The
/// group has the option `task_id`, or else `group_id`, as its id, or a new one.
///
/// Fails as [`send_task`], naming the member; with `Unsupported` where one is no plain task.
pub fn send_group(app: &App, signatures: &str, options: &SendOptions) -> Result<GroupResult> {
    let mut options = options.clone();
    let id = options.take_group_id().unwrap_or_else(|| Id::from(Uuid::new_v4().to_string()));
    let mut calls = calls(app.codec(), signatures, &options)?;
    for (index, call) in calls.iter_mut().enumerate() {
        call.options.set_group(&id, index);
    }
    let sent = app.send_tasks(&calls)?;
    let members = sent.iter().map(|sent| result(app, sent).map(ResultBase::Async));
    GroupResult::new(app, &id, members.collect::<Result<Vec<_>>>()?, None)
}

fn result(app: &App, sent: &Sent) -> Result<AsyncResult> {
    let result = AsyncResult::new(app, &sent.id)?;
    if sent.ignored {
        result.ignore();
    }
    Ok(result)
}
