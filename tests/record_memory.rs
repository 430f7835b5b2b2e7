//! Records that want far more memory than they have bytes: what reading them takes at most is counted
//! by the allocator, and they are answered with a status.

#![allow(clippy::unwrap_used, clippy::panic)]

use celery_result::codec::{Codec, Limits};
use celery_result::model::{Error, Status, Stored};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    // Counted as if it grew in place, as large ones do.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let before = NOW.fetch_add(size, Relaxed);
        PEAK.fetch_max(before + size - layout.size(), Relaxed);
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What is done, and how many bytes more than before it took at its peak.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let done = work();
    (done, PEAK.load(Relaxed) - before)
}

const LIMIT: usize = 17 << 20;
/// What a pickle may cost however small `max_payload_bytes` is, and what is too little to be counted.
const PICKLE: usize = 33 << 20;

fn codec() -> Codec {
    Codec::new(Limits { payload: LIMIT, ..Limits::default() })
}

/// A pickle that begins with a state.
fn record(middle: &[u8], each: &[u8], size: usize, end: &[u8]) -> Stored {
    let start = b"\x80\x04}U\x06statusU\x07SUCCESSs";
    Stored::new([start, middle, &each.repeat(size / each.len()), end].concat())
}

fn assert_too_large(error: &Error, bytes: usize, most: usize, what: &[u8]) {
    let what = what.escape_ascii();
    assert_eq!(error.status(), Status::TooLarge, "{what}: {error}");
    assert!(error.message().contains("max_payload_bytes"), "{what}: {error}");
    assert!(bytes < most, "{what}: reading takes {bytes} bytes");
}

/// The allocator is the process's own, so all of it is one test.
#[test]
fn memory_has_its_bound() {
    pickles();
    keys();
}

fn pickles() {
    let room = LIMIT - 64;
    // What lies on the stack, marks, and what is remembered under numbers in turn and others.
    let numbers = (1..600_000_u32).rev().flat_map(|number| [&b"r"[..], &number.to_le_bytes()].concat());
    let numbers: Vec<u8> = numbers.collect();
    for (middle, each) in
        [(&b""[..], &b")"[..]), (b"", b"("), (b"", b"2"), (b"", b"\x94"), (b"q\0", b"h\0"), (b"", &numbers)]
    {
        let record = record(middle, each, room, b"");
        let (glance, bytes) = peak(|| codec().glance(&record, "id"));
        assert_too_large(&glance.unwrap_err(), bytes, PICKLE, each.get(..20).unwrap_or(each));
    }
    // What the record's state does not need: values and their parts.
    for each in [&b"]"[..], b"}", b"cm\nc\n", b"cm\nc\n)\x81", b"cm\nc\n)\x81Nb", b"]q\x01q\x02"] {
        let record = record(b"U\x06result(", each, 6 << 20, b"ls.");
        let meta = codec().decode(record).unwrap();
        let (value, bytes) = peak(|| meta.value());
        assert_too_large(&value.unwrap_err(), bytes, PICKLE + LIMIT, each);
    }
    // A text of which each byte is an escape of six.
    let record = record(b"U\x06resultV", b"\x01", room, b"\ns.");
    let meta = codec().decode(record).unwrap();
    let (value, bytes) = peak(|| meta.value());
    assert_too_large(&value.unwrap_err(), bytes, 3 * LIMIT, b"control characters");
}

fn keys() {
    let record = [&b"{\"status\":\"SUCCESS\""[..], &b",\"\":1".repeat(LIMIT / 6), b"}"].concat();
    let (meta, bytes) = peak(|| codec().decode(Stored::new(record)));
    assert_eq!(meta.unwrap_err().status(), Status::TooLarge);
    assert!(bytes < PICKLE + 2 * LIMIT, "the keys take {bytes} bytes");
}
