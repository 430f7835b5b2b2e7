#!/usr/bin/env python3
"""What fuzzing begins with: the records of tests/golden, random values by Celery's serializers
and compressions, of which tests/live/_values.py makes some of every kind, and answers as kombu's
mailbox writes them. The same in each run.

    fuzz/seeds.py DIR    one folder for each target
"""

import base64
import hashlib
import json
import pathlib
import pickle
import sys
import warnings
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/live"))

import kombu.compression
import kombu.serialization
from celery import Celery
from celery.backends.base import compress_payload, decompress_payload
from hypothesis import HealthCheck, Phase, given, seed, settings
from kombu import Connection
from kombu.pidbox import Mailbox

import _values

# The order of `Compression::ALL`.
COMPRESSIONS = ["gzip", "bzip2", "lzma", "brotli", "zstd"]
# The order of `Serializer::ALL`.
SERIALIZERS = ["json", "pickle", "yaml", "msgpack"]
# Large records teach little and slow all others down.
MOST = 2048
EXAMPLES = 40


class Seeds:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def add(self, target, data):
        if len(data) <= MOST:
            folder = self.folder / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)

    def record(self, serializer, data):
        """A record, and the same one compressed where that is another target's matter."""
        self.add("record", data)
        data = decompress_payload(data)
        self.add(serializer, data)

    def compressed(self, data):
        for number, compression in enumerate(COMPRESSIONS):
            body, _ = kombu.compression.compress(data, compression)
            self.add("compression", bytes([number]) + body)
        self.add("record", compress_payload(data, "gzip"))


def stored(packed):
    """The bytes that tests/golden/compact.py packed."""
    if isinstance(packed, str):
        return packed.encode()
    if "zlib_b64" in packed:
        return zlib.decompress(base64.b64decode(packed["zlib_b64"]))
    return base64.b64decode(packed["b64"])


def golden(seeds):
    for path in sorted((ROOT / "tests/golden").rglob("*-*.json")):
        held = json.loads(path.read_text())
        name = path.stem.split("-py")[-1]
        serializer = next(known for known in ("json", "pickle", "msgpack", "yaml") if known in name)
        for number, record in enumerate(held["records"].values()):
            data = stored(record["stored"])
            seeds.record(serializer, data)
            if number % 32 == 0:
                seeds.compressed(decompress_payload(data))
        for case in held.get("tuples", {}).values():
            for form in case.values():
                seeds.add("tuple", json.dumps(form).encode())


def random_values(seeds):
    app = Celery("seeds", set_as_current=True)

    def each(values, use):
        seed(4)(settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
                         suppress_health_check=list(HealthCheck))(given(values)(use)))()

    def of(serializer):
        def use(value):
            kombu.serialization.pickle_protocol = 4
            record = {"status": "SUCCESS", "result": value, "traceback": None, "children": [], "task_id": "id"}
            _, _, data = kombu.serialization.dumps(record, serializer=serializer)
            seeds.record(serializer, data if isinstance(data, bytes) else data.encode())
        return use

    def of_pickle(protocol):
        def use(value):
            record = {"status": "SUCCESS", "result": value, "task_id": "id"}
            seeds.record("pickle", pickle.dumps(record, protocol))
        return use

    for serializer, values in _values.READ_VALUES.items():
        each(values, of(serializer))
    for protocol in range(6):
        each(_values.pickle_values(app, protocol), of_pickle(protocol))


def pushes(seeds):
    """What a Redis server sends, in both versions; the first byte is the size of the parts."""
    def blob(data):
        return b"$%d\r\n%b\r\n" % (len(data), data)

    hello = b"%2\r\n+server\r\n+redis\r\n$7\r\nmodules\r\n*1\r\n%1\r\n+name\r\n+x\r\n"
    for mark in b">*":
        def push(kind, channel, last):
            return b"%c3\r\n%b%b%b" % (mark, blob(kind), blob(channel), last)

        changes = push(b"subscribe", b"a", b":1\r\n") + push(b"unsubscribe", b"a", b":0\r\n")
        messages = b"".join(push(b"message", b"a", blob(b"x" * size)) for size in (0, 9, 512, 513))
        for number, data in enumerate((changes, messages, hello + messages + b"$2\r\nok\r\n" + changes)):
            seeds.add("resp", bytes([number * 7]) + data)
    seeds.add("resp", b"\x03+PONG\r\n-NOPERM no\r\n:-7\r\n$-1\r\n_\r\n#t\r\n,1.5\r\n(12\r\n!2\r\nno\r\n=5\r\ntxt:a\r\n"
              b"~1\r\n:1\r\n|1\r\n+ttl\r\n:9\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n>2\r\n+invalidate\r\n*0\r\n")


ANSWERS = [
    {"ok": "pong"},
    {"ok": "tasks {'8b4c7a0e', 'é'} flagged as revoked"},
    {"error": "KeyError('no_such_thing')"},
    {},
    {"an-id": ["active", {"id": "an-id", "name": "add", "args": [1, 2.5], "kwargs": {}, "time_start": 1795337550.25,
                          "acknowledged": True, "delivery_info": {"exchange": "", "routing_key": "celery"}}]},
    [{"eta": "2026-11-23T07:25:23+00:00", "priority": 6, "request": {"id": "an-id", "type": "add", "eta": None}}],
    {"total": {"add": 3}, "pid": 4711, "clock": "25", "uptime": 9, "rusage": {"utime": 0.5, "stime": -1}},
]


def answers(seeds):
    for number, serializer in enumerate(SERIALIZERS):
        with Connection("memory://") as connection:
            mailbox = Mailbox("celery", type="fanout", connection=connection, serializer=serializer)
            queue = mailbox.get_reply_queue()(connection.default_channel)
            queue.declare()
            for answer in ANSWERS:
                reply = {"w1@host": answer}
                mailbox._publish_reply(reply, mailbox.reply_exchange.name, mailbox.oid, "the-ticket",
                                       channel=connection.default_channel)
                seeds.add("reply", json.dumps(connection.default_channel._get(queue.name)).encode())
                _, _, body = kombu.serialization.dumps(reply, serializer=serializer)
                seeds.add("reply", bytes([number]) + (body if isinstance(body, bytes) else body.encode()))


def main():
    warnings.simplefilter("ignore")
    seeds = Seeds(sys.argv[1])
    golden(seeds)
    random_values(seeds)
    pushes(seeds)
    answers(seeds)


main()
