"""Pickles of many kinds in every protocol, and how each value is to be spelled.

Prints one line for each: protocol, the record's pickle in hexadecimal, the text of its value.
"""
import base64
import collections
import datetime as dt
import decimal
import json
import math
import pickle
import random
import uuid
import zoneinfo

PLUS = dt.timezone(dt.timedelta(hours=2))
ODD = dt.timezone(-dt.timedelta(hours=5, minutes=30, seconds=15, microseconds=5), "odd")
DAY = dt.datetime(2024, 2, 29, 23, 59, 58)
VALUES = [
    None, True, False, [True, False, None],
    0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -2**31, 2**31, 2**63 - 1, -2**63, 2**63, -2**63 - 1,
    2**64, -2**64, 10**40, -10**40, 2**2000, -2**2000, 10**4299, -255, -256, -2**127, 2**127,
    1.5, -0.0, math.nan, math.inf, -math.inf, 1e16, 5e-324, 1.7976931348623157e308,
    "", "abc", "zażółć ☃ \U0001f600", "x\ud800y", "a\nb\r\\u0041\\", "\\", "\x00\x1a", "é" * 300, "x" * 70000,
    b"", b"abc", "é".encode(), bytes(range(256)), b"x" * 300, bytearray(), bytearray(b"abc"), bytearray(range(256)),
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [[]], list(range(3000)), [None] * 5,
    {}, {"a": 1}, {1: 2, "x": 3}, {None: 0, True: 1, 1.5: 2, math.inf: 3}, {b"k": 1}, {(1, 2): [3]},
    {dt.date(2020, 1, 1): 1}, {i: i for i in range(2500)}, {2**70: 1},
    set(), {1}, frozenset(), frozenset(["a"]), {(1, frozenset([2]))},
    DAY, DAY.replace(microsecond=123456), DAY.replace(tzinfo=dt.timezone.utc), DAY.replace(tzinfo=PLUS),
    DAY.replace(tzinfo=ODD), DAY.replace(fold=1), DAY.replace(tzinfo=zoneinfo.ZoneInfo("UTC")),
    dt.datetime.min, dt.datetime.max, dt.date(2024, 2, 29), dt.date.min, dt.date.max,
    dt.time(), dt.time(23, 59, 58, 5), dt.time(1, 2, 3, tzinfo=PLUS), dt.time(1, fold=1),
    dt.timedelta(), dt.timedelta(-1, 5, 7), dt.timedelta.max, dt.timedelta.min,
    decimal.Decimal("1.10"), decimal.Decimal("NaN"), decimal.Decimal("-1E+5"),
    uuid.UUID(int=5), uuid.UUID(int=2**128 - 1), uuid.uuid5(uuid.NAMESPACE_DNS, "x"),
    collections.OrderedDict([("b", 1), ("a", 2)]), collections.OrderedDict(), collections.Counter("aab"),
    collections.defaultdict(list, {"a": [1]}), collections.defaultdict(),
]


def typed(name, value):
    return {"__type__": name, "__value__": value}


def spelled(value):
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray():
            try:
                return typed("bytes", bytes(value).decode())
            except UnicodeDecodeError:
                return typed("base64", base64.b64encode(value).decode())
        case dict():
            if all(key is None or isinstance(key, (str, int, float)) for key in value):
                return {key: spelled(part) for key, part in value.items()}
            return typed("map", [[spelled(key), spelled(part)] for key, part in value.items()])
        case list() | tuple():
            return [spelled(part) for part in value]
        case set() | frozenset():
            return typed(type(value).__name__, [spelled(part) for part in value])
        case dt.datetime() | dt.date() | dt.time():
            return typed(type(value).__name__, value.isoformat())
        case dt.timedelta():
            return typed("timedelta", {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds})
        case decimal.Decimal():
            return typed("decimal", str(value))
        case uuid.UUID():
            return typed("uuid", {"hex": value.hex})


def nested(rng, depth):
    pick = rng.randrange(4 if depth else 1)
    if pick == 1:
        return [nested(rng, depth - 1) for _ in range(rng.randrange(5))]
    if pick == 2:
        return {rng.choice("abcdefgh"): nested(rng, depth - 1) for _ in range(rng.randrange(5))}
    if pick == 3:
        shared = nested(rng, depth - 1)
        return (shared, [shared], shared)
    return rng.choice(VALUES[:30] + VALUES[34:42])


rng = random.Random(4)
for protocol in range(6):
    for value in VALUES + [nested(rng, 4) for _ in range(60)]:
        record = {"status": "SUCCESS", "result": value, "task_id": "t"}
        # The order of a set is that of the one which is read.
        read = pickle.loads(pickle.dumps(record, protocol))["result"]
        print(protocol, pickle.dumps(record, protocol).hex(), json.dumps(spelled(read)))
