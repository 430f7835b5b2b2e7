"""A real worker executes tasks, a C program waits for them: what it sees is what Python sees."""

import json
import subprocess

from _live import ROOT, check, compile_c, equal, run, until

def results_of_a_worker(it):
    import _tasks
    from _tasks import app
    from celery import chain
    from celery.result import AsyncResult

    def agree(name, task_id, state):
        """C and a fresh Python result say the same of one id, key by key."""
        seen, python = it.c("meta", id=task_id), AsyncResult(task_id, app=app)
        stored = json.loads(it.raw(task_id))
        equal(f"{name}: state", seen["state"], state)
        equal(f"{name}: state in Python", python.state, state)
        equal(f"{name}: value", seen["value"], stored["result"])
        equal(f"{name}: ready, successful, failed, exists",
              [seen["ready"], seen["successful"], seen["failed"], seen["exists"]],
              [python.ready(), python.successful(), python.failed(), python.exists()])
        equal(f"{name}: traceback", seen["traceback"], python.traceback)
        equal(f"{name}: name, args, kwargs, worker, retries, queue",
              [seen["name"], seen["args"], seen["kwargs"], seen["worker"], seen.get("retries"), seen["queue"]],
              [python.name, python.args, python.kwargs, python.worker, python.retries, python.queue])
        equal(f"{name}: date_done", (seen["date_done"], seen.get("date_done_micros")),
              (stored["date_done"], round(python.date_done.timestamp() * 1e6)))
        equal(f"{name}: children", seen["children"],
              None if python.children is None else json.loads(json.dumps([c.as_tuple() for c in python.children])))
        return seen

    # ---- success
    task = _tasks.gated.delay({"text": "zażółć \U0001f600", "big": 2**70, "list": [1.5, None, True]})
    client = it.start("get", id=task.id)
    it.until_waiting(client)
    it.open_gate(task.id)
    end = client.lines()[-1]
    equal("success: get", (end["status"], end["value"]), ("CELERY_OK", task.get(timeout=10)))
    seen = agree("success", task.id, "SUCCESS")
    equal("success: extended fields", (seen["name"], seen["worker"], seen["retries"], seen["queue"]),
          ("_tasks.gated", "live@test", 0, "celery"))
    equal("success: get of a finished task", it.c("get", id=task.id)["value"], end["value"])
    task = _tasks.echo.apply_async(kwargs={"value": [1, {"k": "v"}]})
    equal("success: keyword arguments", (it.c("get", id=task.id)["status"], it.c("meta", id=task.id)["kwargs"]),
          ("CELERY_OK", {"value": [1, {"k": "v"}]}))

    # ---- failure
    task = _tasks.out_of_stock.delay("apples", 3)
    end = it.c("get", id=task.id)
    equal("failure: get", (end["status"], end["task_id"]), ("CELERY_ERR_TASK_FAILED", task.id))
    equal("failure: exception", (end["exc_module"], end["exc_type"], end["exc_args"], end["degraded"]),
          ("_tasks", "OutOfStock", ["apples", 3], False))
    equal("failure: message", end["exc_message"], task.traceback.splitlines()[-1])
    check("failure: traceback", end["traceback"] == task.traceback and "raise OutOfStock(item, count)" in end["traceback"], end)
    end = it.c("get", id=task.id, propagate=0)
    equal("failure: get without propagate", (end["status"], end["is_exception"], end["value"]["exc_type"]),
          ("CELERY_OK", True, "OutOfStock"))
    agree("failure", task.id, "FAILURE")
    task = _tasks.closed.delay()
    end = it.c("get", id=task.id)
    equal("failure: nested class", (end["exc_module"], end["exc_type"], end["exc_message"]),
          ("_tasks", "Warehouse.Closed", "_tasks.Warehouse.Closed: until Monday"))
    agree("failure of a nested class", task.id, "FAILURE")

    # ---- retry, then success
    task = _tasks.third_time.delay()
    client = it.start("get", id=task.id, messages=1)
    it.until_waiting(client)
    retries = []
    while len(retries) < 2:
        it.open_gate(task.id)
        while (message := client.next())["message"] != "RETRY":
            pass
        retries.append(message["value"])
    it.open_gate(task.id)
    end = client.lines()[-1]
    equal("retry: get", (end["status"], end["value"]), ("CELERY_OK", "third"))
    equal("retry: messages", [(value["exc_type"], value["exc_message"]) for value in retries],
          [("KeyError", ["try 0"]), ("KeyError", ["try 1"])])
    equal("retry: retries", agree("retry", task.id, "SUCCESS")["retries"], 2)

    # ---- states of the user's own
    task = _tasks.progress.delay(50)
    client = it.start("get", id=task.id, messages=1)
    it.until_waiting(client)
    it.open_gate(task.id)
    *messages, end = client.lines()
    equal("progress: get", (end["status"], end["value"]), ("CELERY_OK", "done"))
    equal("progress: every state, in order", [m["value"] for m in messages if m["message"] == "PROGRESS"],
          [{"step": step, "of": 50} for step in range(50)])
    check("progress: all of this task", all(m["task_id"] == task.id for m in messages), messages)

    # ---- revoked
    task_id = "revoked-before-it-starts"
    client = it.start("get", id=task_id)
    it.until_waiting(client)
    app.control.revoke(task_id, reply=True, timeout=10, limit=1)
    end = client.lines()[-1]
    equal("revoked: get", (end["status"], end["exc_module"], end["exc_type"], end["exc_args"]),
          ("CELERY_ERR_TASK_REVOKED", "celery.exceptions", "TaskRevokedError", ["revoked"]))
    agree("revoked", task_id, "REVOKED")
    _tasks.add.apply_async((1, 2), task_id=task_id)  # the worker discards it, and writes once more
    until("the task is discarded", lambda: b"live@test" in it.raw(task_id))
    agree("revoked and sent", task_id, "REVOKED")
    # As in Celery, on_message is not called for what the first look finds.
    client = it.start("get", id="terminated", messages=1)
    it.until_waiting(client)
    task = _tasks.gated.apply_async((1,), task_id="terminated")
    while client.next()["message"] != "STARTED":
        pass
    app.control.revoke(task.id, terminate=True)
    end = client.lines()[-1]
    equal("terminated: get", (end["status"], end["exc_type"], end["exc_args"]),
          ("CELERY_ERR_TASK_REVOKED", "TaskRevokedError", ["terminated"]))
    agree("terminated", task.id, "REVOKED")

    # ---- ignored
    # Raising Ignore leaves the record of STARTED, ignore_result none at all.
    for task in (_tasks.raises_ignore.delay(), _tasks.ignored.delay()):
        equal("ignored: times out", it.c("get", id=task.id, timeout=300)["status"], "CELERY_ERR_TIMEOUT")
    equal("ignored: is not found", it.c("get", id=task.id, timeout=20000, absent=300)["status"], "CELERY_ERR_NOT_FOUND")
    seen = it.c("meta", id=task.id)
    equal("ignored: no record", (seen["state"], seen["exists"]), ("PENDING", False))

    # ---- chains: the parents come in the tuple form
    def tuple_of(result):
        return json.dumps(result.as_tuple())

    good = chain(_tasks.add.s(1, 2), _tasks.add.s(3), _tasks.add.s(4)).apply_async()
    equal("chain: get", it.c("get", tuple=tuple_of(good))["value"], 10)
    # A worker sends what follows before it stores the result: the last may be ready before the first is.
    for link in good.parent.parent, good.parent:
        it.c("get", id=link.id)
    seen = agree("chain", good.id, "SUCCESS")
    equal("chain: parent_id", seen["parent_id"], good.parent.id)
    equal("chain: children of the first", [c[0][0] for c in agree("chain's first", good.parent.parent.id, "SUCCESS")["children"]],
          [good.parent.id])
    bad = chain(_tasks.gated_failure.s("root"), _tasks.add.s(3), _tasks.add.s(4)).apply_async()
    client = it.start("get", tuple=tuple_of(bad))
    it.until_waiting(client, channels=3)
    it.open_gate(bad.parent.parent.id)
    end = client.lines()[-1]
    equal("chain: the parent's error while waiting", (end["status"], end["exc_type"], end["exc_args"], end["task_id"]),
          ("CELERY_ERR_TASK_FAILED", "ValueError", ["root"], bad.parent.parent.id))
    end = it.c("get", tuple=tuple_of(bad), timeout=10000)
    equal("chain: the parent's error at once", (end["status"], end["task_id"]),
          ("CELERY_ERR_TASK_FAILED", bad.parent.parent.id))
    # Celery fails the rest of a chain itself. A child that nobody has written about shows that the
    # parents are looked at.
    task = _tasks.gated_failure.delay("parent")
    orphan = json.dumps([["never-sent", [[task.id, None], None]], None])
    client = it.start("get", tuple=orphan)
    it.until_waiting(client, channels=2)
    it.open_gate(task.id)
    for name, end in (("while waiting", client.lines()[-1]), ("at once", it.c("get", tuple=orphan))):
        equal(f"parent: its error {name}", (end["status"], end["exc_args"], end["task_id"]),
              ("CELERY_ERR_TASK_FAILED", ["parent"], task.id))
    equal("parent: not followed", it.c("get", tuple=orphan, timeout=200, follow_parents=0)["status"],
          "CELERY_ERR_TIMEOUT")
    equal("parent: not propagated", it.c("get", tuple=orphan, timeout=200, propagate=0)["status"],
          "CELERY_ERR_TIMEOUT")

    # ---- children
    task = _tasks.spawns.delay()
    equal("children: get", it.c("get", id=task.id)["value"], "spawned")
    children = agree("children", task.id, "SUCCESS")["children"]
    equal("children: a task, then a group of three", [len(child[1] or []) for child in children], [0, 3])
    equal("children: gotten through their tuple", it.c("get", tuple=json.dumps(children[0]))["value"], 3)

    # ---- the example
    program = compile_c(ROOT / "examples-c/wait_redis.c", it.folder)

    def example(task_id, seconds):
        run = subprocess.run([program, it.url, task_id, str(seconds)], capture_output=True, text=True, timeout=60)
        return run.returncode, run.stdout, run.stderr

    equal("wait_redis: success", example(_tasks.echo.delay({"a": [1, 2]}).id, 30), (0, '{"a": [1, 2]}\n', ""))
    status, out, err = example(_tasks.out_of_stock.delay("pears", 1).id, 30)
    check("wait_redis: failure", (status, out) == (1, "") and
          err.startswith("the task failed: _tasks.OutOfStock: ('pears', 1) (class OutOfStock of module _tasks)\n"
                         "Traceback (most recent call last):\n"),
          status, out, err)
    status, out, err = example("no-such-task", 0.2)
    check("wait_redis: timeout", (status, out) == (2, "") and err.startswith("CELERY_ERR_TIMEOUT: "), status, out, err)
    run = subprocess.run([program, "redis://127.0.0.1:1/0", "no-such-task", "0.2"], capture_output=True, text=True, timeout=60)
    watched = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,possible",
               "--errors-for-leak-kinds=definite,possible", program, it.url]
    for name, task_id, status in (("success", _tasks.echo.delay(1).id, 0),
                                  ("failure", _tasks.out_of_stock.delay("pears", 1).id, 1), ("timeout", "nobody", 2)):
        clean = subprocess.run([*watched, task_id, "5"], capture_output=True, text=True, timeout=120)
        check(f"wait_redis under valgrind: {name}", clean.returncode == status, clean.returncode, clean.stderr)
    check("wait_redis: no server", run.returncode == 2 and run.stderr.startswith("CELERY_ERR_UNREACHABLE: "), run)


run(results_of_a_worker)
