//! Bodies of messages: what errors call them. What is read and written is the serializers' affair.

use crate::codec::{Codec, Limits};
use crate::model::{Compression, Serializer, Status};

fn codec() -> Codec {
    Codec::new(Limits { payload: 100_000, depth: 10, ..Limits::default() })
}

#[test]
fn what_cannot_be_read_is_named_for_a_message() {
    let deep = "[".repeat(20) + &"]".repeat(20);
    let (pickle, yaml, gzip) = (Serializer::Pickle, Serializer::Yaml, Some(Compression::Gzip));
    for (body, serializer, compression, status, text) in [
        (&b"."[..], pickle, None, Status::Decode, "the message, a pickle, at byte 0: "),
        (deep.as_bytes(), yaml, None, Status::TooDeep, "the message is nested deeper"),
        (b"x", Serializer::Json, gzip, Status::Decode, "the message is compressed with gzip and"),
    ] {
        let built_in = serializer.is_built_in() && compression.is_none_or(Compression::is_built_in);
        let error = codec().payload_value(body, serializer, compression).unwrap_err();
        if built_in {
            assert_eq!(error.status(), status, "{error}");
            assert!(error.message().contains(text), "{error}");
        } else {
            assert_eq!(error.status(), Status::NotBuiltIn);
            assert!(error.message().starts_with("the message is "), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_named_for_a_message() {
    let set = r#"[{"__type__": "set", "__value__": [1]}]"#;
    let error = codec().payload(set, Serializer::Json, None).unwrap_err();
    assert_eq!(error.status(), Status::Encode);
    assert!(error.message().starts_with("the message holds a set at /0, which json cannot hold"), "{error}");
}
