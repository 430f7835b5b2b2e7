"""What a C program puts into the broker is what Python's `send_task` puts there: every case is sent by both into
queues that nobody serves, each into a database of its own, and everything in the two databases is compared: keys,
bindings, and the messages field by field, except ids, times, origin and delivery tag.
"""

import base64
import datetime
import json
import re

from _live import check, equal, run
from _workers import Commands, as_options

OURS, THEIRS = 4, 5  # databases
SET, ZSET, LIST = b"set", b"zset", b"list"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
NODE = re.compile(r"gen\d+@.+")
TEXT = "zażółć gęślą \U0001f600 \"quoted\" it's \\ \n\t\x00\x7f \u2028 é"
SIGNATURE = {"task": "other.task", "args": [1], "kwargs": {"k": None}, "options": {"queue": "q"},
             "subtask_type": None, "immutable": False}
STAMPED = {"stamped_headers": ["batch", "who"], "stamps": {"batch": ["a", "b"], "who": "me"}}

# Name, arguments, keyword arguments, options.
CASES = [
    ("nothing", None, None, {}),
    ("arguments", [2, 3], {}, {}),
    ("keyword arguments", [], {"x": 1, "y": [1, {"z": None}]}, {}),
    ("unicode", [TEXT, {TEXT: TEXT}], {"ключ": "значение"}, {}),
    ("numbers", [0, -1, 2**53 + 1, 2**70, 1.5, 1e300, -0.0, True, None], {}, {}),
    ("nesting", [[[[[["deep"]]]]]], {"a": {"b": {"c": {"d": [1, [2, [3]]]}}}}, {}),
    ("much", [list(range(2000)), "x" * 5000], {str(n): n for n in range(300)}, {}),
    ("queue", [1], {}, {"queue": "video"}),
    ("default queue by its name", [1], {}, {"queue": "celery"}),
    ("priority 0", [1], {}, {"priority": 0}),
    ("priority 2", [1], {}, {"priority": 2}),
    ("priority 3", [1], {}, {"priority": 3}),
    ("priority 9", [1], {}, {"priority": 9, "queue": "video"}),
    ("priority 200", [1], {}, {"priority": 200}),
    ("routing_key alone", [1], {}, {"routing_key": "elsewhere"}),
    ("exchange alone", [1], {}, {"exchange": "elsewhere"}),
    ("countdown", [1], {}, {"countdown": 10}),
    ("countdown of a fraction", [1], {}, {"countdown": 0.25}),
    ("countdown 0", [1], {}, {"countdown": 0}),
    ("eta as text", [1], {}, {"eta": "2030-01-02T03:04:05.678901+00:00"}),
    ("eta as text of a zone", [1], {}, {"eta": "2030-01-02T03:04:05+02:00"}),
    ("eta without seconds", [1], {}, {"eta": "2030-01-02T03:04Z"}),
    ("eta as a day", [1], {}, {"eta": "2030-01-02"}),
    ("expires after seconds", [1], {}, {"expires": 600}),
    ("expires after a fraction", [1], {}, {"expires": 12.5}),
    ("expires as text", [1], {}, {"expires": "2045-01-02T03:04:05+00:00"}),
    ("expired", [1], {}, {"expires": "2020-01-02T03:04:05+00:00"}),
    ("retries", [1], {}, {"retries": 3}),
    ("time limits", [1], {}, {"time_limit": 10, "soft_time_limit": 2.5}),
    ("ignore_result", [1], {}, {"ignore_result": True}),
    ("ignore_result false", [1], {}, {"ignore_result": False}),
    ("root and parent", [1], {}, {"root_id": "the root", "parent_id": "the parent"}),
    ("group", [1], {}, {"group_id": "the group", "group_index": 7}),
    ("reply_to", [1], {}, {"reply_to": "my queue"}),
    ("shadow", [1], {}, {"shadow": "another name"}),
    ("reprs", [1], {}, {"argsrepr": "(secret)", "kwargsrepr": "{}"}),
    ("headers", [1], {}, {"headers": {"tenant": TEXT, "n": 1, "deep": {"list": [1, None]}}}),
    ("headers that Celery has too", [1], {}, {"headers": {"lang": "c", "retries": 9}}),
    ("stamps", [1], {}, STAMPED),
    ("link", [1], {}, {"link": SIGNATURE}),
    ("links", [1], {}, {"link": [SIGNATURE, SIGNATURE], "link_error": SIGNATURE}),
    ("chain", [1], {}, {"chain": [SIGNATURE, SIGNATURE]}),
    ("chord", [1], {}, {"chord": SIGNATURE}),
    ("transient", [1], {}, {"delivery_mode": 1}),
    ("persistent", [1], {}, {"delivery_mode": "persistent"}),
    *((f"serializer {name}", [1, "é", None, 2.5], {"k": [TEXT]}, {"serializer": name})
      for name in ("json", "pickle", "yaml", "msgpack")),
    *((f"compression {name}", ["x" * 3000], {}, {"compression": name})
      for name in ("gzip", "bzip2", "lzma", "brotli", "zstd")),
    ("all at once", [1], {"k": 2}, {
        "queue": "video", "priority": 6, "countdown": 5, "expires": 60, "headers": {"h": 1}, "serializer": "msgpack",
        "compression": "gzip", "time_limit": 5, "link": SIGNATURE, "shadow": "s", **STAMPED}),
]

# The same settings on both sides.
SETTINGS = [
    ("default queue", {"task_default_queue": "mine"}),
    ("default exchange", {"task_default_queue": "mine", "task_default_exchange": "ex",
                          "task_default_routing_key": "rk"}),
    ("topic exchange", {"task_default_queue": "mine", "task_default_exchange": "ex",
                        "task_default_exchange_type": "topic", "task_default_routing_key": "a_b.#.c-d"}),
    ("topic exchanges of queues", {"task_create_missing_queue_exchange_type": "topic",
                                   "task_routes": {"proj.*": "ro.uted"}}),
    ("serializer and compression", {"task_serializer": "msgpack", "task_compression": "bzip2"}),
    ("delivery mode", {"task_default_delivery_mode": "transient"}),
    ("routes", {"task_routes": {"proj.*": {"queue": "routed", "priority": 4}}}),
    ("a route to a queue", {"task_routes": {"proj.tasks.add": "routed", "proj.*": "never"}}),
    ("transport", {"broker_transport_options": {"global_keyprefix": "pre:", "priority_steps": [0, 5], "sep": ":"}}),
]

# Name, Python's call on `app.control`, ours of commands.c. Nobody answers.
COMMANDS = [
    ("revoke", lambda control: control.app.AsyncResult("an id").revoke(), ("revoke", "an id", {})),
    ("ping", lambda control: control.broadcast("ping"), ("control", "ping", "{}", {"timeout_ms": 0})),
    ("inspect active", lambda control: control.inspect(timeout=0.01).active(),
     ("control", "active", '{"safe": null}', {"timeout_ms": 2000})),
    ("inspect query_task", lambda control: control.inspect(["w@h"], timeout=0.01).query_task("a", "b"),
     ("control", "query_task", '{"ids": ["a", "b"]}', {"timeout_ms": 2000, "destination": ["w@h"]})),
    ("rate_limit", lambda control: control.rate_limit("proj.tasks.add", "10/m"),
     ("control", "rate_limit", '{"task_name": "proj.tasks.add", "rate_limit": "10/m"}', {"timeout_ms": 0})),
    ("revoke with wait", lambda control: control.app.AsyncResult("an id").revoke(wait=True, timeout=0.01),
     ("revoke", "an id", {"wait": True, "timeout_ms": 2000})),
    ("terminate", lambda control: control.app.AsyncResult("an id").revoke(terminate=True, signal="KILL"),
     ("revoke", "an id", {"terminate": True, "signal": "KILL"})),
    ("revoke for one", lambda control: control.revoke("an id", destination=["w@h"], signal=None),
     ("revoke", "an id", {"destination": ["w@h"]})),
    ("revoke a set", lambda control: control.app.ResultSet([control.app.AsyncResult("an id"),
                                                            control.app.AsyncResult("żółw")]).revoke(),
     ("revoke", "a set", {})),
    ("revoke by stamps", lambda control: control.revoke_by_stamped_headers({"batch": ["a", "b"]}, signal=None),
     ("stamped", '{"batch": ["a", "b"]}', {})),
]


def unpacked(message):
    """A message with all that is packed in it laid open, and without what no two messages share."""
    import kombu.compression
    import kombu.serialization

    message = json.loads(message)
    properties, headers = message["properties"], message["headers"]
    assert properties.pop("body_encoding") == "base64"
    body = base64.b64decode(message.pop("body"))
    compression = headers.get("compression")
    if compression is not None:
        body = kombu.compression.decompress(body, compression)
    body = kombu.serialization.loads(body, message["content-type"], message["content-encoding"])
    # With pickle Python's tuples stay tuples.
    message["body"] = json.loads(json.dumps(body)) if "task" in headers else body
    unlike = {"delivery_tag": properties.pop("delivery_tag")}
    if "ticket" in body:
        unlike.update(ticket=body.pop("ticket"), routing_key=body["reply_to"].pop("routing_key"))
    for name, where in (("eta", headers), ("expires", headers), ("origin", headers), ("clock", headers)):
        if name in where:
            unlike[name] = where.pop(name)
    # As with every option of `send_task` that Celery does not know for one of its own, kombu writes them there too.
    for name in "argsrepr", "kwargsrepr":
        properties.pop(name, None)
    for name in "reply_to", "expiration":
        if name in properties:
            unlike[name] = properties.pop(name)
    return message, unlike


def same_moment(ours, theirs):
    """Two moments within the time that a slow machine may take between two calls."""
    if ours is None or theirs is None or ours == theirs:
        return ours == theirs
    both = [datetime.datetime.fromisoformat(moment) for moment in (ours, theirs)]
    return ISO.fullmatch(ours) and abs((both[0] - both[1]).total_seconds()) < 60


def same_rest(ours, theirs, options):
    """What no two messages share has at least the same form."""
    if set(ours) != set(theirs):
        return False
    return all((
        UUID.fullmatch(ours["delivery_tag"]),
        NODE.fullmatch(ours["origin"]),
        same_moment(ours["eta"], theirs["eta"]),
        same_moment(ours["expires"], theirs["expires"]),
        "expiration" not in ours or abs(int(ours["expiration"]) - int(theirs["expiration"])) < 60_000,
        ours["reply_to"] == theirs["reply_to"] if "reply_to" in options else UUID.fullmatch(ours["reply_to"]),
    ))


def database(redis):
    """All keys of a database with what is in them, the messages unpacked."""
    found, unlike = {}, {}
    for key in redis.keys():
        kind = redis.type(key)
        if kind == LIST:
            messages = [unpacked(message) for message in redis.lrange(key, 0, -1)]
            found[key], unlike[key] = [one for one, _ in messages], [rest for _, rest in messages]
        elif kind == SET:
            found[key] = redis.smembers(key)
        elif kind == ZSET:
            found[key] = {member for member, _ in redis.zscan_iter(key)}
    return found, unlike


def compare_commands(it, app, c):
    """Compares broadcasts, which only those see who listen."""
    heard = it.broker.pubsub()
    for db in OURS, THEIRS:
        heard.psubscribe(f"/{db}.celery.pidbox")
    for _ in OURS, THEIRS:
        heard.get_message(timeout=30)

    def next_heard(name, db):
        message = heard.get_message(timeout=30)
        equal(f"{name}: the channel", message["channel"], f"/{db}.celery.pidbox".encode())
        return unpacked(message["data"])

    for task_id in "an id", "żółw":
        c.ask("open", task_id)
    c.ask("set", "a set", "an id", "żółw")
    for name, theirs, (command, *words, options) in COMMANDS:
        theirs(app.control)
        answer = c.ask(command, *words, **options)
        equal(f"{name}: the status", (answer["status"], answer["error"]), ("CELERY_OK", ""))
        equal(f"{name}: who heard", (answer["value"]["heard"], answer["value"]["nodes"]), (1, {}))
        (expected, their_rest), (found, rest) = next_heard(name, THEIRS), next_heard(name, OURS)
        equal(f"{name}: the message", found, expected)
        waits = "ticket" in their_rest
        check(f"{name}: what no two messages share", set(rest) == set(their_rest)
              and UUID.fullmatch(rest["delivery_tag"]) and isinstance(rest["clock"], int)
              and (abs(rest["expires"] - their_rest["expires"]) < 60 if waits else rest["expires"] == 0)
              and (not waits or UUID.fullmatch(rest["ticket"])), rest, their_rest)
    c.close()


def messages(it):
    import redis
    from celery import Celery, group, signature
    from kombu import pools, serialization

    serialization.enable_insecure_serializers()
    ours, theirs = (redis.Redis.from_url(f"{it.server}/{db}") for db in (OURS, THEIRS))

    def python(settings):
        app = Celery("python", broker=f"{it.server}/{THEIRS}", set_as_current=False)
        app.conf.update(settings)
        return app

    def program(settings):
        return Commands(it, broker_url=f"{it.server}/{OURS}", **as_options(settings))

    def compare(name, options):
        (found, rest), (expected, their_rest) = database(ours), database(theirs)
        equal(f"{name}: what is in the database", found, expected)
        pairs = [pair for key in rest for pair in zip(rest[key], their_rest.get(key, []), strict=True)]
        check(f"{name}: what no two messages share", all(same_rest(one, other, options) for one, other in pairs),
              rest, their_rest)
        # Further calls need not declare again; that they need not is the same for both.
        for one in ours, theirs:
            for key in one.keys():
                if one.type(key) == LIST:
                    one.delete(key)

    def for_python(options):
        """Python takes a stamp as an option of the stamp's name, and a signature as an object."""
        options = dict(options)
        options.update(options.pop("stamps", {}))
        for name in "link", "link_error", "chain", "chord":
            if name in options:
                value = options[name]
                options[name] = [signature(one, app=app) for one in value] if isinstance(value, list) \
                    else signature(value, app=app)
        return options

    app, c = python({}), program({})
    for name, args, kwargs, options in CASES:
        app.send_task("proj.tasks.add", args, kwargs, task_id="the id", **for_python(options))
        sent = c.ask("send", "proj.tasks.add", json.dumps(args), json.dumps(kwargs), task_id="the id", **options)
        equal(f"{name}: sent", (sent["status"], sent.get("id")), ("CELERY_OK", "the id"))
        compare(name, options)
    exchange = {"exchange": "video", "routing_key": "video"}  # the queue has been declared by now
    app.send_task("proj.tasks.add", [1], task_id="the id", **exchange)
    sent = c.ask("send", "proj.tasks.add", [1], {}, task_id="the id", **exchange)
    equal("exchange: sent", sent["status"], "CELERY_OK")
    compare("exchange and routing key", exchange)
    refused = c.ask("send", "proj.tasks.add", [1], {}, exchange="no such", routing_key="exchange")
    equal("an exchange without queues", refused["status"], "CELERY_ERR_INVALID_OPTION")
    compare("an exchange without queues", {})

    members = [{"task": "proj.tasks.add", "args": [n], "kwargs": {"k": n},
                "options": {"task_id": f"member {n}", "priority": n}} for n in range(3)]
    group([signature(member, app=app) for member in members], app=app).apply_async(task_id="the group", queue="video")
    sent = c.ask("group", members, group_id="the group", queue="video")
    equal("a group: sent", (sent["status"], sent.get("id")), ("CELERY_OK", "the group"))
    # Each member is in its list, and Python makes the last the root's child as ours does.
    compare("a group", {"queue": "video"})
    c.close()

    compare_commands(it, python({}), program({}))

    for name, settings in SETTINGS:
        pools.reset()  # they remember what they have declared
        for one in ours, theirs:
            one.flushdb()
        app, c = python(settings), program(settings)
        for priority in None, 5:
            options = {} if priority is None else {"priority": priority}
            app.send_task("proj.tasks.add", [1], {"k": TEXT}, task_id="the id", **options)
            c.ask("send", "proj.tasks.add", [1], {"k": TEXT}, task_id="the id", **options)
            compare(f"{name}, priority {priority}", {})
        c.close()


run(messages, worker=False)
