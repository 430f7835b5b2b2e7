//! Compressed records between Python and this library: what kombu and Celery themselves write is
//! read as they read it, also with data after its end, and they read what is written here.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use celery_result::{
    codec::{Codec, Formats, Limits},
    model::{Compression, Record, RecordValue, State, Status, Stored},
};
use serde_json::Value;
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

/// What kombu's own names stand for; it knows no others.
const MIMES: [&str; 5] = [
    "application/x-gzip",
    "application/x-bz2",
    "application/x-brotli",
    "application/x-lzma",
    "application/zstd",
];

fn python(mode: &str, input: String) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut process = Command::new(target.join("venv/bin/python"))
        .arg(root.join("tests/compression/peer.py"))
        .arg(mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("run tests/setup first: {error}"));
    let mut stdin = process.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "peer.py {mode}: {}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn rows(mode: &str) -> Vec<Value> {
    python(mode, String::new()).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap();
    digits.chunks(2).map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn reader() -> Codec {
    Codec::new(Limits::default())
}

/// What both say of a record: its value, or nothing where it cannot be read.
fn value(codec: &Codec, stored: Vec<u8>) -> Result<String, celery_result::model::Error> {
    let meta = codec.decode(Stored::new(stored))?;
    Ok(meta.value()?.json().to_owned())
}

#[test]
fn what_python_writes_is_read_as_in_python() {
    let rows = rows("write");
    for mime in MIMES {
        assert!(rows.iter().filter(|row| row["mime"] == mime).count() > 50, "{mime}");
    }
    for row in rows {
        let (mime, variant) = (row["mime"].as_str().unwrap(), row["variant"].as_str().unwrap());
        let ours = value(&reader(), bytes(&row["stored"]));
        // Two records one after the other are no record, whoever unpacks them.
        let theirs = row["found"].as_str().and_then(|_| value(&reader(), bytes(&row["found"])).ok());
        match &ours {
            Ok(ours) => assert_eq!(Some(ours), theirs.as_ref(), "{mime}: {variant}"),
            Err(error) => {
                assert_eq!(error.status(), Status::Decode, "{mime}: {variant}: {error}");
                assert_eq!(theirs, None, "{mime}: {variant}: {error}");
            }
        }
    }
}

#[test]
fn what_is_written_here_python_reads() {
    let mut packed = Vec::new();
    let mut plain = Vec::new();
    let texts: Vec<String> = (0..12_u32)
        .map(|power| {
            (0..1 << power)
                .map(|number: u32| number.wrapping_mul(2_654_435_761) ^ 7)
                .map(|n| n.to_string())
                .collect()
        })
        .chain(["x".repeat(300_000), "text and text ".repeat(20_000)])
        .collect();
    for compression in Compression::ALL {
        let formats = Formats { compression: Some(compression), ..Formats::default() };
        let writer = Codec::with_formats(Limits::default(), formats);
        for text in &texts {
            let mut record = Record::new("t", State::Success);
            record.value = RecordValue::Json(format!("{text:?}"));
            packed.push(hex(writer.encode_at(&record, 0).unwrap().bytes()));
            plain.push(hex(reader().encode_at(&record, 0).unwrap().bytes()));
        }
    }
    let found = python("read", packed.join("\n") + "\n");
    assert_eq!(found.len(), plain.len());
    for (place, (found, plain)) in found.iter().zip(&plain).enumerate() {
        assert!(found == plain, "record {place} came back as another");
    }
}

/// The most memory that this process has ever had in use.
fn high_water() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[test]
fn a_gibibyte_of_zeros_is_refused_in_little_memory() {
    let limits = Limits { payload: 64 << 20, ..Limits::default() };
    let codec = Codec::new(limits);
    let bombs: Vec<(String, Vec<u8>)> = rows("bombs")
        .iter()
        .map(|row| (row["mime"].as_str().unwrap().to_owned(), bytes(&row["stored"])))
        .collect();
    assert_eq!(bombs.len(), MIMES.len());
    let before = high_water();
    for (mime, bomb) in bombs {
        let size = bomb.len();
        let error = codec.decode(Stored::new(bomb)).unwrap_err();
        assert_eq!(error.status(), Status::TooLarge, "{mime}: {error}");
        assert!(error.message().contains(&size.to_string()), "{mime}: {error}");
    }
    let taken = high_water() - before;
    assert!(taken < 400 << 20, "{taken} bytes");
}
