"""Tasks that a C program has sent are seen by what watches Celery: `celery inspect` on the command line, and a receiver
of events, as Flower is one. Both see of them what they see of the same tasks of Python's.
"""

import json
import os
import subprocess
import sys
import threading

from _live import HERE, check, equal, run, until
from _workers import Commands, start_workers, until_started

LONG = 60_000
# What no two tasks share, and what the clock and the machine decide.
UNLIKE = {"uuid", "root_id", "timestamp", "local_received", "clock", "runtime", "eta", "expires"}
KINDS = "task-received", "task-started", "task-succeeded", "task-failed", "task-revoked", "task-retried"


class Watcher:
    """Receives all events on a thread, as Flower does, and keeps the state that they make."""

    def __init__(self, app):
        self.state, self.events = app.events.State(), []
        self.connection = app.connection_for_read()
        self.receiver = app.events.Receiver(self.connection, handlers={"*": self.receive})
        self.thread = threading.Thread(target=self.capture, daemon=True)
        self.thread.start()

    def stop(self):
        self.receiver.should_stop = True
        self.thread.join()

    def capture(self):
        with self.receiver.consumer_context():
            for _ in self.receiver.consume(limit=None, timeout=None):
                pass

    def receive(self, event):
        self.state.event(dict(event))
        self.events.append(event)

    def of(self, task_id):
        """The events of a task, in order, without what no two tasks share."""
        found = [event for event in self.events if event.get("uuid") == task_id and event["type"] in KINDS]
        return [{key: value for key, value in event.items() if key not in UNLIKE} for event in found]


def seen(it):
    c = Commands(it)
    [worker] = start_workers(it, w1={"events": True, "concurrency": 3})

    from _tasks import app

    def inspect(*words):
        """What `celery inspect` prints of the worker."""
        command = [sys.executable, "-m", "celery", "-A", "_tasks", "inspect", *words, "--timeout", "20",
                   "--destination", worker.node, "--json"]
        output = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=True,
                                env={**os.environ, "PYTHONWARNINGS": "ignore"}).stdout
        return json.loads(output)[worker.node]

    patterns = it.broker.pubsub_numpat()
    watcher = Watcher(app)
    it.stack.callback(watcher.stop)
    until("events are received", lambda: it.broker.pubsub_numpat() > patterns)

    # ---- events
    def same(name, task, args, kwargs, kinds, **options):
        theirs = app.send_task(task, args, kwargs, **options).id
        ours = c.ask("send", task, json.dumps(args), json.dumps(kwargs), **options)["id"]
        until(f"{name}: all events are there", lambda: len(watcher.of(ours)) == len(watcher.of(theirs)) == len(kinds))
        for found in watcher.of(ours), watcher.of(theirs):
            for event in found:
                for unlike in "pid", "traceback":
                    event.pop(unlike, None)
        equal(f"{name}: the kinds", [event["type"] for event in watcher.of(ours)], kinds)
        equal(f"{name}: the events", watcher.of(ours), watcher.of(theirs))
        ours, theirs = watcher.state.tasks[ours], watcher.state.tasks[theirs]
        equal(f"{name}: what Flower shows", [getattr(ours, field) for field in FIELDS],
              [getattr(theirs, field) for field in FIELDS])
        return ours

    FIELDS = "name", "args", "kwargs", "state", "result", "exception", "retries", "routing_key", "exchange", \
        "parent_id", "ready"
    good = ["task-received", "task-started", "task-succeeded"]
    task = same("success", "_tasks.add", [1, 2], {}, good)
    equal("success: the task", (task.name, task.args, task.result, task.state, task.worker.hostname),
          ("_tasks.add", "[1, 2]", "3", "SUCCESS", worker.node))
    same("keyword arguments and unicode", "_tasks.everything", [["żółw", None]], {"k": {"ł": "\U0001f600"}}, good)
    same("long arguments", "_tasks.length", ["x" * 5000], {}, good)
    same("failure", "_tasks.out_of_stock", ["plums", 2], {}, ["task-received", "task-started", "task-failed"])
    same("expired", "_tasks.add", [1, 2], {}, ["task-revoked"], expires="2020-01-01T00:00:00+00:00")
    same("a child", "_tasks.add", [1, 2], {}, good, parent_id="the parent", root_id="the root")
    same("with retries and priority", "_tasks.add", [1, 2], {}, good, retries=1, priority=3)

    # ---- celery inspect
    by = {"ours": [], "theirs": []}
    for whose in by:
        for options in {}, {"countdown": 3600}:
            by[whose].append(c.ask("send", "_tasks.gated", ["v"], "{}", **options)["id"] if whose == "ours"
                             else app.send_task("_tasks.gated", ["v"], **options).id)
    for whose in by:
        until_started(it, by[whose][0])
        until("it is scheduled", lambda whose=whose: worker.received(by[whose][1]))

    def shown(request):
        return {key: value for key, value in request.items() if key not in ("id", "time_start", "worker_pid")}

    active = {task["id"]: shown(task) for task in inspect("active")}
    check("inspect active: both", set(active) == {by["ours"][0], by["theirs"][0]}, active)
    equal("inspect active: the same", active[by["ours"][0]], active[by["theirs"][0]])
    scheduled = {task["request"]["id"]: (shown(task["request"]), task["priority"]) for task in inspect("scheduled")}
    equal("inspect scheduled: the same", scheduled[by["ours"][1]], scheduled[by["theirs"][1]])
    found = inspect("query_task", *by["ours"])
    equal("inspect query_task", {task_id: where[0] for task_id, where in found.items()},
          {by["ours"][0]: "active", by["ours"][1]: "scheduled"})
    c.ask("revoke", by["ours"][0], terminate=True, wait=True, timeout_ms=LONG)
    until("the event of revoking", lambda: watcher.state.tasks[by["ours"][0]].state == "REVOKED")
    event = next(one for one in watcher.events if one["type"] == "task-revoked" and one["uuid"] == by["ours"][0])
    equal("terminated: the event", (event["terminated"], event["signum"], event["expired"]), (True, 15, False))
    check("inspect revoked", by["ours"][0] in inspect("revoked"))
    equal("the log", worker.complaints(but=("OutOfStock", "Traceback", "exited with 'signal", "Terminated(")), [])
    c.close()


run(seen, worker=False)
