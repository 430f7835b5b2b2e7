//! datetime, date and time as Python packs them.

use super::write::Pickler;
use crate::model::iso::{self, Date, Time};
use crate::model::{Error, Result, Status};

/// Writes the ISO 8601 text of a datetime, date or time as an object of its class.
pub(super) fn write(pickler: &mut Pickler, name: &str, text: &str) -> Result<()> {
    let parts = match name {
        "datetime" => iso::date_time(text).map(|(date, time)| ("datetime", Some(date), Some(time))),
        "date" => iso::date(text).map(|date| ("date", Some(date), None)),
        _ => iso::time(text).map(|time| ("time", None, Some(time))),
    };
    let packed = parts.and_then(|(class, date, time)| Some((class, packed(date, time)?, time)));
    let Some((class, state, time)) = packed else {
        let message = format!("the {name} {text:?} cannot be stored as pickle");
        return Err(Error::new(Status::Encode, message));
    };
    pickler.class("datetime", class);
    pickler.bytes(&state);
    let Some(offset) = time.and_then(|time| time.offset) else {
        pickler.call(1);
        return Ok(());
    };
    pickler.class("datetime", "timezone");
    pickler.delta([0, offset.div_euclid(1_000_000), offset.rem_euclid(1_000_000)]);
    pickler.call(1);
    pickler.call(2);
    Ok(())
}

fn packed(date: Option<Date>, time: Option<Time>) -> Option<Vec<u8>> {
    let mut state = Vec::with_capacity(10);
    if let Some(Date { year, month, day }) = date {
        state.extend(u16::try_from(year).ok()?.to_be_bytes());
        state.extend([u8::try_from(month).ok()?, u8::try_from(day).ok()?]);
    }
    if let Some(Time { hour, minute, second, micro, .. }) = time {
        for part in [hour, minute, second] {
            state.push(u8::try_from(part).ok()?);
        }
        let [_, micro @ ..] = u32::try_from(micro).ok()?.to_be_bytes();
        state.extend(micro);
    }
    Some(state)
}
