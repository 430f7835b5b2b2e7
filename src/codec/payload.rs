//! Bodies of messages: values on their way to workers and answers on their way back, in the serializers
//! and compressions of records. What records have of their own, a mark in front of compressed bytes and
//! keys that are looked for first, messages do not have: their headers say how they are to be read.

use super::{
    Codec, compression,
    limits::{Bounds, Subject},
    serializer, spell,
};
use crate::model::value::syntax::Syntax;
use crate::model::{Compression, Error, Result, Serializer, Status, Value};
use std::borrow::Cow;

impl Codec {
    /// The body of a message that holds the value of this JSON text (Python's dialect: NaN, integers of
    /// any size and typed forms are allowed), as kombu writes it. Never blocks.
    ///
    /// Fails with `InvalidArgument` where the text is none, with `TooDeep` or `TooLarge` where it is beyond
    /// the limits, with `Encode` where the serializer cannot hold the value, and with `NotBuiltIn` where
    /// this build lacks the serializer or the compression.
    pub fn payload(
        &self,
        json: &str,
        serializer: Serializer,
        compression: Option<Compression>,
    ) -> Result<Vec<u8>> {
        self.check_payload(json.len())?;
        let text = self.dumps("the body of the message", json)?;
        let bytes = serializer::write(serializer, text, &self.limits, Subject::Message)?;
        let bytes = match compression {
            None => bytes,
            Some(compression) => {
                let mut packed = Vec::new();
                compression::pack_into(compression, &bytes, &mut packed, Subject::Message)?;
                packed
            }
        };
        self.check_payload(bytes.len())?;
        Ok(bytes)
    }

    /// The value that the body of a message holds. Bytes from the network: nothing in them is believed.
    ///
    /// Fails with `Decode` where they are not what the serializer or the compression writes, with
    /// `TooLarge` or `TooDeep` beyond the limits, and with `NotBuiltIn`.
    pub fn payload_value(
        &self,
        body: &[u8],
        serializer: Serializer,
        compression: Option<Compression>,
    ) -> Result<Value> {
        self.check_payload(body.len())?;
        let bounds = Bounds::of_message(&self.limits, body.len());
        let bytes = match compression {
            None => Cow::Borrowed(body),
            Some(compression) => Cow::Owned(compression::unpack_from(compression, body, &bounds)?),
        };
        let text = serializer::text(serializer, &bytes, &bounds)?;
        let end = text.len();
        Value::check(text.into_owned().into(), 0, end, self.limits.depth)
            .map_err(|syntax| syntax.error("the body of the message", Status::Decode))
    }

    /// The text as `json.dumps` spells it; `what` names it in messages.
    ///
    /// Fails with `InvalidArgument` where it is no JSON, with `TooDeep` or `TooLarge` beyond the limits.
    pub fn dumps(&self, what: &str, json: &str) -> Result<String> {
        let mut text = String::with_capacity(json.len());
        spell::json(json, self.limits.depth, &mut text)
            .map_err(|syntax: Syntax| syntax.error(what, Status::InvalidArgument))?;
        Ok(text)
    }

    fn check_payload(&self, size: usize) -> Result<()> {
        let limit = self.limits.payload;
        if size <= limit {
            return Ok(());
        }
        let message = format!("the body of the message has {size} bytes; max_payload_bytes allows {limit}");
        Err(Error::new(Status::TooLarge, message))
    }
}
