#!/usr/bin/env python3
"""Python's side of the compression test: kombu and Celery themselves, over lines of JSON.

    peer.py write       records in every compression, whole and with what must not or may follow
                        them, and what Python reads from each
    peer.py read        reads packed records from its input, and writes what is in them
    peer.py bombs       a GiB of zeros in every compression
"""

import binascii
import json
import random
import sys

from celery.backends.base import COMPRESSED_PAYLOAD_MAGIC, compress_payload, decompress_payload
from kombu.compression import encoders

PREFIX = b'{"status": "SUCCESS", "task_id": "t", "result": "'


def records():
    """Records whose values are nothing, repetitive, and without any pattern."""
    random.seed(7)
    yield PREFIX + b'"}'
    yield PREFIX + b"text and text " * 3000 + b'"}'
    for size in (1, 100, 70_000, 300_000):
        yield PREFIX + binascii.hexlify(random.randbytes(size)) + b'"}'


def variants(body, other):
    """Data as they are, and as they should not be."""
    yield "whole", body
    yield "twice", body + body
    yield "blank after it", body + other
    yield "blank cut after it", body + other[:-1]
    yield "junk after it", body + b"some junk after it"
    yield "much junk after it", body + b"\xff" * 100
    yield "one byte less", body[:-1]
    yield "half", body[:len(body) // 2]
    yield "nothing", b""


def write():
    for mime in encoders():
        start = len(COMPRESSED_PAYLOAD_MAGIC) + len(mime) + 1
        blank = compress_payload(b" ", mime)[start:]
        for record in records():
            packed = compress_payload(record, mime)
            assert packed.startswith(COMPRESSED_PAYLOAD_MAGIC + mime.encode() + b"\0")
            for name, body in variants(packed[start:], blank):
                stored = packed[:start] + body
                try:
                    found = decompress_payload(stored).hex()
                except Exception:
                    found = None
                print(json.dumps({"mime": mime, "variant": name, "stored": stored.hex(), "found": found}))


def read():
    for line in sys.stdin:
        print(decompress_payload(bytes.fromhex(line)).hex(), flush=True)


def bombs():
    import bz2
    import lzma
    import zlib

    import brotli
    from backports import zstd

    def streamed(compressor, flush):
        part = bytes(1 << 24)
        return b"".join(compressor(part) for _ in range(64)) + flush()

    deflate = zlib.compressobj(1)
    broad = brotli.Compressor(quality=1)
    frame = zstd.ZstdCompressor(level=1)
    bodies = {
        "application/x-gzip": streamed(deflate.compress, deflate.flush),
        "application/x-bz2": bz2.compress(bytes(1 << 20)) * 1024,
        "application/x-lzma": lzma.compress(bytes(1 << 24), preset=0) * 64,
        "application/x-brotli": streamed(broad.process, broad.finish),
        "application/zstd": streamed(frame.compress, frame.flush),
    }
    assert bodies.keys() == set(encoders())
    for mime, body in bodies.items():
        stored = COMPRESSED_PAYLOAD_MAGIC + mime.encode() + b"\0" + body
        print(json.dumps({"mime": mime, "stored": stored.hex()}))


{"write": write, "read": read, "bombs": bombs}[sys.argv[1]]()
