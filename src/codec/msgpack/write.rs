//! A value as msgpack, in the smallest forms, byte for byte as `msgpack.packb(use_bin_type=True)`
//! writes it. What Python's packer refuses is refused here too.

use crate::model::value::Iter;
use crate::model::{Error, Kind, Result, Status, Value};
use rmp::encode::{self, ByteBuf, ValueWriteError};
use std::convert::Infallible;

/// The value as bytes to store.
pub(in crate::codec) fn write(value: &Value) -> Result<Vec<u8>> {
    let mut out = ByteBuf::with_capacity(value.json().len());
    let mut open: Vec<Iter> = Vec::new();
    one(value, &mut open, &mut out)?;
    while let Some(top) = open.last_mut() {
        match top.next() {
            Some((key, value)) => {
                if let Some(key) = key {
                    one_key(&key, &mut out)?;
                }
                one(&value, &mut open, &mut out)?;
            }
            None => _ = open.pop(),
        }
    }
    Ok(out.into_vec())
}

/// A scalar, or the head of a container, whose elements are left to do.
fn one(value: &Value, open: &mut Vec<Iter>, out: &mut ByteBuf) -> Result<()> {
    match value.kind() {
        Kind::Null => done(encode::write_nil(out)),
        Kind::Bool => done(encode::write_bool(out, value.as_bool()?)),
        Kind::Int => integer(value, out)?,
        Kind::Float => written(encode::write_f64(out, value.as_f64()?)),
        Kind::String => text(value, out)?,
        Kind::Bytes => {
            let bytes = value.as_bytes()?;
            written(encode::write_bin_len(out, length(bytes.len())?));
            out.as_mut_vec().extend_from_slice(&bytes);
        }
        Kind::Array => {
            written(encode::write_array_len(out, length(value.len()?)?));
            open.push(value.iter()?);
        }
        Kind::Object | Kind::Map => {
            written(encode::write_map_len(out, length(value.len()?)?));
            open.push(value.iter()?);
        }
        other => {
            let message = format!("the value holds {}, which msgpack cannot hold", other.name());
            return Err(Error::new(Status::Encode, message));
        }
    }
    Ok(())
}

/// A key: a text, or of a map any scalar.
fn one_key(key: &Value, out: &mut ByteBuf) -> Result<()> {
    if key.kind().is_container() {
        let message =
            format!("the value holds {} as a key, which no reader of msgpack takes", key.kind().name());
        return Err(Error::new(Status::Encode, message));
    }
    one(key, &mut Vec::new(), out)
}

fn integer(value: &Value, out: &mut ByteBuf) -> Result<()> {
    if let Ok(number) = value.as_i64() {
        written(encode::write_sint(out, number));
    } else if let Ok(number) = value.as_u64() {
        written(encode::write_uint(out, number));
    } else {
        let message = "the value holds an integer of more than 64 bits, which msgpack cannot hold";
        return Err(Error::new(Status::Encode, message));
    }
    Ok(())
}

fn text(value: &Value, out: &mut ByteBuf) -> Result<()> {
    let text = value.as_str().map_err(|_| {
        Error::new(Status::Encode, "the value holds text with a lone surrogate, which msgpack cannot hold")
    })?;
    written(encode::write_str_len(out, length(text.len())?));
    out.as_mut_vec().extend_from_slice(text.as_bytes());
    Ok(())
}

fn length(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| {
        Error::new(Status::Encode, format!("{length} bytes or elements; msgpack can hold 4294967295"))
    })
}

/// Writing into memory cannot fail.
fn written<T>(result: Result<T, ValueWriteError<Infallible>>) {
    let _ = result;
}

fn done(result: Result<(), Infallible>) {
    let Ok(()) = result;
}
