#!/usr/bin/env python3
"""What real Celery publishes for many calls, and what its saferepr shows of many values -> the JSON files beside this
script, which tests compare ours with.

Run:  python capture.py     (an environment of tests/requirements.txt; no broker: what would be sent is caught)

tasks.json     {"call": {"task", "args", "kwargs", "options", "settings"}: ours, arguments and options as JSON text;
                "sent": {"headers", "body", ...}: Celery's, headers as the JSON text that the broker gets}
control.json   {"method", ... : what ours is made from; "sent": Celery's}
saferepr.json  [value as JSON text, longest, what saferepr shows as JSON text]
"""
import base64
import datetime as dt
import decimal
import json
import os
import random
import uuid
from unittest import mock

import kombu.pidbox
import kombu.transport.memory
from celery import Celery, chain, chord, group
from celery.app import amqp, base
from celery.utils.saferepr import saferepr
from kombu.utils.json import dumps, loads

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = dt.datetime(2026, 11, 22, 8, 46, 1, 419812, tzinfo=dt.timezone.utc)
ORIGIN = {"node": "gen4711@host", "reply_to": "9f8e7d6c-5b4a-3210-8765-432100000000",
          "task_id": "3f7ab5ab-0d9e-4d1c-8f3e-0c5b3a1b2c3d",
          "unix_micros": int(NOW.timestamp()) * 1_000_000 + NOW.microsecond}
TICKET = "2ea290e1-0000-4000-8000-000000000001"
TIME = 1795337549.25

published = []


def publish(self, message, exchange, routing_key, **kwargs):
    published.append((message, exchange, routing_key))


def shown(data):
    """Bytes as text, or as base64."""
    if isinstance(data, str):
        data = data.encode()
    return data.decode() if data.isascii() and b"\0" not in data else {"b64": base64.b64encode(data).decode()}


def caught(app):
    [(message, exchange, routing_key)] = published
    published.clear()
    properties = message["properties"]
    sent = {"headers": dumps(message["headers"]), "body": shown(message["body"]),
            "content_type": message["content-type"], "content_encoding": message["content-encoding"],
            "exchange": exchange, "routing_key": routing_key,
            "properties": {name: value for name, value in properties.items() if name != "delivery_info"}}
    if not exchange:
        queue = app.amqp.queues[routing_key]
        sent["declared"] = [queue.exchange.name, queue.routing_key]
    return sent


def application(settings):
    app = Celery("capture", broker="memory://", set_as_current=False)
    app.conf.update(settings)
    app.now = lambda: NOW
    app._local.oid = ORIGIN["reply_to"]

    @app.task(name="known", shared=False)
    def known(*args, **kwargs):
        """One that the sender knows."""

    app.finalize()
    return app


def text(value):
    return dumps(value)


tasks = []


def case(args="[]", kwargs="{}", options=None, settings=None, task="proj.tasks.add", python=None, known=False):
    """One call. The options are Python's; `python` says which it gets otherwise."""
    options = options or {}
    app = application(settings or {})
    arguments = {**options, **(python or {})}
    arguments = {name: value for name, value in arguments.items() if value is not ...}
    if known:
        app.tasks["known"].apply_async(loads(args), loads(kwargs), **arguments)
    else:
        app.send_task(task, loads(args) if args else None, loads(kwargs) if kwargs else None, **arguments)
    tasks.append({
        "call": {"task": "known" if known else task, "args": args, "kwargs": kwargs,
                 "options": [[name, text(value)] for name, value in options.items()], "settings": settings or {}},
        "sent": caught(app)})


def capture_tasks():
    case()
    case(args="", kwargs="")
    case(args="[2, 3]")
    case(kwargs='{"x": 1, "y": [2, {"z": null}]}')
    case(args='["\\u017c\\u00f3\\u0142w", "it\'s", "\\"", "a\\nb\\u0000", "\\ud83d\\ude00", "\\ud800"]')
    case(args='["\u017c\u00f3\u0142w \U0001f600"]', kwargs='{"\u0142": "\u00e9"}', task="moduł.zadanie")
    case(args='[123456789012345678901234567890, -1, 0, -0, 1E5, 1.0, -0.0, 1e999, NaN, -Infinity, true, null]')
    case(args='[[[[[1]]]], {"a": {"b": {"c": {}}}}, [], {}]')
    case(args=text([dt.datetime(2024, 2, 29, 23, 59, 58, 1), dt.date(2020, 1, 2), dt.time(1, 2),
                    decimal.Decimal("1.10"), uuid.UUID(int=7), b"bytes", b"\xff\x00"]))
    case(args=text(["x" * 3000, list(range(1000))]), kwargs=text({"long": "word " * 400}))
    case(args=text([{"k" * 50 + str(n): ["v" * n] for n in range(40)}]))

    for countdown in [10, 0, 0.1, 1.0000005, 1.0000015, 2.5e-7, 5e-7, -3, -0.5, 1e9, 0.9999996, 1 / 3, 86399.9999995,
                      0.580188]:
        case(options={"countdown": countdown})
    for expires in [60, 0, -5, 12.3456, 0.29, 0.57, 1.001, 1e8, 4.35,
                    "2026-11-22T09:00:00+00:00", "2026-11-22T09:00:00.123456", "2026-11-22T10:00:00+01:00",
                    "2020-01-01T00:00:00+00:00", "20261122T0900", "2026-11-23", "2026-W48-1T09:00-0130", dt.datetime(2026, 12, 24, 18, tzinfo=dt.timezone.utc)]:
        case(options={"expires": expires})
    for eta in ["2026-11-22T09:00:00+00:00", "2027-01-01", "2027-01-01T02:03Z", "20270101T020304,5+0100", "2026-11-22T09:00:00.5", dt.datetime(2027, 1, 1, 2, 3, 4, 5),
                dt.datetime(2027, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-5, minutes=-30)))]:
        case(options={"eta": eta})
    for seconds in [1800000000, 1800000000.25, 0, -1.5, 1795337161.419812]:
        case(options={"eta": seconds}, python={"eta": dt.datetime.fromtimestamp(seconds, dt.timezone.utc)})
    case(options={"eta": "2027-01-01T00:00:00+00:00", "countdown": 5})
    case(options={"eta": "2027-01-01T00:00:00+00:00", "countdown": 0})

    for options in [
        {"task_id": "my-id"},
        {"task_id": "my-id", "root_id": "root", "parent_id": "parent"},
        {"parent_id": "parent"},
        {"group_id": "group", "group_index": 3},
        {"retries": 2},
        {"time_limit": 10, "soft_time_limit": 5},
        {"time_limit": 10.5}, {"soft_time_limit": 0},
        {"ignore_result": True}, {"ignore_result": False}, {"ignore_result": None},
        {"shadow": "Schatten \u00e9"},
        {"reply_to": "another-queue"},
        {"priority": 0}, {"priority": 5}, {"priority": 9}, {"priority": 255},
        {"delivery_mode": 1}, {"delivery_mode": 2}, {"delivery_mode": "transient"}, {"delivery_mode": "persistent"},
        {"queue": "urgent"}, {"queue": "celery"}, {"queue": "zażółć"},
        {"queue": "urgent", "routing_key": "ignored"},
        {"exchange": "ignored"}, {"routing_key": "ignored"},
        {"exchange": "ex", "routing_key": "rk"},
        {"exchange": "ex", "routing_key": "rk", "queue": "urgent"},
        {"exchange": "", "routing_key": "rk"},
        {"headers": {"x": 1, "text": "\u017c", "nested": {"a": [None]}}},
        {"headers": {"lang": "rs", "retries": 9, "id": "other", "new": True}},
        {"headers": {}},
        {"headers": {"at": dt.datetime(2026, 1, 1)}},
        {"replaced_task_nesting": 4},
        {"add_to_parent": False},
        {"argsrepr": "(secret)", "kwargsrepr": "{...}"},
        {"argsrepr": ""},
        {"countdown": None, "eta": None, "expires": None, "priority": None, "queue": None, "headers": None},
    ]:
        case(args="[1]", options=options)

    stamps = {"batch": "b1", "who": ["me", "you"]}
    for order in [["batch", "who"], ["who", "batch"]]:
        case(options={"stamped_headers": order, **{name: stamps[name] for name in order}})
        case(options={"stamped_headers": order, "stamps": stamps},
             python={"stamps": ..., **{name: stamps[name] for name in order}})
    case(options={"stamps": stamps}, python={"stamps": ..., "stamped_headers": list(stamps), **stamps})
    case(options={"stamped_headers": []})

    app = application({})
    add = app.signature("proj.add", (2, 2), {"k": "\u017c"}, countdown=3, link=app.signature("proj.deep"))
    plain = app.signature("proj.plain")
    dumped = json.loads(text(plain))
    whole = group(add, plain, app=app)
    for options in [
        {"link": add}, {"link": [add, plain]}, {"link_error": plain}, {"link": [], "link_error": [plain, plain]},
        {"chain": [plain, add]}, {"chord": plain}, {"link": whole}, {"link": chain(add, plain, app=app)},
        {"link": chord([add], plain, app=app)}, {"link": plain.clone(immutable=True)},
    ]:
        case(options=json.loads(text(options)), python=options)
    case(options={"link": {"task": "proj.plain"}, "chain": [{"task": "proj.plain"}], "chord": {"task": "proj.plain"}},
         python={"link": plain, "chain": [plain], "chord": plain})

    values = '[1, "\\u017c", 2.5, [true, null], {"a": "b"}, -300, 70000, 9007199254740993, ""]'
    for serializer in ["json", "pickle", "yaml", "msgpack"]:
        case(args=values, kwargs='{"k": [{}]}', options={"serializer": serializer})
        case(args=values, settings={"task_serializer": serializer})
        case(args=values, options={"serializer": serializer, "compression": "zlib", "link": dumped})
    case(args=text([dt.datetime(2026, 1, 2, 3, 4, 5, 6), decimal.Decimal("1.10"), b"\xff"]),
         options={"serializer": "pickle"})
    for compression in ["gzip", "zlib", "bzip2", "bzip", "lzma", "xz", "brotli", "zstd", "zstandard",
                        "application/x-bz2"]:
        case(args=text(["again " * 500]), options={"compression": compression})
    case(args="[1]", options={"compression": "lzma", "headers": {"compression": "mine", "after": 1}})

    case(settings={"task_compression": "bzip2"})
    case(settings={"task_compression": "bzip2"}, options={"compression": "gzip"})
    case(settings={"task_default_queue": "other"})
    case(settings={"task_default_queue": "other", "task_default_exchange": "ex", "task_default_routing_key": "rk"})
    case(settings={"task_default_queue": "other"}, options={"queue": "celery"})
    for exchange_type in "direct", "topic":
        topic = {"task_default_queue": "other", "task_default_exchange": "ex", "task_default_routing_key": "a.b",
                 "task_default_exchange_type": exchange_type}
        case(settings=topic)
        case(settings=topic, options={"routing_key": "c.d"})
        case(settings=topic, options={"queue": "video", "routing_key": "c.d"})
        missing = {"task_create_missing_queue_exchange_type": exchange_type}
        case(settings=missing)
        case(settings=missing, options={"queue": "video"})
        case(settings=missing, options={"queue": "video", "routing_key": "c.d"})
    case(settings={"task_default_delivery_mode": 1})
    case(settings={"task_default_delivery_mode": 1}, options={"delivery_mode": 2})
    case(known=True, options={"ignore_result": False}, args="[1]")
    case(known=True, settings={"task_ignore_result": True, "task_default_priority": 7, "task_serializer": "yaml"})
    case(known=True, settings={"task_ignore_result": True, "task_default_priority": 7},
         options={"ignore_result": False, "priority": 3})


def capture_control():
    cases = []

    def command(ours, method, *args, settings=None, **kwargs):
        app = application(settings or {})
        target = app.control
        if ours.get("inspect"):
            target = app.control.inspect(**{name: kwargs.pop(name) for name in list(kwargs)
                                            if name in ("destination", "pattern", "matcher", "timeout")})
        getattr(target, method)(*args, **kwargs)
        cases.append({"ours": {**ours, "settings": settings or {}}, "sent": caught_control(app)})

    def caught_control(app):
        sent = caught_message = caught(app)
        assert caught_message["exchange"] == "celery.pidbox" and not caught_message["routing_key"]
        return sent

    one = {"task_id": "my-id"}
    command({**one, "signal": "SIGTERM"}, "revoke", "my-id")
    command({**one, "signal": None}, "revoke", "my-id", signal=None)
    command({**one, "signal": "KILL", "terminate": True}, "revoke", "my-id", terminate=True, signal="KILL")
    command({**one, "signal": 9, "terminate": True}, "revoke", "my-id", terminate=True, signal=9)
    command({**one, "signal": "SIGTERM", "terminate": True}, "terminate", "my-id")
    command({"task_ids": ["a", "b", "\u017c"], "signal": "SIGTERM"}, "revoke", ["a", "b", "\u017c"])
    command({"task_ids": [], "signal": "SIGTERM"}, "revoke", [])
    command({**one, "signal": "SIGTERM", "reply": 1.5}, "revoke", "my-id", reply=True, timeout=1.5)
    command({**one, "signal": "SIGTERM", "reply": 1.0, "destination": ["w1@h", "w2@h"]},
            "revoke", "my-id", reply=True, destination=["w1@h", "w2@h"])
    command({**one, "signal": "SIGTERM", "destination": []}, "revoke", "my-id", destination=[])
    command({**one, "signal": "SIGTERM", "pattern": ["w*@h", "glob"]}, "revoke", "my-id", pattern="w*@h", matcher="glob")
    command({**one, "signal": "SIGTERM", "pattern": ["w.@h", "pcre"]}, "revoke", "my-id", pattern="w.@h", matcher="pcre")
    command({"headers": {"batch": "b1", "who": ["me", "you"]}, "signal": "SIGTERM"},
            "revoke_by_stamped_headers", {"batch": "b1", "who": ["me", "you"]})
    command({"headers": {"batch": ["b\u017c"]}, "signal": "INT", "terminate": True, "reply": 1.0},
            "revoke_by_stamped_headers", {"batch": ["b\u017c"]}, terminate=True, signal="INT", reply=True)
    command({"plain": "ping", "reply": 1.0}, "ping")
    command({"plain": "ping", "reply": 0.5, "destination": ["w1@h"]}, "ping", destination=["w1@h"], timeout=0.5)
    for method, ours in [("active", "active"), ("reserved", "reserved"), ("scheduled", "scheduled"),
                         ("revoked", "revoked_ids"), ("stats", "stats")]:
        command({"inspect": True, "plain": ours, "reply": 1.0}, method)
    command({"inspect": True, "plain": "active", "reply": 1.0, "destination": ["w1@h"]}, "active", destination=["w1@h"])
    command({"inspect": True, "query": ["a", "b"], "reply": 1.0}, "query_task", "a", "b")
    command({"inspect": True, "query": ["a"], "reply": 1.0}, "query_task", "a")
    command({"generic": ["rate_limit", text({"task_name": "proj.add", "rate_limit": "10/m"})]},
            "rate_limit", "proj.add", "10/m")
    command({"generic": ["add_consumer", text({"queue": "q", "exchange": None, "exchange_type": "direct",
                                               "routing_key": None})], "reply": 1.0},
            "add_consumer", "q", reply=True)
    command({"generic": ["shutdown", ""]}, "shutdown")
    command({"generic": ["mine", text({"a": [1, None, 2.5]})], "reply": 1.0}, "broadcast", "mine", {"a": [1, None, 2.5]},
            reply=True)
    for serializer in ["pickle", "yaml", "msgpack"]:
        command({**one, "signal": "SIGTERM", "reply": 1.0}, "revoke", "my-id", reply=True,
                settings={"task_serializer": serializer})
    command({**one, "signal": "SIGTERM"}, "revoke", "my-id",
            settings={"task_compression": "gzip", "task_default_delivery_mode": 1})
    return cases


def values():
    """JSON texts, the same in every run."""
    fixed = [
        "null", "true", "false", "0", "-17", "1.5", "1e100", "NaN", "Infinity", '""', '"text"', '"it\'s"', '"a b c d"',
        '"\\u017c\\u00f3\\u0142w \\ud83d\\ude00\\n\\ud800"', "[]", "{}", "[[]]", "[{}]", '{"a": {}}', "[1]", "[1, 2, 3]",
        "[[1, [2, [3, [4]]]]]", '{"a": {"b": {"c": {"d": 1}}}}', '[[[[]]], [[[[]]]]]', '{"a b": "c d", "it\'s": [1, 2]}',
        '["aaaa bbbb", "cccc dddd"]', '[["a"], ["b"], ["c"]]', '[123456789012345678901234567890, 2]',
        '[{"a": 1}, {"b": [2, 3]}, "tail"]', '[[], [], []]', '{"": ""}', '["' + "x" * 70 + '"]',
        '["' + "ab " * 30 + '", 1]', "[" * 8 + "]" * 8, '[1, [2, 3], [4, [5, 6]], {"k": [7]}]',
        text([dt.datetime(2024, 2, 29, 23, 59, 58, 1), dt.date(2020, 1, 2), dt.time(1, 2)]),
        text([decimal.Decimal("1.10"), uuid.UUID(int=7)]), text([b"bytes", b"it's", b"\xff\x00\x10", b""]),
        text({"when": dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc), "n": [b"\xfe" * 20, b"z" * 50]}),
    ]
    rng = random.Random(5)
    words = ["", "a", "it's", "two words", "\u017c\u00f3", "\U0001f600", "x" * 17, "a b c d e f", "\n", "\\", '"']

    def value(depth):
        kind = rng.randrange(11 if depth else 7)
        if kind < 3:
            return rng.choice(words)
        if kind < 7:
            return rng.choice([None, True, 0, -5, 123456, 2.5, 1e-7, 10 ** 25, b"\xff ", dt.date(2020, 1, 2)])
        count = rng.randrange(4)
        if kind < 9:
            return [value(depth - 1) for _ in range(count)]
        return {rng.choice(words) + str(n): value(depth - 1) for n in range(count)}

    return fixed + [text([value(5) for _ in range(rng.randrange(1, 4))]) for _ in range(150)]


def capture_saferepr():
    shown = []
    rng = random.Random(6)
    for json_text in values():
        limits = {1, 2, 3, 5, 8, 1024, *(rng.randrange(1, 60) for _ in range(3))}
        for longest in sorted(limits):
            shown.append([json_text, longest, json.dumps(saferepr(loads(json_text), longest))])
    return shown


def write(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as out:
        out.write("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    print(name, len(rows))


with mock.patch.object(kombu.transport.memory.Channel, "basic_publish", publish), \
        mock.patch.object(amqp, "anon_nodename", lambda: ORIGIN["node"]), \
        mock.patch.object(base, "uuid", lambda: ORIGIN["task_id"]), \
        mock.patch.object(kombu.pidbox, "uuid", lambda: TICKET), \
        mock.patch.object(kombu.pidbox, "time", lambda: TIME), \
        mock.patch.object(kombu.pidbox.Mailbox, "oid", ORIGIN["reply_to"]), \
        mock.patch.object(kombu.pidbox.Mailbox, "_collect", lambda *args, **kwargs: None):
    capture_tasks()
    write("tasks.json", tasks)
    write("control.json", capture_control())
write("saferepr.json", capture_saferepr())
