"""A C program stores what a worker would, and Python reads it: a `get` that is already waiting
wakes and agrees, and the bytes are those that Python's own backend writes for the same data.
"""

import json
import re
import threading

from _live import check, equal, in_background, run

TRACEBACK = 'Traceback (most recent call last):\n  File "żółw.py", line 1, in f\nValueError: x\n'
EXTENDED = {"name": "shop.order", "args": '["a", 2]', "kwargs": '{"k": [null, 1.5]}', "worker": "c@host",
            "retries": 3, "queue": "orders"}


class Waiter:
    """A Python `get` on a thread that has been seen to wait: a message reached its callback."""

    def __init__(self, it, app, task_id):
        self.messages = []
        self.awake = threading.Event()
        self.result = app.AsyncResult(task_id)
        self.join = in_background(self.result.get, timeout=30, propagate=False, on_message=self.on_message)
        it.until_subscribed(task_id)
        equal(f"{task_id}: PROGRESS is stored",
              it.c("store", id=task_id, state="PROGRESS", value='{"done": 0.5, "of": ["a", null]}')["stored"], True)
        check(f"{task_id}: a waiting get sees it", self.awake.wait(30))

    def on_message(self, meta):
        self.messages.append((meta["status"], meta["result"]))
        self.awake.set()


def stored_by_c(it):
    from _tasks import app
    from celery.app.task import Context
    from celery.exceptions import TaskRevokedError
    from celery.result import GroupResult

    def python_stores(task_id, result, state, traceback=None, request=None):
        app.backend.store_result(task_id, result, state, traceback=traceback, request=request)
        return it.raw(task_id)

    def extended(on):
        app.conf.result_extended = on
        return {"option_result_extended": "true" if on else "false"}

    def request(**fields):
        """What a worker knows of a task that it executes."""
        return Context({"_children": fields.pop("children", []), "delivery_info": {"routing_key": fields.pop("queue", None)}, **fields})

    def normal(raw, task_id):
        """The text without what must differ: the id and the time."""
        time = rb'"date_done": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"'
        return re.sub(time, b'"date_done": TIME', raw).replace(task_id.encode(), b"ID")

    # ---- a waiting get wakes, for each way to end
    extended(False)
    for name, stored, expected in (
            ("value", {"state": "SUCCESS", "value": '{"a": [1, 2.5, "\\u017c\\ud83d\\ude00", null]}'},
             {"a": [1, 2.5, "ż\U0001f600", None]}),
            ("null", {"state": "SUCCESS"}, None),
            ("nan", {"state": "SUCCESS", "value": "[Infinity, -Infinity, 1180591620717411303424]"},
             [float("inf"), float("-inf"), 2**70]),
            ("failure", {"state": "FAILURE", "exc_type": "ValueError", "exc_module": "builtins",
                         "exc_args": '["x", 1]', "traceback": TRACEBACK}, ValueError("x", 1)),
            ("revoked", {"state": "REVOKED", "exc_type": "TaskRevokedError", "exc_module": "celery.exceptions",
                         "exc_args": '["revoked"]'}, TaskRevokedError("revoked"))):
        waiter = Waiter(it, app, f"wakes-{name}")
        it.c("store", id=waiter.result.id, **stored)
        value = waiter.join()
        equal(f"{name}: get", (type(value), getattr(value, "args", value)),
              (type(expected), getattr(expected, "args", expected)))
        equal(f"{name}: messages", [state for state, _ in waiter.messages], ["PROGRESS", stored["state"]])
        equal(f"{name}: PROGRESS meta", waiter.messages[0][1], {"done": 0.5, "of": ["a", None]})
        python = waiter.result
        equal(f"{name}: state, traceback", (python.state, python.traceback), (stored["state"], stored.get("traceback")))
        equal(f"{name}: date_done is UTC", python.date_done.utcoffset().total_seconds(), 0)

    # ---- STARTED, RETRY and then a success with everything
    waiter = Waiter(it, app, "everything")
    children = [app.AsyncResult("child", parent=app.AsyncResult("everything")),
                GroupResult("group", [app.AsyncResult("m1"), app.AsyncResult("m2")], app=app)]
    tuples = [json.dumps(child.as_tuple()) for child in children]
    it.c("store", id="everything", state="STARTED", value='{"pid": 7, "hostname": "c@host"}')
    it.c("store", id="everything", state="RETRY", exc_type="KeyError", exc_module="builtins", exc_args='["k"]',
         traceback=TRACEBACK)
    equal("everything: RETRY in Python", (app.AsyncResult("everything").state, repr(app.AsyncResult("everything").result)),
          ("RETRY", "KeyError('k')"))
    it.c("store", id="everything", state="SUCCESS", value="42", child=tuples, group_id="the-group",
         parent_id="the-parent", **EXTENDED, **extended(True))
    equal("everything: get", waiter.join(), 42)
    equal("everything: messages", [state for state, _ in waiter.messages], ["PROGRESS", "STARTED", "RETRY", "SUCCESS"])
    for name, python in (("waiting", waiter.result), ("fresh", app.AsyncResult("everything"))):
        equal(f"everything: children, {name}", [(type(c).__name__, c.as_tuple()) for c in python.children],
              [(type(c).__name__, c.as_tuple()) for c in children])
        equal(f"everything: extended fields, {name}",
              [python.name, python.args, python.kwargs, python.worker, python.retries, python.queue],
              ["shop.order", ["a", 2], {"k": [None, 1.5]}, "c@host", 3, "orders"])

    # ---- SUCCESS is sticky, other states are not
    equal("sticky: SUCCESS stays", it.c("store", id="everything", state="FAILURE", exc_type="E", exc_module="m")["stored"], False)
    equal("sticky: state in Python", app.AsyncResult("everything").state, "SUCCESS")
    equal("sticky: FAILURE does not stay", it.c("store", id="wakes-failure", state="PROGRESS")["stored"], True)

    # ---- the bytes
    extended_request = {"task": "shop.order", "args": ["a", 2], "kwargs": {"k": [None, 1.5]}, "hostname": "c@host",
                        "retries": 3, "queue": "orders"}
    failure = {"state": "FAILURE", "exc_type": "ValueError", "exc_module": "builtins", "exc_args": '["\\u017c", [1, 2]]',
               "traceback": TRACEBACK}
    for name, on, c_stores, python in (
            ("success", False, {"state": "SUCCESS", "value": '{"z": 1, "a": [1.5, 1e+16, "\\u017c\\"\\\\/", true]}',
                                "children": "none"},
             ({"z": 1, "a": [1.5, 1e16, 'ż"\\/', True]}, "SUCCESS", None, request())),
            ("success by hand", False, {"state": "SUCCESS", "value": "3"}, (3, "SUCCESS")),
            ("failure", False, {**failure, "children": "none"},
             (ValueError("ż", [1, 2]), "FAILURE", TRACEBACK, request())),
            ("no arguments", False, {"state": "FAILURE", "exc_type": "ValueError", "exc_module": "builtins"},
             (ValueError(), "FAILURE")),
            ("retry", False, {"state": "RETRY", "exc_type": "KeyError", "exc_module": "builtins", "exc_args": '["k"]',
                              "traceback": TRACEBACK, "children": "none"},
             (KeyError("k"), "RETRY", TRACEBACK, request())),
            ("retry without an exception", False, {"state": "RETRY", "traceback": TRACEBACK, "children": "none"},
             (None, "RETRY", TRACEBACK, request())),
            ("started", False, {"state": "STARTED", "value": '{"pid": 7, "hostname": "h"}', "children": "none"},
             ({"pid": 7, "hostname": "h"}, "STARTED", None, request())),
            ("revoked", False, {"state": "REVOKED", "exc_type": "TaskRevokedError", "exc_module": "celery.exceptions",
                                "exc_args": '["terminated"]'},
             (TaskRevokedError("terminated"), "REVOKED")),
            ("custom", False, {"state": "PROGRESS", "value": '{"done": 1}', "children": "none"},
             ({"done": 1}, "PROGRESS", None, request())),
            ("children", False, {"state": "SUCCESS", "value": "1", "child": tuples},
             (1, "SUCCESS", None, request(children=children))),
            ("parent and group", False, {"state": "SUCCESS", "value": "1", "children": "none", "group_id": "g",
                                         "parent_id": "p"},
             (1, "SUCCESS", None, request(group="g", parent_id="p"))),
            ("extended", True, {"state": "SUCCESS", "value": "1", "children": "none", "group_id": "g", "parent_id": "p",
                                **EXTENDED},
             (1, "SUCCESS", None, request(group="g", parent_id="p", **extended_request))),
            ("extended failure", True, {**failure, "child": tuples, **EXTENDED},
             (ValueError("ż", [1, 2]), "FAILURE", TRACEBACK, request(**{**extended_request, "children": children})))):
        key = name.replace(" ", "-")
        options = extended(on)
        with it.redis.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(f"celery-task-meta-c-{key}")
            channel.get_message(timeout=10)  # the confirmation
            it.c("store", id=f"c-{key}", **c_stores, **options)
            message = channel.get_message(timeout=10)
        found = it.raw(f"c-{key}")
        equal(f"bytes: {name}", normal(found, f"c-{key}"),
              normal(python_stores(f"python-{key}", *python), f"python-{key}"))
        equal(f"bytes: {name}: published as stored", message and message["data"], found)
    check("bytes: both expire after a day",
          all(86_000 < it.redis.ttl(f"celery-task-meta-{who}-success") <= 86_400 for who in ("c", "python")))
    it.c("store", id="expires", state="SUCCESS", option_result_expires="90")
    check("bytes: result_expires", 80 < it.redis.ttl("celery-task-meta-expires") <= 90)
    it.c("store", id="stays", state="SUCCESS", option_result_expires="null")
    equal("bytes: no result_expires", it.redis.ttl("celery-task-meta-stays"), -1)


run(stored_by_c, worker=False)
