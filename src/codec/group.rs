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
