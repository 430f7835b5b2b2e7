//! The tasks of a group, as canvas writes them.

use super::codec;
use crate::message::{Call, SendOptions, calls};
use crate::model::Status;

fn read(json: &str) -> crate::model::Result<Vec<Call>> {
    let mut base = SendOptions::new();
    base.set("queue", "\"base\"").unwrap();
    base.set("retries", "1").unwrap();
    calls(&codec(), json, &base)
}

#[test]
fn calls_of_signatures() {
    let read = read(
        r#"[{"task": "a"},
            {"task": "b", "args": [1, "\u017c"], "kwargs": {"k": NaN}, "options": {"queue": "own", "task_id": "id"},
             "subtask_type": null, "immutable": true, "chord_size": null},
            {"task": "c", "args": null, "kwargs": null, "options": null}]"#,
    )
    .unwrap();
    let names: Vec<&str> = read.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!((read[1].args.as_str(), read[1].kwargs.as_str()), (r#"[1, "\u017c"]"#, r#"{"k": NaN}"#));
    assert_eq!((read[0].args.as_str(), read[2].args.as_str()), ("", ""));
    let queues: Vec<Option<&str>> = read.iter().map(|call| call.options.queue.as_deref()).collect();
    assert_eq!(queues, [Some("base"), Some("own"), Some("base")]);
    assert_eq!(read[1].options.task_id.as_deref(), Some("id"));
    assert_eq!(read[1].options.retries, Some(1));
    assert_eq!(read.len(), 3);
    assert_eq!(super::super::calls(&codec(), "[]", &SendOptions::new()).unwrap(), []);
}

#[test]
fn what_is_no_call() {
    for (json, status) in [
        ("", Status::InvalidArgument),
        ("{}", Status::InvalidArgument),
        ("[1]", Status::InvalidArgument),
        ("[{}]", Status::InvalidArgument),
        (r#"[{"task": ""}]"#, Status::InvalidArgument),
        (r#"[{"task": 1}]"#, Status::InvalidArgument),
        (r#"[{"task": "a", "args": {}}]"#, Status::InvalidArgument),
        (r#"[{"task": "a", "arguments": []}]"#, Status::InvalidArgument),
        (r#"[{"task": "a", "options": {"que": "x"}}]"#, Status::UnknownOption),
        (r#"[{"task": "a", "options": {"priority": "x"}}]"#, Status::InvalidOption),
        (
            r#"[{"task": "celery.group", "kwargs": {"tasks": []}, "subtask_type": "group"}]"#,
            Status::Unsupported,
        ),
    ] {
        let error = read(json).unwrap_err();
        assert_eq!(error.status(), status, "{json}: {error}");
    }
    let error = read(r#"[{"task": "a"}, {"task": "a", "options": {"priority": -1}}]"#).unwrap_err();
    assert_eq!(error.member(), Some(1));
    assert!(error.message().contains("signature 1"), "{error}");
    let error = read(r#"[{"task": "celery.chain", "subtask_type": "chain"}]"#).unwrap_err();
    assert!(error.message().contains("chain"), "{error}");
}
