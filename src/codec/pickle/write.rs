//! A value as pickle protocol 4, as Celery's pickler writes it: one frame, keys and classes in the
//! memo. Python reads plain values and those of its own types from it; classes of a user's program
//! are not written, since reading them would run what the text names.

use super::opcodes as op;
use super::stamps;
use crate::model::value::Iter;
use crate::model::{Error, Kind, Result, Status, Value};
use std::collections::HashMap;

/// Digits of the largest integer that Python reads from text.
const DIGITS: usize = 4_300;

/// The value as bytes to store.
pub(super) fn write(value: &Value) -> Result<Vec<u8>> {
    let mut pickler = Pickler { out: Vec::new(), keys: HashMap::new(), names: HashMap::new(), kept: 0 };
    let mut steps = vec![Step::Value(value.clone(), Place::Any)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Value(value, place) => pickler.value(&value, place, &mut steps)?,
            Step::Elements(mut elements, place) => {
                if let Some((key, value)) = elements.next() {
                    if let Some(key) = key {
                        pickler.key(&key)?;
                    }
                    steps.push(Step::Elements(elements, place));
                    steps.push(Step::Value(value, place));
                }
            }
            Step::Pairs(mut pairs) => {
                if let Some((_, pair)) = pairs.next() {
                    let (key, value) = (pair.get(0)?, pair.get(1)?);
                    steps.push(Step::Pairs(pairs));
                    steps.push(Step::Value(value, Place::Any));
                    steps.push(Step::Value(key, Place::Hashed));
                }
            }
            Step::Opcode(opcode) => pickler.out.push(opcode),
        }
    }
    pickler.out.push(op::STOP);
    let mut out = vec![op::PROTO, 4, op::FRAME];
    out.extend((pickler.out.len() as u64).to_le_bytes());
    out.append(&mut pickler.out);
    Ok(out)
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Any,
    /// An element of a set or a key of a map, which must be hashable in Python
    Hashed,
}

enum Step {
    Value(Value, Place),
    Elements(Iter, Place),
    Pairs(Iter),
    Opcode(u8),
}

/// Bytes in the making.
pub(super) struct Pickler {
    out: Vec<u8>,
    /// Numbers of the keys in the memo
    keys: HashMap<Vec<u8>, u32>,
    /// Numbers of the classes in the memo
    names: HashMap<(&'static str, &'static str), u32>,
    kept: u32,
}

impl Pickler {
    fn value(&mut self, value: &Value, place: Place, steps: &mut Vec<Step>) -> Result<()> {
        if let Some((name, inner)) = value.typed_parts() {
            return self.typed(name, value, &inner, place, steps);
        }
        match value.kind() {
            Kind::Null => self.out.push(op::NONE),
            Kind::Bool => self.out.push(if value.as_bool()? { op::NEWTRUE } else { op::NEWFALSE }),
            Kind::Int => self.integer(value)?,
            Kind::Float => {
                self.out.push(op::BINFLOAT);
                self.out.extend(value.as_f64()?.to_be_bytes());
            }
            Kind::String => self.text(&value.as_wtf8()?),
            Kind::Array if place == Place::Hashed => self.group(value, &[], op::TUPLE, place, steps)?,
            Kind::Array => self.group(value, &[op::EMPTY_LIST], op::APPENDS, place, steps)?,
            _ if place == Place::Hashed => return Err(unwritten(value, "as an element of a set or a key")),
            _ => self.group(value, &[op::EMPTY_DICT], op::SETITEMS, place, steps)?,
        }
        Ok(())
    }

    fn typed(
        &mut self,
        name: &str,
        value: &Value,
        inner: &Value,
        place: Place,
        steps: &mut Vec<Step>,
    ) -> Result<()> {
        match name {
            "bytes" | "base64" => self.bytes(&value.as_bytes()?),
            "datetime" | "date" | "time" => stamps::write(self, name, &value.as_str()?)?,
            "timedelta" => {
                let part = |key| inner.get_key(key)?.as_i64();
                self.delta([part("days")?, part("seconds")?, part("microseconds")?]);
            }
            "decimal" => self.decimal(&value.as_str()?),
            "uuid" => self.uuid(&value.as_str()?)?,
            "set" if place == Place::Any => {
                self.group(inner, &[op::EMPTY_SET], op::ADDITEMS, Place::Hashed, steps)?;
            }
            "set" | "frozenset" => self.group(inner, &[], op::FROZENSET, Place::Hashed, steps)?,
            "map" if place == Place::Any => {
                self.out.extend([op::EMPTY_DICT, op::MARK]);
                steps.extend([Step::Opcode(op::SETITEMS), Step::Pairs(inner.iter()?)]);
            }
            "map" => return Err(unwritten(value, "as an element of a set or a key")),
            _ => return Err(unwritten(value, "whose class only a Python program knows")),
        }
        Ok(())
    }

    /// Elements between a mark and an opcode that takes them all.
    fn group(
        &mut self,
        value: &Value,
        start: &[u8],
        end: u8,
        place: Place,
        steps: &mut Vec<Step>,
    ) -> Result<()> {
        self.out.extend(start);
        self.out.push(op::MARK);
        steps.extend([Step::Opcode(end), Step::Elements(value.iter()?, place)]);
        Ok(())
    }

    fn integer(&mut self, value: &Value) -> Result<()> {
        let digits = value.json();
        match value.as_i64().map(|number| (u8::try_from(number), i32::try_from(number), number)) {
            Ok((Ok(byte), ..)) => self.out.extend([op::BININT1, byte]),
            Ok((_, Ok(small), _)) => {
                self.out.push(op::BININT);
                self.out.extend(small.to_le_bytes());
            }
            Ok((.., number)) => {
                self.out.extend([op::LONG1, 8]);
                self.out.extend(number.to_le_bytes());
            }
            // Its digits: no conversion on either side that costs more than Python allows.
            Err(_) if digits.trim_start_matches('-').len() <= DIGITS => {
                self.out.push(op::LONG);
                self.out.extend(digits.as_bytes());
                self.out.extend(b"L\n");
            }
            Err(_) => {
                let count = digits.trim_start_matches('-').len();
                let message =
                    format!("an integer of {count} digits cannot be stored as pickle; Python reads {DIGITS}");
                return Err(Error::new(Status::Encode, message));
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8]) {
        self.counted(text, [op::SHORT_BINUNICODE, op::BINUNICODE, op::BINUNICODE8]);
    }

    /// A key of a map, which may come again.
    fn key(&mut self, key: &Value) -> Result<()> {
        let text = key.as_wtf8()?;
        if let Some(number) = self.keys.get(&*text) {
            let number = *number;
            self.get(number);
            return Ok(());
        }
        self.text(&text);
        let number = self.keep();
        self.keys.insert(text.into_owned(), number);
        Ok(())
    }

    /// bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.counted(bytes, [op::SHORT_BINBYTES, op::BINBYTES, op::BINBYTES8]);
    }

    fn counted(&mut self, part: &[u8], [opcode1, opcode4, opcode8]: [u8; 3]) {
        match (u8::try_from(part.len()), u32::try_from(part.len())) {
            (Ok(length), _) => self.out.extend([opcode1, length]),
            (_, Ok(length)) => {
                self.out.push(opcode4);
                self.out.extend(length.to_le_bytes());
            }
            _ => {
                self.out.push(opcode8);
                self.out.extend((part.len() as u64).to_le_bytes());
            }
        }
        self.out.extend(part);
    }

    /// A class of Python's library.
    pub(super) fn class(&mut self, module: &'static str, name: &'static str) {
        if let Some(number) = self.names.get(&(module, name)) {
            let number = *number;
            return self.get(number);
        }
        self.text(module.as_bytes());
        self.text(name.as_bytes());
        self.out.push(op::STACK_GLOBAL);
        let number = self.keep();
        self.names.insert((module, name), number);
    }

    /// Calls what lies below the last `count` values with them.
    pub(super) fn call(&mut self, count: u8) {
        self.out.push(match count {
            1 => op::TUPLE1,
            2 => op::TUPLE2,
            _ => op::TUPLE3,
        });
        self.out.push(op::REDUCE);
    }

    /// A `timedelta` of days, seconds and microseconds.
    pub(super) fn delta(&mut self, parts: [i64; 3]) {
        self.class("datetime", "timedelta");
        for part in parts {
            self.out.extend([op::LONG1, 8]);
            self.out.extend(part.to_le_bytes());
        }
        self.call(3);
    }

    fn decimal(&mut self, text: &str) {
        self.class("decimal", "Decimal");
        self.text(text.as_bytes());
        self.call(1);
    }

    /// An object that gets its number as its only attribute, as `uuid.UUID` pickles itself.
    fn uuid(&mut self, text: &str) -> Result<()> {
        let number = u128::from_str_radix(&text.replace('-', ""), 16)
            .map_err(|_| Error::new(Status::Encode, format!("{text:?} is no uuid")))?;
        self.class("uuid", "UUID");
        self.out.extend([op::EMPTY_TUPLE, op::NEWOBJ, op::EMPTY_DICT]);
        self.text(b"int");
        // A byte more than the number has keeps it from being negative.
        self.out.extend([op::LONG1, 17]);
        self.out.extend(number.to_le_bytes());
        self.out.extend([0, op::SETITEM, op::BUILD]);
        Ok(())
    }

    fn keep(&mut self) -> u32 {
        self.out.push(op::MEMOIZE);
        self.kept += 1;
        self.kept - 1
    }

    fn get(&mut self, number: u32) {
        if let Ok(number) = u8::try_from(number) {
            self.out.extend([op::BINGET, number]);
        } else {
            self.out.push(op::LONG_BINGET);
            self.out.extend(number.to_le_bytes());
        }
    }
}

fn unwritten(value: &Value, why: &str) -> Error {
    let message = format!("{} {why} cannot be stored as pickle", value.kind().name());
    Error::new(Status::Encode, message)
}
