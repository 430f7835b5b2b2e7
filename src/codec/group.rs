//! A saved group: an object with the group's tuple form as its only key.

use super::tuple;
use crate::model::{Error, Kind, Result, ResultTuple, Status, Value};
use std::sync::Arc;

const PLACE: &str = "the saved group at key \"result\"";

/// The record's JSON text, as Python spells it.
pub(super) fn text(group: &ResultTuple) -> String {
    let mut out = String::from("{\"result\": ");
    tuple::write(group, &mut out);
    out.push('}');
    out
}

/// The tuple form in the record's JSON text.
pub(super) fn tuple(text: &Arc<[u8]>, depth: usize) -> Result<ResultTuple> {
    let saved = Value::check(Arc::clone(text), 0, text.len(), depth)
        .map_err(|syntax| syntax.error("the saved group", Status::Decode))?;
    if saved.kind() != Kind::Object {
        let kind = saved.kind().name();
        return Err(Error::new(
            Status::Decode,
            format!("the saved group: {kind} where an object with the key \"result\" should be"),
        ));
    }
    let result = saved
        .get_key("result")
        .map_err(|_| Error::new(Status::Decode, "the saved group has no key \"result\""))?;
    let tuple = ResultTuple::from_value(&result, PLACE)?;
    if tuple.members.is_none() {
        let message = format!("{PLACE}: the tuple form of the task {}, where a group's should be", tuple.id);
        return Err(Error::new(Status::Decode, message));
    }
    Ok(tuple)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(saved: &str, depth: usize) -> Result<ResultTuple> {
        tuple(&Arc::from(saved.as_bytes()), depth)
    }

    /// The second one is a real Celery's: `GroupResult("gż", …).save()`.
    #[test]
    fn as_python_writes_it() {
        for saved in [
            r#"{"result": [["g", null], []]}"#,
            r#"{"result": [["g\u017c", [["before", null], null]], [[["a", [["b", null], null]], null], [["inner", null], []]]]}"#,
        ] {
            assert_eq!(text(&read(saved, 1000).unwrap()), saved);
        }
    }

    #[test]
    fn as_python_reads_it() {
        // Blanks, more keys, the last of two, bare ids of old versions.
        for saved in [
            r#" { "result":[["g",null],[["a",null]]] , "other": 1} "#,
            r#"{"result": 1, "result": ["g", [[["a", null], null]]]}"#,
        ] {
            assert_eq!(
                text(&read(saved, 1000).unwrap()),
                r#"{"result": [["g", null], [[["a", null], null]]]}"#
            );
        }
    }

    #[test]
    fn what_is_no_group_is_refused() {
        for (saved, status) in [
            (r#"{"result": [["t", null], null]}"#, Status::Decode),
            (r#"{"result": [["", null], []]}"#, Status::Decode),
            (r#"{"result": [["g", null], {}]}"#, Status::Decode),
            (r#"{"result": "g"}"#, Status::Decode),
            ("{}", Status::Decode),
            ("null", Status::Decode),
            (r#"{"result": "#, Status::Decode),
            (r#"{"result": [["g", null], [[["a", null], null]]]}"#, Status::TooDeep),
        ] {
            assert_eq!(read(saved, 3).unwrap_err().status(), status, "{saved}");
        }
    }
}
