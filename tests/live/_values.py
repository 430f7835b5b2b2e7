"""Random values (hypothesis) as tasks return them: for each serializer what it can hold, and the
classes of our own that a pickle may name.
"""

import collections
import datetime
import decimal
import enum
import fractions
import json
import pathlib
import uuid
import zoneinfo

from hypothesis import strategies as st
from msgpack import ExtType, Timestamp


class Colour(enum.Enum):
    RED = "red"
    BLUE = (0, 0, 255)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2**40


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple("Point", "x y")


class Plain:
    """Pickled as its `__dict__`."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    class Nested:
        pass


class Slotted:
    """Pickled as its slots; only protocols from 2 on can."""

    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left, self.right = left, right


class Reduced:
    """Pickled as a call, and a state that is no dict."""

    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return Reduced, self.args, ("state", *self.args)

    def __setstate__(self, state):
        self.args = state[1:]


class Named:
    """Pickled with keyword arguments; protocols before 4 make a `functools.partial` of them."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        self.given = args, kwargs
        return self

    def __getnewargs_ex__(self):
        return self.given

    def __getstate__(self):
        return None


class Items(list):
    pass


class Entries(dict):
    pass


class OddError(Exception):
    class InnerError(ValueError):
        pass


class Broken(Exception):
    """Nothing in its name says what it is."""


def odd_error(cls, args, attributes):
    error = cls(*args)
    if attributes:  # else it has no `__dict__` at all
        error.__dict__.update(attributes)
    return error


def unique_as_text(keys):
    """Whether no two keys are the same key of a JSON object."""
    texts = [key if isinstance(key, str) else json.dumps(key, default=repr) for key in keys]
    return len(set(texts)) == len(texts)


def is_hashable(value):
    try:
        hash(value)
        return True
    except TypeError:
        return False


def shared(values):
    """A value that refers to others more than once."""
    return st.tuples(values, values).map(lambda pair: [pair[0], pair[1], pair[0], {"again": pair[1], "first": pair[0]}])


SURROGATES = st.text(st.characters(exclude_categories=()), max_size=12)
TEXT = st.text(max_size=12) | st.sampled_from(["", "null", "1e5", "yes", "~", "2020-01-01", "0x1F", "1_000", "a: b", "- a",
                                               "\x00\x1f\x7f\x85\u2028\ufeff", "\U0001f600", "x" * 300, "żółw " * 70])
INTS = st.integers() | st.integers(-2**63, 2**64 - 1) | st.sampled_from(
    [0, -1, 127, 128, 255, 256, -32, -33, -128, -129, 65535, 65536, 2**31, -2**31, -2**31 - 1, 2**63, -2**63, 2**64 - 1])
BIG_INTS = st.integers(-2**2100, 2**2100) | st.sampled_from([2**64, -2**63 - 1, 256**255, -256**255, 256**256, 10**400])
PLAIN = st.none() | st.booleans() | st.floats() | TEXT
BYTES = st.binary(max_size=40) | st.just(bytes(range(256)) * 2)
ZONES = st.none() | st.just(datetime.timezone.utc)
MINUTES = ZONES | st.integers(-1439, 1439).map(lambda m: datetime.timezone(datetime.timedelta(minutes=m)))
OFFSETS = MINUTES | st.timedeltas(datetime.timedelta(hours=-23), datetime.timedelta(hours=23)).map(datetime.timezone)
# Python's own reader of texts drops what is less than a second.
SECONDS = MINUTES | st.integers(-86399, 86399).map(lambda s: datetime.timezone(datetime.timedelta(seconds=s)))
DATES = st.dates()
DECIMALS = st.decimals() | st.sampled_from(list(map(decimal.Decimal, ["-0", "1E+30", "-NaN123", "sNaN", "0.10"])))
TIMESTAMPS = st.builds(Timestamp, st.integers(-2**63, 2**63 - 1), st.integers(0, 10**9 - 1)) | st.builds(
    Timestamp, st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999).map(lambda us: us * 1000))
EXTENSIONS = st.builds(ExtType, st.integers(0, 127), st.binary(max_size=20))


def moments(zones):
    """datetimes and times, for some of which a day of the zone has one hour twice."""
    folded = st.datetimes(timezones=zones).map(lambda moment: moment.replace(fold=1))
    return st.datetimes(timezones=zones) | folded


# The year of a moment stays one when the offset is taken off, which PyYAML does to find the local time.
SAFE_MOMENTS = st.datetimes(datetime.datetime(2, 1, 1), datetime.datetime(9998, 12, 31), timezones=MINUTES)


def nested(scalars, keys, containers=lambda values: [], leaves=12):
    """Lists and maps, and these containers, of scalars."""
    def deeper(values):
        maps = st.lists(st.tuples(keys, values), max_size=5).filter(
            lambda pairs: unique_as_text([key for key, _ in pairs])).map(dict)
        return st.one_of(st.lists(values, max_size=5), maps, shared(values), *containers(values))

    return st.recursive(scalars, deeper, max_leaves=leaves)


def sets(values):
    hashable = st.lists(values.filter(is_hashable), max_size=4)
    return [hashable.map(set), hashable.map(frozenset)]


def objects(values):
    """What only a pickle can hold."""
    attributes = st.dictionaries(st.sampled_from(["a", "b", "żółw"]), values, max_size=3)
    few = st.lists(values, max_size=3)
    return [
        st.builds(Point, values, values),
        attributes.map(lambda given: Plain(**given)),
        st.builds(Reduced, values, values),
        few.map(Items),
        attributes.map(Entries),
        few.map(collections.deque),
        few.map(lambda items: collections.deque(items, 9)),
        attributes.map(collections.OrderedDict),
        attributes.map(lambda given: collections.defaultdict(list, given)),
        st.builds(odd_error, st.sampled_from([ValueError, KeyError, OddError, OddError.InnerError, Broken]), few, attributes),
        # Of a number that the system knows, Python makes a subclass that pickle does not name.
        st.tuples(st.integers(1000, 2000), values, TEXT).map(lambda args: OSError(*args)),
    ]


def newer_objects(values, protocol):
    """What only a pickle from protocol 2 or 4 on can hold as it is."""
    attributes = st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2)
    named = st.builds(lambda args, kwargs: Named(*args, **kwargs), st.lists(values, max_size=2), attributes)
    return [st.builds(Slotted, values, values)] * (protocol >= 2) + [named] * (protocol >= 4)


def results(app):
    """Results of an app; a chain and a group among them."""
    from celery.result import GroupResult

    ids = st.sampled_from(["a", "żółw", "c" * 36])
    one = st.builds(app.AsyncResult, ids)
    return one | st.builds(lambda id, parent: app.AsyncResult(id, parent=parent), ids, one) | st.builds(
        lambda id, members: GroupResult(id, members, app=app), ids, st.lists(one, max_size=3))


# Each of these is read in every protocol, whatever is drawn.
PICKLE_CURIOSITIES = [*Colour, *Level, Mode.READ | Mode.WRITE, int, collections.deque, Plain.Nested, len, json.dumps,
                      range(1, 9, 2), slice(1, None, 2), fractions.Fraction(1, 3), pathlib.PurePosixPath("/a/b"),
                      collections.Counter("aab"), 2**64, float("nan"), ...,
                      datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Warsaw"))]
PICKLE_SCALARS = (
    PLAIN | INTS | BIG_INTS | SURROGATES | BYTES | BYTES.map(bytearray) | DECIMALS | st.uuids() | DATES | moments(OFFSETS)
    | st.times(timezones=OFFSETS) | st.timedeltas() | st.complex_numbers()
    | st.sampled_from(PICKLE_CURIOSITIES))
PICKLE_KEYS = PLAIN | INTS | st.tuples(INTS, TEXT) | BYTES | DATES | st.uuids() | st.sampled_from(list(Colour))


def pickle_values(app, protocol):
    # Few results: each that Python unpickles opens a backend of its own.
    return st.lists(results(app), max_size=2) | nested(PICKLE_SCALARS, PICKLE_KEYS, lambda values: [
        st.tuples(values, values), *sets(values), *objects(values), *newer_objects(values, protocol)])


JSON_SCALARS = (PLAIN | INTS | BIG_INTS | SURROGATES | BYTES | DECIMALS | st.uuids() | DATES | moments(SECONDS)
                | st.times(timezones=SECONDS))
JSON_KEYS = SURROGATES | INTS | st.floats() | st.booleans() | st.none()
JSON_VALUES = nested(JSON_SCALARS | st.sampled_from(list(Level)), JSON_KEYS, lambda values: [st.tuples(values, values)])
MSGPACK_VALUES = nested(
    PLAIN | st.integers(-2**63, 2**64 - 1) | BYTES | TIMESTAMPS | EXTENSIONS,
    PLAIN | st.integers(-2**63, 2**64 - 1) | BYTES, lambda values: [st.tuples(values, values)])
# All NaN are one object in PyYAML, so of two in a set or of two keys it keeps one.
YAML_KEYS = st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT | INTS | DATES
YAML_VALUES = nested(
    PLAIN | INTS | BIG_INTS | BYTES | DATES | SAFE_MOMENTS, YAML_KEYS | BYTES,
    lambda values: [st.tuples(values, values), st.lists(YAML_KEYS, max_size=4).map(set)])

# By serializer: what it reads, and what it writes where that is less.
READ_VALUES = {"json": JSON_VALUES, "yaml": YAML_VALUES, "msgpack": MSGPACK_VALUES}
WRITTEN_VALUES = {
    "json": nested(JSON_SCALARS, JSON_KEYS),
    "yaml": YAML_VALUES,
    "msgpack": nested(PLAIN | st.integers(-2**63, 2**64 - 1) | BYTES, PLAIN | st.integers(-2**63, 2**64 - 1) | BYTES),
    "pickle": nested(JSON_SCALARS | st.timedeltas(), PLAIN | INTS | st.tuples(INTS, TEXT) | BYTES | DATES | st.uuids(), sets),
}

EXCEPTIONS = st.builds(
    odd_error, st.sampled_from([ValueError, KeyError, OddError, OddError.InnerError, ZeroDivisionError]),
    st.lists(TEXT | st.integers(-2**60, 2**60) | st.none(), max_size=3), st.just({}))
