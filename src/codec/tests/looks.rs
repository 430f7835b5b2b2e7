//! What the bytes of a record look like, and what is said of those that are none.

use super::*;

fn message(serializer: Option<Serializer>, bytes: &[u8]) -> String {
    let codec = Codec::with_formats(Limits::default(), Formats { serializer, ..Formats::default() });
    let error = codec.decode(Stored::new(bytes)).unwrap_err();
    assert_eq!(error.status(), Status::Decode, "{error}");
    error.message().to_owned()
}

#[test]
fn streams_that_nobody_marked_are_named() {
    for (bytes, name, mime) in [
        (&b"x\x9C\xABV*.I,)-V\xB2RP\nv\xF6p\x0C\x8E\x07\x00"[..], "zlib", "application/x-gzip"),
        (b"x\x01\xAB:::V*.I", "zlib", "application/x-gzip"),
        (b"BZh91AY&SY\xB5:X\0", "bzip2", "application/x-bz2"),
        (b"\xFD7zXZ\0\0\x04", "lzma", "application/x-lzma"),
        (b"\x28\xB5\x2F\xFD\x24\x05.", "zstd", "application/zstd"),
    ] {
        for serializer in [None, Some(Serializer::Json)] {
            let message = message(serializer, bytes);
            assert!(message.contains(&format!("looks like a stream of {name} without")), "{message}");
            assert!(message.contains(&format!("\\0celery-compressed\\0{mime}\\0")), "{message}");
        }
    }
    // Text that begins as such a stream does.
    let meta = codec().decode(Stored::new(&br#"{"status": "SUCCESS"}"#[..])).unwrap();
    assert_eq!(meta.state(), &State::Success);
    #[cfg(feature = "yaml")]
    for key in ["x^", "BZh9"] {
        let record = format!("{key}: \u{17c}\nstatus: SUCCESS\n");
        let meta = codec().decode(Stored::new(record.as_bytes())).unwrap();
        assert_eq!((meta.state(), meta.keys().count()), (&State::Success, 2));
    }
}

#[cfg(feature = "gzip")]
#[test]
fn what_is_compressed_twice_is_named() {
    let formats = Formats { compression: Some(crate::model::Compression::Gzip), ..Formats::default() };
    let codec = Codec::with_formats(Limits::default(), formats);
    let once = codec.stored(usual("1")).unwrap();
    assert!(codec.decode(once.clone()).is_ok());
    let mut twice = b"\0celery-compressed\0application/x-gzip\0".to_vec();
    twice.extend(miniz_oxide::deflate::compress_to_vec_zlib(once.bytes(), 6));
    let said = message(None, &twice);
    assert!(said.contains("compressed twice, inside as \"application/x-gzip\""), "{said}");
    // Twice, but marked once.
    let mut inner = b"\0celery-compressed\0application/x-gzip\0".to_vec();
    let stream = miniz_oxide::deflate::compress_to_vec_zlib(usual("1").as_bytes(), 6);
    inner.extend(miniz_oxide::deflate::compress_to_vec_zlib(&stream, 6));
    assert!(message(None, &inner).contains("looks like a stream of zlib without"));
}

#[test]
fn other_bytes_are_shown() {
    for (bytes, part) in [
        (&b""[..], "the record is empty"),
        (b"\x01\x02:", "begins with \"\\x01\\x02:\""),
        (b"\xFF\xFEa\0:\0", "begins with \"\\xff\\xfea\\x00:\\x00\""),
        (b"no record", "an object ({) expected at byte 0"),
    ] {
        let message = message(None, bytes);
        assert!(message.contains(part), "{message}");
    }
    // A text of which the 64th byte is in the middle of a character.
    let text = format!("{}\u{17c}", "x".repeat(63));
    assert!(message(None, text.as_bytes()).contains("an object ({) expected"));
}

/// `PyYAML` reads it too.
#[cfg(feature = "yaml")]
#[test]
fn json_is_read_as_yaml_where_that_is_configured() {
    let formats = |accept| Formats { serializer: Some(Serializer::Yaml), accept, ..Formats::default() };
    let codec = Codec::with_formats(Limits::default(), formats(Accept::only(&[Serializer::Yaml])));
    for result in [
        "null",
        r#"{"a": [1, 2.5, "\u017c\"", true, {}], "b": {"c": null}, "2024-02-29": "2024-02-29"}"#,
        r#"{"__type__": "bytes", "__value__": "x"}"#,
    ] {
        let text = usual(result);
        for text in [text.clone(), text.replace(": ", ":").replace(", ", ",")] {
            let meta = codec.decode(Stored::new(text.as_bytes())).unwrap();
            assert_eq!((meta.state(), meta.value().unwrap().json()), (&State::Success, result), "{text}");
            assert!(meta.date_done_time().is_some());
            assert_eq!(meta.children().unwrap().unwrap(), []);
        }
    }
    let codec =
        Codec::with_formats(Limits::default(), formats(Accept::only(&[Serializer::Json]).said_by("x")));
    let error = codec.decode(Stored::new(usual("1").as_bytes())).unwrap_err();
    assert_eq!(error.status(), Status::ContentDisallowed);
    assert!(error.message().contains("yaml (application/x-yaml), which x does not allow"), "{error}");
}
