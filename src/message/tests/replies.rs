//! Replies, honest ones and others.

use super::codec;
use crate::message::reply;
use crate::model::{Serializer, Status};

const JSON: &str = "application/json";

fn nodes(body: &[u8], content_type: &str) -> Vec<(String, String)> {
    let nodes = reply::parse(&codec(), body, content_type).unwrap();
    nodes.into_iter().map(|(node, value)| (node, value.json().to_owned())).collect()
}

#[test]
fn a_node_and_what_it_says() {
    let text = r#"{"w1@host": {"ok": "tasks {'a', 'b'} flagged as revoked"}}"#;
    let expected = [("w1@host".to_owned(), r#"{"ok": "tasks {'a', 'b'} flagged as revoked"}"#.to_owned())];
    for serializer in Serializer::ALL.into_iter().filter(|serializer| serializer.is_built_in()) {
        let body = codec().payload(text, serializer, None).unwrap();
        assert_eq!(nodes(&body, serializer.content_type()), expected);
    }
    assert_eq!(nodes(b"{}", JSON), []);
    assert_eq!(nodes(br#"{"a": [1], "b": NaN}"#, JSON).len(), 2);
}

#[test]
fn what_is_no_reply() {
    let deep = "[".repeat(5000);
    for (body, content_type) in [
        (&b""[..], JSON),
        (b"null", JSON),
        (b"[]", JSON),
        (b"\"w1@host\"", JSON),
        (b"{\"w1@host\"", JSON),
        (b"{\"w1@host\": {}} x", JSON),
        (b"\xFF\xFE", JSON),
        (b"{}", "text/plain"),
        (b"{}", ""),
        (b"{}", &deep),
        (br#"{"__type__": "date", "__value__": "2020-01-02"}"#, JSON),
        (b"\x80\x04N.", "application/x-python-serialize"),
        (b"\xc1", "application/x-msgpack"),
        (b"[", "application/x-yaml"),
    ] {
        let error = reply::parse(&codec(), body, content_type).unwrap_err();
        assert!(
            matches!(error.status(), Status::Decode | Status::NotBuiltIn),
            "{} {error}",
            body.escape_ascii()
        );
        assert!(error.message().len() < 400, "{error}");
    }
    let error = reply::parse(&codec(), deep.as_bytes(), JSON).unwrap_err();
    assert_eq!(error.status(), Status::TooDeep);
}
