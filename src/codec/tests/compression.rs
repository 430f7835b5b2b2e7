//! Compressed records: round trips, damage of every kind, and what grows beyond its bound. What
//! Python makes of the same bytes is asked in `tests/compression`.

use super::*;
use crate::model::Compression;

const MAGIC: &[u8] = b"\0celery-compressed\0";

fn built_in() -> impl Iterator<Item = Compression> {
    Compression::ALL.into_iter().filter(|compression| compression.is_built_in())
}

/// A decoder is much to make for a stream of nothing, of which a record could have millions.
#[test]
fn streams_of_nothing_are_counted() {
    for compression in built_in() {
        if !matches!(compression, Compression::Bzip2 | Compression::Lzma) {
            continue;
        }
        let text = usual(&format!("\"{}\"", "x".repeat(1_000)));
        let (nothing, record) = (data(compression, ""), data(compression, &text));
        let pieces =
            |before: usize| marked(compression.mime(), &[nothing.repeat(before), record.clone()].concat());
        assert_eq!(codec().decode(Stored::new(pieces(200))).unwrap().value().unwrap().json().len(), 1_002);
        let error = error(&pieces(1_000_000));
        assert_eq!(error.status(), Status::TooLarge, "{error}");
        assert!(error.message().contains(name(compression)) && error.message().contains("pieces"), "{error}");
    }
}

fn writer(compression: Compression) -> Codec {
    let limits = Limits { payload: 64 << 20, ..Limits::default() };
    Codec::with_formats(limits, Formats { compression: Some(compression), ..Formats::default() })
}

fn packed(compression: Compression, text: &str) -> Vec<u8> {
    writer(compression).stored(text.to_owned()).unwrap().bytes().to_vec()
}

/// Compressed data with what stands in front of them.
fn marked(mime: &str, data: &[u8]) -> Vec<u8> {
    [MAGIC, mime.as_bytes(), b"\0", data].concat()
}

fn data(compression: Compression, text: &str) -> Vec<u8> {
    packed(compression, text).split_off(MAGIC.len() + compression.mime().len() + 1)
}

fn unpacked(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    crate::codec::compression::unpacked(bytes, &Bounds::new(limits, bytes.len())).map(Cow::into_owned)
}

fn error(bytes: &[u8]) -> crate::model::Error {
    codec().decode(Stored::new(bytes)).unwrap_err()
}

fn name(compression: Compression) -> &'static str {
    compression.names()[0]
}

#[test]
fn records_come_back() {
    for compression in built_in() {
        for result in ["null", "[1, 2.5, \"ż\"]", &format!("\"{}\"", "text and text ".repeat(2_000))] {
            let text = usual(result);
            let stored = packed(compression, &text);
            assert!(stored.starts_with(&marked(compression.mime(), b"")));
            assert!(stored.len() < text.len() + 150, "{compression:?}: {}", stored.len());
            let meta = codec().decode(Stored::new(stored.as_slice())).unwrap();
            assert_eq!(meta.value().unwrap().json(), result);
            assert_eq!(meta.stored().bytes(), stored);
            let glance = codec().glance(meta.stored(), ID).unwrap();
            assert_eq!((glance.state, glance.same_task), (State::Success, true));
            for name in compression.names() {
                let renamed = marked(name, &data(compression, &text));
                assert_eq!(codec().decode(Stored::new(renamed)).unwrap().value().unwrap().json(), result);
            }
        }
    }
}

#[test]
fn groups_are_compressed_too() {
    for compression in built_in() {
        let codec = writer(compression);
        let group = ResultTuple { members: Some(vec![task("m", None)]), ..task("g", None) };
        let stored = codec.group_encode(&group).unwrap();
        assert!(stored.bytes().starts_with(MAGIC));
        assert_eq!(codec.group_decode(&stored).unwrap(), group);
    }
}

#[test]
fn truncated_anywhere_is_an_error() {
    for compression in built_in() {
        let whole = packed(compression, &usual("[1, 2, 3]"));
        for length in 0..whole.len() {
            let error = error(&whole[..length]);
            assert_eq!(error.status(), Status::Decode, "{compression:?} {length}: {error}");
            if length > MAGIC.len() + compression.mime().len() {
                assert!(error.message().contains(name(compression)), "{length}: {error}");
            }
        }
    }
}

#[test]
fn damaged_anywhere_is_an_error_or_harmless() {
    let text = usual("[1, 2, 3, \"some text, some text, some text\"]");
    for compression in built_in() {
        let whole = packed(compression, &text);
        let start = MAGIC.len() + compression.mime().len() + 1;
        let mut caught = 0;
        for place in start..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[place] ^= 1 << bit;
                if let Err(error) = unpacked(&bytes, &codec().limits) {
                    assert!(matches!(error.status(), Status::Decode | Status::TooLarge), "{error}");
                    caught += 1;
                }
            }
        }
        // Brotli and zstd, as Python writes them, have no checksum.
        let least = if matches!(compression, Compression::Brotli | Compression::Zstd) { 10 } else { 95 };
        assert!(caught * 100 >= (whole.len() - start) * 8 * least, "{compression:?}: {caught}");
    }
}

#[test]
fn garbage_names_the_compression() {
    for compression in built_in() {
        for garbage in [&b""[..], b"\0", b"{}", b"no compression of any kind", &[0xFF; 100], &[0; 100]] {
            let error = error(&marked(compression.mime(), garbage));
            assert!(matches!(error.status(), Status::Decode | Status::TooLarge), "{compression:?}: {error}");
            // Nothing, compressed, is an empty record.
            let named = error.message().contains(name(compression)) || error.message().contains("is empty");
            assert!(named, "{compression:?}: {error}");
        }
    }
}

#[test]
fn an_empty_record_is_none() {
    for compression in built_in() {
        let error = error(&packed(compression, ""));
        assert_eq!((error.status(), error.message()), (Status::Decode, "the record is empty"));
    }
}

#[test]
fn what_follows_the_end_is_treated_as_in_python() {
    let text = usual("1");
    let (half, rest) = text.split_at(40);
    for compression in built_in() {
        let whole = data(compression, &text);
        let reads = |data: &[&[u8]]| {
            let bytes = marked(compression.mime(), &data.concat());
            codec().decode(Stored::new(bytes)).ok().map(|meta| meta.value().unwrap().json().to_owned())
        };
        let one = Some("1".to_owned());
        let lenient = matches!(compression, Compression::Gzip | Compression::Bzip2 | Compression::Lzma);
        for junk in [&b"junk and more of it"[..], &[0xFF; 40]] {
            assert_eq!(reads(&[&whole, junk]), one.clone().filter(|_| lenient), "{compression:?}");
        }
        let (half, rest) = (data(compression, half), data(compression, rest));
        let many = !matches!(compression, Compression::Gzip | Compression::Brotli);
        assert_eq!(reads(&[&half, &rest]), one.clone().filter(|_| many), "{compression:?}");
        if many {
            assert_eq!(reads(&[&half, &rest[..rest.len() - 1]]), None, "{compression:?}");
        }
    }
}

/// A GiB of spaces; 20 MiB for gzip and brotli, which take no stream after the first.
fn bomb(compression: Compression) -> Vec<u8> {
    let packed = match compression {
        Compression::Gzip => data(compression, &" ".repeat(20 << 20)),
        // By Python, quality 11, 20 MiB: this encoder is slow without optimization.
        Compression::Brotli => {
            b"\xCB\xFF\xFF?\xF8%@\xE2\xB1@ \xF7\xFE\x8F\xFF\xFF\x7F\xF0K\0\xC4a\x11\x80\xEE\xFD_\xFE\xFF\xFF\xE0\x97\0\x88\xC3\x02\0\xDD\xFB\x1F".to_vec()
        }
        _ => data(compression, &" ".repeat(1 << 20)).repeat(1024),
    };
    marked(compression.mime(), &packed)
}

#[test]
fn what_grows_beyond_its_bound_is_too_large() {
    for compression in built_in() {
        let bomb = bomb(compression);
        for error in [error(&bomb), codec().glance(&Stored::new(bomb.as_slice()), ID).unwrap_err()] {
            assert_eq!(error.status(), Status::TooLarge, "{compression:?}: {error}");
            let option =
                if bomb.len() * 200 < 64 << 20 { "max_expansion_ratio" } else { "max_payload_bytes" };
            assert!(error.message().contains(option), "{compression:?}: {error}");
        }
        let small = Codec::new(Limits { payload: 1 << 20, ..Limits::default() });
        let error = small.decode(Stored::new(bomb.as_slice())).unwrap_err();
        assert_eq!(error.status(), Status::TooLarge, "{error}");
        assert!(error.message().contains("max_payload_bytes"), "{error}");
        if matches!(compression, Compression::Gzip | Compression::Brotli) {
            let generous = Codec::new(Limits { expansion: 1_000_000, ..Limits::default() });
            assert_eq!(unpacked(&bomb, &generous.limits).unwrap().len(), 20 << 20, "{compression:?}");
        }
    }
}

/// What grows twice, by its compression and by what it is made of, has one bound: that of what is stored.
#[cfg(feature = "gzip")]
#[test]
fn what_is_unpacked_is_measured_by_what_is_stored() {
    const SIZE: u32 = 6 << 20;
    let limits = Limits { payload: 256 << 20, ..Limits::default() };
    let records = [
        #[cfg(feature = "msgpack")]
        [
            &b"\x82\xA6status\xA7SUCCESS\xA6result\xDD"[..],
            &SIZE.to_be_bytes(),
            &vec![0xC0; usize::try_from(SIZE).unwrap()],
        ]
        .concat(),
        #[cfg(feature = "pickle")]
        [&b"}X\x06\0\0\0statusX\x07\0\0\0SUCCESSsX\x06\0\0\0result("[..], &b"NN".repeat(3 << 20), b"ts."]
            .concat(),
        #[cfg(feature = "yaml")]
        format!("status: SUCCESS\na: &a {}\nresult: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100))
            .into_bytes(),
    ];
    for record in records {
        let codec = Codec::new(limits.clone());
        assert!(codec.decode(Stored::new(record.as_slice())).unwrap().value().is_ok());
        let mut packed = MAGIC.to_vec();
        packed.extend(b"gzip\0");
        packed.extend(miniz_oxide::deflate::compress_to_vec_zlib(&record, 6));
        assert!(packed.len() < 64 << 10);
        let meta = codec.decode(Stored::new(packed.as_slice())).unwrap();
        let error = meta.value().unwrap_err();
        assert_eq!(error.status(), Status::TooLarge);
        assert!(error.message().contains("max_expansion_ratio"), "{error}");
        assert!(error.message().contains(&format!(" {} bytes as stored", packed.len())), "{error}");
        assert_eq!(meta.state(), &State::Success);
    }
}

#[test]
fn exactly_at_the_bound_is_fine() {
    let text = usual(&format!("\"{}\"", "x".repeat(3_000)));
    for compression in built_in() {
        let bytes = packed(compression, &text);
        for (payload, fits) in [(text.len(), true), (text.len() - 1, false)] {
            let codec = Codec::new(Limits { payload, ..Limits::default() });
            let decoded = codec.decode(Stored::new(bytes.as_slice()));
            assert_eq!(decoded.is_ok(), fits, "{compression:?}: {decoded:?}");
        }
    }
}

#[test]
fn what_is_not_built_in_is_named() {
    let error = error(&marked("application/x-snappy\u{1b}", b"..."));
    assert_eq!(error.status(), Status::NotBuiltIn);
    assert!(error.message().contains("application/x-snappy\\x1b"), "{error}");
    assert!(error.message().contains("application/x-bz2"), "{error}");
    for compression in Compression::ALL.into_iter().filter(|compression| !compression.is_built_in()) {
        let reading = self::error(&marked(compression.mime(), b"..."));
        let writing = writer(compression).encode(&Record::new("t", State::Success)).unwrap_err();
        for error in [reading, writing] {
            assert_eq!(error.status(), Status::NotBuiltIn);
            for part in [compression.mime(), &format!("cargo feature \"{}\"", name(compression))] {
                assert!(error.message().contains(part), "{part} is not in: {error}");
            }
        }
    }
}

/// What asks for memory that its content has no use for.
#[test]
fn greedy_headers_take_no_memory() {
    #[cfg(feature = "zstd")]
    {
        // A window of 1 TiB.
        let error = error(&marked("zstd", b"\x28\xB5\x2F\xFD\x00\xF0\x01\x00\x00"));
        assert_eq!(error.status(), Status::TooLarge, "{error}");
        // Single segment of 1 TiB.
        let error = self::error(&marked("zstd", b"\x28\xB5\x2F\xFD\xE0\0\0\0\0\0\x01\0\0\x01\0\0"));
        assert_eq!(error.status(), Status::TooLarge, "{error}");
    }
}
