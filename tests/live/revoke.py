"""A C program revokes tasks of real workers: while they run, while they wait, one by one, as a group and by their
stamps. Two workers have processes, which a signal ends, and one has threads, which none does.
"""

import contextlib
import threading
import time

from _live import check, equal, run, until
from _workers import Commands, notes, start_workers, until_started

# More than any worker takes; what is over sooner is over because all have answered.
LONG = 60_000
REVOKED = "CELERY_ERR_TASK_REVOKED"
# What a worker says of a process that it was told to end, and of threads that it cannot end.
OF_TERMINATING = "exited with 'signal", "Terminated(", "kill_job", "NotImplementedError", "Traceback"


@contextlib.contextmanager
def watched(it):
    """Gives a list of all commands that reach the server until the end of the block, complete behind it."""
    seen, started = [], threading.Event()

    def watch():
        with it.redis.monitor() as monitor:
            started.set()
            for command in monitor.listen():
                if command["command"] == "ECHO the end of the watch":
                    return
                seen.append(command["command"])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    started.wait()
    yield seen
    it.redis.echo("the end of the watch")
    thread.join()


def revoking(it):
    c, waiter = Commands(it), Commands(it)
    w1, w2, w3 = start_workers(it, w1={}, w2={}, w3={"pool": "threads"})
    nodes = {w1.node, w2.node, w3.node}

    from _tasks import app
    from celery.result import AsyncResult

    def send(task="_tasks.gated", args=("value",), **options):
        return c.ask("send", task, list(args), {}, **options)["id"]

    def start(**options):
        """A task that runs, and a C program that waits for it."""
        task_id = send(**options)
        wait_for(task_id)
        until_started(it, task_id)
        return task_id

    def wait_for(task_id):
        waiter.ask("open", task_id)
        waiter.tell("get", task_id, str(LONG))
        until("the program waits", lambda: it.subscriptions(waiter.name) == 1)

    def revoked(name, task_id, reason):
        """It is for those who wait in C, for those who ask in C, and for Python."""
        answer = waiter.answer()
        exception = {"exception": "celery.exceptions.TaskRevokedError", "args": [reason]}
        equal(f"{name}: the waiter", (answer["status"], answer["outcome"]), (REVOKED, {"raises": exception}))
        equal(f"{name}: the state", c.ask("state", task_id)["state"], "REVOKED")
        equal(f"{name}: the state in Python", AsyncResult(task_id, app=app).state, "REVOKED")

    # ---- a task that runs
    task_id = start(queue="w1")
    answer = c.ask("revoke", task_id, wait=True, timeout_ms=LONG)["value"]
    equal("running, not terminated: the answers", answer, {"heard": 3, "complete": True, "nodes": {
        node: {"ok": f"tasks {{'{task_id}'}} flagged as revoked"} for node in nodes}})
    it.open_gate(task_id)
    equal("running, not terminated: it ends well", waiter.answer()["outcome"], "value")

    for name, options, number in (("default", {}, 15), ("KILL", {"signal": "KILL"}, 9),
                                  ("SIGUSR2", {"signal": "SIGUSR2"}, 12), ("9", {"signal": 9}, 9)):
        name = f"running, terminated by signal {name}"
        task_id = start(queue="w1")
        before = time.monotonic()
        answer = c.ask("revoke", task_id, terminate=True, wait=True, timeout_ms=LONG, **options)["value"]
        check(f"{name}: as soon as all have answered", time.monotonic() - before < LONG / 2000)
        expected = {node: {"ok": "terminate: tasks unknown"} for node in nodes}
        equal(f"{name}: the answers", answer, {
            "heard": 3, "complete": True, "nodes": {**expected, w1.node: {"ok": f"terminate: {task_id}"}}})
        revoked(name, task_id, "terminated")
        check(f"{name}: the signal", f"Terminating {task_id} ({number})" in w1.log(), w1.log()[-2000:])
    for wrong in "NOSUCH", "65", "0":
        answer = c.ask("revoke", task_id, terminate=True, signal=wrong)
        check(f"the signal {wrong} is none", answer["status"] == "CELERY_ERR_INVALID_ARGUMENT", answer)

    # ---- threads cannot be ended
    task_id = start(queue="w3")
    answer = c.ask("revoke", task_id, terminate=True, wait=True, timeout_ms=LONG)["value"]
    equal("threads: who answers", set(answer["nodes"]), nodes)
    check("threads: an error", answer["complete"] and list(answer["nodes"][w3.node]) == ["error"], answer)
    it.open_gate(task_id)
    equal("threads: the task ends well", waiter.answer()["outcome"], "value")
    equal("threads: the worker goes on", c.ask("get", send("_tasks.add", (1, 2), queue="w3"), LONG)["outcome"], 3)

    # ---- a task that waits
    busy = [send(queue="w1") for _ in range(2)]
    for task_id in busy:
        until_started(it, task_id)
    reserved = send("_tasks.note", ("waits", "revoked"), queue="w1")
    until("the worker holds it", lambda: w1.received(reserved))
    wait_for(reserved)
    c.ask("revoke", reserved, wait=True, timeout_ms=LONG)
    revoked("held by a worker", reserved, "revoked")
    nobody = send("_tasks.note", ("waits", "never"), queue="nobody")
    wait_for(nobody)
    equal("in a queue: without waiting", c.ask("revoke", nobody)["value"],
          {"heard": 3, "complete": False, "nodes": {}})
    revoked("in a queue", nobody, "revoked")
    after = send("_tasks.note", ("waits", "after"), queue="w1")
    scheduled = send("_tasks.note", ("waits", "scheduled"), queue="w1", countdown=0.5)
    until("the worker has it", lambda: w1.received(scheduled))
    c.ask("revoke", scheduled, wait=True, timeout_ms=LONG)
    for task_id in busy:
        it.open_gate(task_id)
        equal("what ran goes on", c.ask("get", task_id, LONG)["outcome"], "value")
    until("the scheduled task is discarded", lambda: f"Discarding revoked task: _tasks.note[{scheduled}]" in w1.log())
    until("the later task has run", lambda: f"[{after}] succeeded" in w1.log())
    equal("what was revoked has not run", notes(it, "waits"), ["after"])

    # ---- who is told
    task_id = send(queue="nobody")
    equal("one destination: the answers", c.ask("revoke", task_id, wait=True, timeout_ms=LONG,
                                               destination=[w2.node])["value"],
          {"heard": 3, "complete": True, "nodes": {w2.node: {"ok": f"tasks {{'{task_id}'}} flagged as revoked"}}})
    by_node = app.control.inspect().revoked()
    equal("one destination: who knows", [node for node in by_node if task_id in by_node[node]], [w2.node])
    answer = c.ask("revoke", task_id, wait=True, timeout_ms=LONG, destination=[w3.node, w1.node])["value"]
    equal("two destinations", (answer["complete"], set(answer["nodes"])), (True, {w3.node, w1.node}))
    before = time.monotonic()
    answer = c.ask("revoke", task_id, wait=True, timeout_ms=1000, destination=["nobody@test"])["value"]
    equal("a destination that is nobody", answer, {"heard": 3, "complete": False, "nodes": {}})
    check("a destination that is nobody: the whole time", time.monotonic() - before >= 1)

    # ---- many tasks
    members = [{"task": "_tasks.gated", "args": [n], "options": {"queue": "nobody"}} for n in range(50)]
    group = c.ask("group", members)["id"]
    with watched(it) as commands:
        answer = c.ask("revoke", group, wait=True, timeout_ms=LONG)["value"]
    equal("a group: who answers", (answer["complete"], set(answer["nodes"])), (True, nodes))
    broadcasts = [command for command in commands if command.startswith("PUBLISH /0.celery.pidbox")]
    equal("a group: one broadcast", len(broadcasts), 1)
    equal("a group: all are revoked", (c.ask("get", group, LONG)["status"]), REVOKED)
    ids = [c.ask("send", "_tasks.note", ["set", "ran"], {}, queue="nobody")["id"] for _ in range(3)]
    c.ask("set", "a set", *ids)
    with watched(it) as commands:
        answer = c.ask("revoke", "a set", wait=True, timeout_ms=LONG)["value"]
    equal("a set: who answers", (answer["complete"], set(answer["nodes"])), (True, nodes))
    equal("a set: one broadcast", len([one for one in commands if one.startswith("PUBLISH /0.celery.pidbox")]), 1)
    equal("a set: all are revoked", [c.ask("state", one)["state"] for one in ids], ["REVOKED"] * 3)

    # ---- by stamps
    stamped = {"stamped_headers": ["batch"], "queue": "w1"}
    green = send(stamps={"batch": "green"}, **stamped)
    until_started(it, green)
    blue = start(stamps={"batch": "blue"}, **stamped)
    waits = send("_tasks.echo", ("blue",), stamps={"batch": ["red", "blue"]}, **stamped)
    until("the worker holds it", lambda: w1.received(waits))
    answer = c.ask("stamped", {"batch": ["blue", "black"]}, terminate=True, wait=True, timeout_ms=LONG)["value"]
    equal("stamps: who answers", (answer["complete"], set(answer["nodes"])), (True, nodes))
    revoked("stamps: what ran", blue, "terminated")
    equal("stamps: what waited", c.ask("get", waits, LONG)["status"], REVOKED)
    it.open_gate(green)
    equal("stamps: other stamps", c.ask("get", green, LONG)["outcome"], "value")
    answer = c.ask("stamped", {"batch": "white"}, wait=True, timeout_ms=LONG)["value"]
    equal("stamps: Celery's words", answer["nodes"],
          {node: {"ok": "headers {'batch': 'white'} flagged as revoked, but not terminated"} for node in nodes})

    for worker in w1, w2, w3:
        equal(f"the log of {worker.node}", worker.complaints(but=OF_TERMINATING), [])
        equal(f"connections of {worker.node}", worker.log().count("Connected to redis://"), 1)
    equal("what is left of the answers", it.broker.keys("*reply.celery.pidbox*"), [])
    c.close()
    waiter.close()


run(revoking, worker=False)
