"""A C program asks real workers: what they do, where a task is, and what comes of it when workers are frozen or dead
and when the program itself is killed. Answers are those that Python's `app.control` gets.
"""

import json
import time

from _live import check, equal, run, until
from _workers import Commands, start_workers, until_started

# More than any worker takes.
LONG = 60_000
# More than a worker takes that is there, where the whole time passes as one is not.
SHORT = 3_000
# What changes from one question to the next.
CHANGING = {"uptime", "rusage", "clock"}


def control(it):
    c = Commands(it)
    w1, w2 = start_workers(it, w1={}, w2={"pool": "threads"})
    nodes = {w1.node, w2.node}

    from _tasks import app

    def send(task="_tasks.gated", args=("value",), **options):
        return c.ask("send", task, list(args), {}, **options)["id"]

    def ask(method, *, timeout_ms=LONG, program=c, **arguments):
        options = {key: arguments.pop(key) for key in ["destination"] if key in arguments}
        answer = program.ask("control", method, json.dumps(arguments), timeout_ms=timeout_ms, **options)
        equal(f"{method}: the status", (answer["status"], answer["error"]), ("CELERY_OK", ""))
        return answer["value"]

    # ---- what is where
    running = [send(queue=name) for name in ("w1", "w1", "w2", "w2")]
    for task_id in running:
        until_started(it, task_id)
    reserved, scheduled = send(queue="w1"), send(queue="w2", countdown=3600)
    until("the workers hold them", lambda: w1.received(reserved) and w2.received(scheduled))
    finished = send("_tasks.add", (1, 2), queue="nobody")
    c.ask("revoke", finished, wait=True, timeout_ms=LONG)
    unknown = send(queue="nobody")

    # ---- the same answers as Python's
    inspect = app.control.inspect([w1.node, w2.node])  # it knows when all have answered
    for method in "ping", "active", "reserved", "scheduled", "revoked", "registered", "active_queues":
        answer = ask(method)
        equal(f"{method}: all have answered", (answer["heard"], answer["complete"]), (2, True))
        equal(f"{method}: as Python", answer["nodes"], getattr(inspect, method)())
    python = inspect.query_task(*running, reserved, scheduled, unknown)
    equal("query_task: as Python", ask("query_task", ids=[*running, reserved, scheduled, unknown])["nodes"], python)
    equal("query_task: what it says",
          {task_id: where[0] for node in python.values() for task_id, where in node.items()},
          {**dict.fromkeys(running, "active"), reserved: "reserved", scheduled: "scheduled"})
    ours, python = ask("stats")["nodes"], inspect.stats()
    steady = lambda stats: {node: {key: value for key, value in its.items() if key not in CHANGING}
                            for node, its in stats.items()}
    equal("stats: as Python", steady(ours), steady(python))
    equal("stats: all of it", {node: set(its) for node, its in ours.items()},
          {node: set(its) for node, its in python.items()})
    equal("active: of one worker", set(ask("active", destination=[w2.node])["nodes"]), {w2.node})
    equal("a command that does something", ask("rate_limit", task_name="_tasks.add", rate_limit="100/s")["nodes"],
          {node: {"ok": "new rate limit set successfully"} for node in nodes})
    equal("a command that cannot", ask("rate_limit", task_name="_tasks.add", rate_limit="many")["nodes"],
          app.control.broadcast("rate_limit", {"task_name": "_tasks.add", "rate_limit": "many"}, reply=True)
          and {node: {"error": "Invalid rate limit string: ValueError(\"could not convert string to float: 'many'\")"}
               for node in nodes})
    equal("a command that there is not", ask("no_such_thing")["nodes"],
          {node: {"error": "KeyError('no_such_thing')"} for node in nodes})
    equal("nobody is waited for", ask("ping", timeout_ms=0), {"heard": 2, "complete": False, "nodes": {}})

    # ---- locate
    def locate(task_id, *, timeout_ms=LONG):
        found = c.ask("locate", task_id, str(timeout_ms))
        equal(f"locate: the status, {found.get('place')}", found["status"], "CELERY_OK")
        return found

    for task_id, place, node in ((running[0], "running", w1.node), (running[3], "running", w2.node),
                                 (reserved, "reserved", w1.node), (scheduled, "scheduled", w2.node)):
        found = locate(task_id)
        equal(f"locate: {place} on {node}", (found["place"], found["value"]["node"], found["value"]["heard"]),
              (place, node, 2))
    found = locate(unknown)
    equal("locate: in a queue that nobody serves", (found["place"], found["value"]),
          ("unknown", {"heard": 2, "complete": True, "nodes": {node: {} for node in nodes}}))
    equal("locate: finished", (lambda found: (found["place"], found["value"]))(locate(finished)), ("finished", None))

    # ---- a worker that hangs
    w2.freeze()
    before = time.monotonic()
    found = locate(running[0])
    equal("a frozen worker: locate", (found["place"], found["value"]["node"], found["value"]["complete"]),
          ("running", w1.node, False))
    check("a frozen worker: locate does not wait for it", time.monotonic() - before < LONG / 1000)
    asked = [Commands(it) for _ in range(3)]
    for program in asked[1:]:
        program.ask("open", running[0] if program is asked[1] else reserved)
    before = time.monotonic()
    asked[0].tell("control", "ping", "{}", timeout_ms=SHORT)
    asked[1].tell("revoke", running[0], wait=True, timeout_ms=SHORT)
    asked[2].tell("locate", reserved, str(SHORT))
    ping, revoked, located = [program.answer() for program in asked]
    check("a frozen worker: no longer than the timeout", SHORT / 1000 <= time.monotonic() - before < 30)
    equal("a frozen worker: the other answers", ping["value"],
          {"heard": 2, "complete": False, "nodes": {w1.node: {"ok": "pong"}}})
    equal("a frozen worker: revoke", revoked["value"],
          {"heard": 2, "complete": False, "nodes": {w1.node: {"ok": f"tasks {{'{running[0]}'}} flagged as revoked"}}})
    equal("a frozen worker: locate what it might run",
          (located["place"], located["value"]["node"], located["value"]["complete"]), ("reserved", w1.node, False))
    found = locate(running[3], timeout_ms=1000)
    equal("a frozen worker: locate what it has", (found["place"], found["value"]["complete"]), ("unknown", False))
    for program in asked:
        program.close()
    w2.thaw()
    equal("a thawed worker answers", set(ask("ping")["nodes"]), nodes)
    until("a thawed worker has heard all", lambda: f"Tasks flagged as revoked: {running[0]}" in w2.log())
    for task_id in running[2:]:
        it.open_gate(task_id)
        equal("a thawed worker goes on", c.ask("get", task_id, LONG)["outcome"], "value")
    of_wrong = "no_such_thing", "Traceback"
    left_alone = w2.complaints(but=of_wrong)

    # ---- a worker that dies
    w2.kill()
    before = time.monotonic()
    answer = ask("ping", timeout_ms=SHORT)
    check("a dead worker: no longer than the timeout", time.monotonic() - before < 30)
    equal("a dead worker: the other answers", answer["nodes"], {w1.node: {"ok": "pong"}})
    equal("a dead worker: is missed or not heard", answer["complete"], answer["heard"] == 1)
    until("the server knows that it is dead", lambda: ask("ping", timeout_ms=0)["heard"] == 1)
    answer = ask("ping")
    equal("without it: complete", (answer["heard"], answer["complete"]), (1, True))

    # ---- what is left of a program that is killed
    def left():
        """Bindings of queues for answers, and such queues."""
        return (it.broker.smembers("_kombu.binding.reply.celery.pidbox"), it.broker.keys("*.reply.celery.pidbox"))

    before = left()
    for _ in range(100):
        c.tell("revoke", unknown, wait=True, timeout_ms=LONG)
    equal("a hundred revokes: all answered",
          {json.dumps(c.answer()["value"]["nodes"][w1.node]) for _ in range(100)},
          {json.dumps({"ok": f"tasks {{'{unknown}'}} flagged as revoked"})})
    equal("a hundred revokes: nothing is left", left(), before)
    c.tell("control", "ping", "{}", timeout_ms=LONG, destination=["nobody@test"])
    until("it waits for answers", lambda: left() != before)
    c.process.kill()
    c.process.wait()
    bindings, queues = left()
    bindings -= before[0]
    queues = [queue for queue in queues if not queue.startswith(b"_kombu.") and queue not in before[1]]
    equal("killed: what is left", (len(bindings), len(queues)), (1, 1))
    check("killed: the queue vanishes", 0 < it.broker.ttl(queues[0]) <= LONG / 1000 + 61, it.broker.ttl(queues[0]))
    deadline = it.broker.zscore("_kombu.binding_deadlines", "reply.celery.pidbox")
    check("killed: the binding vanishes", 0 < deadline / 1000 - time.time() < 3700, deadline)
    other = Commands(it)
    equal("killed: others go on", ask("ping", program=other)["nodes"], {w1.node: {"ok": "pong"}})
    other.close()

    equal("the logs", (w1.complaints(but=of_wrong), left_alone), ([], []))
    equal("connections", w1.log().count("Connected to redis://"), 1)


run(control, worker=False)
