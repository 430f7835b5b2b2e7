//! Every captured command, and signals.

use super::{REPLY_TO, TICKET, TIME, codec, compare_body, rows, settings};
use crate::message::control::Matcher;
use crate::message::{Command, ReplyAddress, Signal};
use crate::model::Status;
use serde_json::Value;

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array().map(|texts| texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect())
}

fn signal(ours: &Value) -> Option<Signal> {
    match &ours["signal"] {
        Value::String(name) => Some(Signal::named(name).unwrap()),
        Value::Number(number) => Some(Signal::numbered(number.as_i64().unwrap()).unwrap()),
        _ => None,
    }
}

fn command(ours: &Value) -> Command {
    let terminate = ours["terminate"] == true;
    let signal = signal(ours);
    let command = if let Some(id) = ours["task_id"].as_str() {
        Command::revoke(id, terminate, signal.as_ref())
    } else if let Some(ids) = texts(&ours["task_ids"]) {
        Command::revoke_all(ids.iter().map(String::as_str), terminate, signal.as_ref())
    } else if !ours["headers"].is_null() {
        let headers = ours["headers"].to_string();
        Command::revoke_by_stamped_headers(&codec(), &headers, terminate, signal.as_ref()).unwrap()
    } else if let Some(ids) = texts(&ours["query"]) {
        Command::query_task(ids.iter().map(String::as_str))
    } else if let Some(generic) = ours["generic"].as_array() {
        Command::new(&codec(), generic[0].as_str().unwrap(), generic[1].as_str().unwrap()).unwrap()
    } else {
        match ours["plain"].as_str().unwrap() {
            "ping" => Command::ping(),
            "active" => Command::active(),
            "reserved" => Command::reserved(),
            "scheduled" => Command::scheduled(),
            "revoked_ids" => Command::revoked_ids(),
            "stats" => Command::stats(),
            other => panic!("{other}"),
        }
    };
    let command = match texts(&ours["destination"]) {
        Some(nodes) => command.to(nodes),
        None => command,
    };
    match texts(&ours["pattern"]) {
        Some(parts) if parts[1] == "glob" => command.matching(&parts[0], Matcher::Glob),
        Some(parts) => command.matching(&parts[0], Matcher::Pcre),
        None => command,
    }
}

#[test]
fn commands_are_those_of_celery() {
    let rows = rows(include_str!("control.json"));
    assert_eq!(rows.len(), 32);
    for row in &rows {
        let (ours, sent) = (&row["ours"], &row["sent"]);
        let place = ours.to_string();
        let reply = ReplyAddress {
            ticket: TICKET.to_owned(),
            exchange: "reply.celery.pidbox".to_owned(),
            routing_key: REPLY_TO.to_owned(),
        };
        let reply = ours["reply"].as_f64().map(|timeout| (reply, timeout));
        let expires = TIME + reply.as_ref().map_or(1.0, |(_, timeout)| *timeout);
        let reply = reply.map(|(reply, _)| reply);
        let settings = settings(&ours["settings"]);
        let message = command(ours).message(&codec(), &settings, 1, expires, reply.as_ref()).unwrap();
        assert_eq!(message.headers, sent["headers"].as_str().unwrap(), "{place}");
        compare_body(&message, sent, &place);
        let properties = serde_json::json!({
            "delivery_mode": if message.persistent { 2 } else { 1 },
            "priority": message.priority,
        });
        assert_eq!(properties, sent["properties"], "{place}");
        assert_eq!((message.correlation_id, message.reply_to, message.expiration), (None, None, None));
    }
}

#[test]
fn a_command_that_never_expires() {
    let message = Command::ping().message(&codec(), &settings(&Value::Null), 0, 0.0, None).unwrap();
    assert_eq!(message.headers, r#"{"clock": 0, "expires": 0}"#);
}

#[test]
fn nodes_that_a_command_names() {
    assert_eq!(Command::ping().destination(), None);
    assert_eq!(Command::ping().to(Vec::new()).destination(), None);
    assert_eq!(Command::ping().to(vec!["a@b".to_owned()]).destination().unwrap(), ["a@b"]);
}

#[test]
fn what_is_no_command() {
    for (method, arguments) in [("", "{}"), ("ping", "[]"), ("ping", "{"), ("ping", "1"), ("ping", "nul")] {
        let error = Command::new(&codec(), method, arguments).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{method} {arguments}: {error}");
    }
    for headers in ["", "{}", "null", "[]", "\"a\""] {
        let error = Command::revoke_by_stamped_headers(&codec(), headers, false, None).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{headers}: {error}");
    }
}

#[test]
fn signals() {
    let named = |text: &str| Signal::named(text).map(|signal| signal.json().to_owned());
    for (text, json) in
        [("KILL", "\"KILL\""), ("SIGKILL", "\"SIGKILL\""), ("sigint", "\"SIGINT\""), ("9", "9"), ("64", "64")]
    {
        assert_eq!(named(text).unwrap(), json);
    }
    for text in ["", "SIG", "NOPE", "SIGSIGKILL", "0", "65", "-9", "9.0", "KILL "] {
        let error = named(text).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{text}");
    }
}
