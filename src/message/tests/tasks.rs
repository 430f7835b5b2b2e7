//! Every captured call of `send_task` and `apply_async`, field by field.

use super::{codec, compare_body, origin, rows, settings};
use crate::message::{SendOptions, task};
use crate::model::{Route, Way};
use serde_json::{Value, json};

/// What Python also puts into the properties, where no reader looks for it.
const LEAKS: [&str; 2] = ["argsrepr", "kwargsrepr"];

#[test]
fn task_messages_are_those_of_celery() {
    let rows = rows(include_str!("tasks.json"));
    assert_eq!(rows.len(), 158);
    for row in &rows {
        let (call, sent) = (&row["call"], &row["sent"]);
        let place = call.to_string();
        let mut options = SendOptions::new();
        for option in call["options"].as_array().unwrap() {
            options.set(option[0].as_str().unwrap(), option[1].as_str().unwrap()).unwrap();
        }
        let text = |name: &str| call[name].as_str().unwrap();
        let settings = settings(&call["settings"]);
        let ours = task::message(
            &codec(),
            &settings,
            text("task"),
            text("args"),
            text("kwargs"),
            &options,
            &origin(),
        );
        let ours = ours.unwrap();
        assert_eq!(ours.message.headers, sent["headers"].as_str().unwrap(), "{place}");
        compare_body(&ours.message, sent, &place);
        compare_properties(&ours, &sent["properties"], &place);
        compare_route(&ours.route, sent, &place);
        assert_eq!(ours.ignored, ours.message.headers.contains("\"ignore_result\": true"), "{place}");
    }
}

fn compare_properties(ours: &task::TaskMessage, sent: &Value, place: &str) {
    let message = &ours.message;
    let mut expected = json!({
        "correlation_id": message.correlation_id,
        "reply_to": message.reply_to,
        "delivery_mode": if message.persistent { 2 } else { 1 },
        "priority": message.priority,
    });
    if let Some(expiration) = message.expiration {
        expected["expiration"] = expiration.to_string().into();
    }
    let mut sent = sent.clone();
    for leak in LEAKS {
        sent.as_object_mut().unwrap().remove(leak);
    }
    assert_eq!(expected, sent, "{place}");
    assert_eq!(Some(&*ours.id), message.correlation_id.as_deref(), "{place}");
}

fn compare_route(ours: &Route, sent: &Value, place: &str) {
    let expected = match ours {
        Route::Queue { name, exchange, routing_key } => json!(["", name, [exchange, routing_key]]),
        Route::Exchange(Way { exchange, routing_key, .. }) => json!([exchange, routing_key, null]),
    };
    assert_eq!(expected, json!([sent["exchange"], sent["routing_key"], sent["declared"]]), "{place}");
}
