"""Random values in every serializer and compression: what Celery's own backend encodes reads here
as it reads there, and what is written here Celery decodes to the same value.

A C program does our side (payloads.c). The same values come in every run, in `make deep` more of
them and others each time: CELERY_TEST_SEED repeats such a run, with the same CELERY_TEST_SECONDS,
which says how many.
"""

import collections
import itertools
import json
import os
import random
import subprocess
import time
import warnings

import kombu.serialization
import msgpack
from celery import Celery
from celery.backends.base import decompress_payload
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import _values
from _live import HERE, ROOT, check, compile_c, run
from _spelling import Spelling, canonical

SECONDS = float(os.environ.get("CELERY_TEST_SECONDS", 0))
SEED = int(os.environ.get("CELERY_TEST_SEED") or (random.randrange(2**32) if SECONDS else 4))
SERIALIZERS = ["json", "pickle", "yaml", "msgpack"]
COMPRESSIONS = ["null", "gzip", "bzip2", "lzma", "brotli", "zstd"]
PROTOCOLS = range(6)
EXAMPLES = int(12 * SECONDS) or 80
# What every serializer and compression must have met, whatever was drawn.
SIMPLE = [None, True, -1, 2**40, 1.5, "żółw", b"\x00\xff", {"a": []}, "x" * 5000]


class Ours:
    """The C program."""

    def __init__(self, it):
        program = compile_c(HERE / "payloads.c", it.folder, include=[ROOT / "tests/c"])
        self.process = subprocess.Popen([program, it.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *words, body=None):
        request = " ".join(map(str, words)).encode()
        if body is not None:
            request += f" {len(body)}\n".encode() + body
        self.process.stdin.write(request + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.startswith(b"{"), f"{request!r} was answered with {answer!r}"
        return answer.decode()


def member(answer, key):
    """The JSON text of a member of an answer, as it was printed: parsing would lose its spelling."""
    decoder = json.JSONDecoder()
    at = 1
    while True:
        name, at = decoder.raw_decode(answer, at)
        at += 2  # the colon
        _, end = decoder.raw_decode(answer, at)
        if name == key:
            return answer[at:end]
        if name == "end":
            return None
        at = end + 2  # the comma


class Payloads:
    def __init__(self, it):
        self.it = it
        self.ours = Ours(it)
        self.ids = itertools.count()
        self.done = collections.Counter()
        self.backends = {}

    def backend(self, serializer, compression):
        """Celery's, as configured."""
        key = serializer, compression
        if key not in self.backends:
            app = Celery("payloads", backend=self.it.url, set_as_current=not self.backends)
            app.conf.update(result_serializer=serializer, result_compression=None if compression == "null" else compression,
                            accept_content=SERIALIZERS)
            self.backends[key] = app.backend
        return self.backends[key]

    def decoded(self, backend, payload):
        """A record by Celery, but for what msgpack's reader refuses because of its keys."""
        try:
            return backend.decode(payload)
        except kombu.serialization.DecodeError as error:
            if "strict_map_key" not in str(error):
                raise
            return msgpack.unpackb(decompress_payload(payload), raw=False, strict_map_key=False)

    def read(self, value, state, serializer, compression, protocol=4, strict=False):
        """Celery writes, we read."""
        backend = self.backend(serializer, compression)
        kombu.serialization.pickle_protocol = protocol
        task_id = f"read-{next(self.ids)}"
        prepare = backend.prepare_value if state == "SUCCESS" else backend.prepare_exception
        payload = backend.encode(backend._get_result_meta(prepare(value), state, None, None) | {"task_id": task_id})
        expected = Spelling(protocol).record(self.decoded(backend, payload))
        self.it.redis.set(f"celery-task-meta-{task_id}", payload)
        answer = self.ours.ask("read", f"{serializer if strict else 'auto'}/null", task_id)
        found = member(answer, "value")
        right = found is not None and (found == expected or canonical(found) == canonical(expected))
        if not right or member(answer, "state") != f'"{state}"' or member(answer, "task_id") != f'"{task_id}"':
            self.differ("read", serializer, compression, protocol, payload, found or answer, expected)
        self.done[f"read {serializer}", compression] += 1
        self.it.redis.delete(f"celery-task-meta-{task_id}")

    def write(self, value, serializer, compression):
        """We write, Celery reads."""
        backend = self.backend(serializer, compression)
        task_id = f"write-{next(self.ids)}"
        expected = Spelling()(value)
        answer = self.ours.ask("write", f"{serializer}/{compression}", task_id, body=expected.encode())
        payload = self.it.redis.get(f"celery-task-meta-{task_id}")
        if payload is None:
            self.differ("write", serializer, compression, 4, b"", answer, expected)
        record = self.decoded(backend, payload)
        found = Spelling()(record["result"])
        if canonical(found) != canonical(expected) or (record["status"], record["task_id"]) != ("SUCCESS", task_id):
            self.differ("write", serializer, compression, 4, payload, expected, found)
        self.done[f"write {serializer}", compression] += 1
        self.it.redis.delete(f"celery-task-meta-{task_id}")

    def differ(self, direction, serializer, compression, protocol, payload, ours, python):
        raise AssertionError(
            f"{direction} {serializer}/{compression} protocol {protocol} (seed {SEED})\n"
            f"  bytes:  {payload!r}\n  ours:   {ours}\n  python: {python}")


def payloads(it):
    parts = Payloads(it)
    app = parts.backend("pickle", "null").app
    # Python takes its time over lzma and brotli.
    compressions = st.sampled_from(["null"] * 8 + ["gzip", "bzip2", "zstd"] * 4 + ["lzma", "brotli"])
    print(f"seed {SEED}", flush=True)

    cases = []

    def differential(name, examples, check_one, *strategies):
        """A case; what fails in it is shown with the smallest value that fails."""
        cases.append((name, seed(SEED)(settings(
            max_examples=examples, deadline=None, database=None, report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))(
                given(*strategies)(check_one)))))

    def reading(serializer):
        return lambda value, compression, strict: parts.read(value, "SUCCESS", serializer, compression, strict=strict)

    def reading_pickle(protocol):
        return lambda value, compression: parts.read(value, "SUCCESS", "pickle", compression, protocol)

    def reading_exceptions(value, state, serializer, compression, protocol):
        parts.read(value, state, serializer, compression, protocol)

    def writing(serializer):
        return lambda value, compression: parts.write(value, serializer, compression)

    # hypothesis shows its strategies to nobody, and yet asks for less text in them.
    warnings.filterwarnings("ignore", "Generating overly large repr")
    for serializer, values in _values.READ_VALUES.items():
        differential(f"{serializer} is read", 4 * EXAMPLES, reading(serializer), values, compressions, st.booleans())
    for protocol in PROTOCOLS:
        differential(f"pickle, protocol {protocol}, is read", 2 * EXAMPLES, reading_pickle(protocol),
                     _values.pickle_values(app, protocol), compressions)
    differential("exceptions are read", 4 * EXAMPLES, reading_exceptions, _values.EXCEPTIONS,
                 st.sampled_from(["FAILURE", "RETRY", "REVOKED"]), st.sampled_from(SERIALIZERS), compressions,
                 st.sampled_from(PROTOCOLS))
    for serializer, values in _values.WRITTEN_VALUES.items():
        differential(f"{serializer} is written", 4 * EXAMPLES, writing(serializer), values, compressions)

    for name, test in cases:
        begun = time.monotonic()
        try:
            test()
            check(f"{name} ({time.monotonic() - begun:.1f} s)", True)
        except BaseException as error:
            check(name, False)
            print("".join(f"  {line}\n" for line in [str(error), *getattr(error, "__notes__", [])]), flush=True)
    for serializer, compression in itertools.product(SERIALIZERS, COMPRESSIONS):
        parts.read(SIMPLE, "SUCCESS", serializer, compression, strict=True)
        parts.write(SIMPLE, serializer, compression)
        check(f"{serializer} in {compression}", True)
    for protocol in PROTOCOLS:
        for value in _values.PICKLE_CURIOSITIES:
            parts.read(value, "SUCCESS", "pickle", "null", protocol)
        check(f"curiosities in pickle, protocol {protocol}", True)
    print(f"{sum(parts.done.values())} records", flush=True)


run(payloads, worker=False)
