"""A C program sends tasks with everything that Celery's `send_task` takes, and a real worker executes them as it does
those of Python: at their time, in their order, from their queue, and with the same request.
"""

import json
import time

from _live import check, equal, in_background, run, until
from _workers import Commands, notes, start_workers, until_started

LONG = 60_000
TEXT = "zażółć gęślą \U0001f600 \"quoted\" it's \\ \n\t\x7f \u2028 ключ"
# What no two requests share.
UNLIKE = {"id", "root_id", "correlation_id", "reply_to", "origin", "eta", "expires"}
# The worker decides; a task for the past, or for nobody's sake.
OF_EXPIRING = ("has expired", "Discarding")


def sending(it):
    c = Commands(it)
    w1, late = start_workers(
        it, w1={"settings": {"accept_content": ["json", "pickle", "yaml", "msgpack"]}},
        late={"concurrency": 1, "settings": {"worker_prefetch_multiplier": 1}})

    from _tasks import app
    from celery.result import AsyncResult

    def send(task, args=(), kwargs=None, **options):
        sent = c.ask("send", task, list(args), json.dumps(kwargs or {}), **options)
        equal(f"{task} is sent", (sent["status"], sent["error"]), ("CELERY_OK", ""))
        return sent["id"]

    def get(task_id):
        answer = c.ask("get", task_id, str(LONG))
        return answer["outcome"] if answer["status"] == "CELERY_OK" else answer

    def serve(queue):
        """Lets the worker `late` take tasks from a queue that nobody has served."""
        answer = c.ask("control", "add_consumer", json.dumps({"queue": queue}), timeout_ms=LONG,
                       destination=[late.node])
        equal(f"{queue}: is served", answer["value"]["nodes"], {late.node: {"ok": f"add consumer {queue}"}})

    # ---- arguments
    equal("no arguments", get(send("_tasks.everything")), [[], {}])
    values = [1, -2.5, None, True, 2**70, TEXT, [[], {}], {"a": {"b": [1, 2]}}]
    equal("all kinds of arguments", get(send("_tasks.everything", values, {"x": values, "ключ": TEXT})),
          [values, {"x": values, "ключ": TEXT}])
    megabyte = "ż1" * 2**18 + "x" * 2**19
    equal("an argument of a megabyte", get(send("_tasks.length", [megabyte])), len(megabyte))
    equal("the same with compression", get(send("_tasks.length", [megabyte], compression="gzip")), len(megabyte))
    for serializer in "json", "pickle", "yaml", "msgpack":
        for compression in None, "gzip", "bzip2", "lzma", "brotli", "zstd":
            equal(f"{serializer}, {compression}",
                  get(send("_tasks.everything", [TEXT, 1.5, None], {"k": [TEXT]}, serializer=serializer, queue="w1",
                           **({"compression": compression} if compression else {}))),
                  [[TEXT, 1.5, None], {"k": [TEXT]}])

    # ---- requests: what the worker knows is what it knows of a task of Python's
    def requests(name, expected=None, *, stamps=None, **options):
        stamped = {"stamped_headers": list(stamps), "stamps": stamps} if stamps else {}
        python = {"stamped_headers": list(stamps), **stamps} if stamps else {}
        theirs = app.send_task("_tasks.request", queue="w1", **options, **python).get(timeout=60)
        ours = get(send("_tasks.request", queue="w1", **options, **stamped))
        equal(f"{name}: the request", {key: ours[key] for key in ours if key not in UNLIKE},
              {key: theirs[key] for key in theirs if key not in UNLIKE})
        equal(f"{name}: what it has", {key: ours[key] for key in expected or {}}, expected or {})
        return ours

    ours = requests("plain")
    equal("plain: its own root", (ours["root_id"], ours["correlation_id"], ours["parent_id"]),
          (ours["id"], ours["id"], None))
    check("plain: an origin", ours["origin"].startswith(f"gen{c.process.pid}@"), ours["origin"])
    requests("time limits", {"timelimit": [30, 12.5]}, time_limit=30, soft_time_limit=12.5)
    requests("headers", headers={"tenant": TEXT, "n": [1]})
    requests("retries and priority", {"retries": 2}, retries=2, priority=4)
    requests("stamps", {"stamps": {"batch": ["a", "b"], "who": ["me"]}, "stamped_headers": ["batch", "who"]},
             stamps={"batch": ["a", "b"], "who": ["me"]})
    ours = requests("root and parent", {"root_id": "the root", "parent_id": "the parent"},
                    root_id="the root", parent_id="the parent")
    requests("reply_to", {"reply_to": "my queue"}, reply_to="my queue")
    requests("reprs", {"argsrepr": "(hidden)", "kwargsrepr": "{hidden}"}, argsrepr="(hidden)", kwargsrepr="{hidden}")
    requests("group", {"group": "the group"}, group_id="the group", group_index=3)
    requests("shadow", shadow="another name")

    # ---- time
    before = time.time()
    sent = send("_tasks.request", countdown=0.5, queue="w1")
    eta = get(sent)["eta"]
    check("countdown: not before its time", time.time() - before >= 0.5)
    check("countdown: the worker has scheduled it", f"[{sent}] received" in w1.log() and eta is not None, eta)
    equal("eta in the past", get(send("_tasks.request", eta="2020-01-02T03:04:05+00:00"))["eta"],
          "2020-01-02T03:04:05+00:00")
    equal("eta as Unix time", get(send("_tasks.request", eta=1577934245.5))["eta"][:22], "2020-01-02T03:04:05.50")
    expired = [send("_tasks.echo", [1], expires="2020-01-02T03:04:05+00:00"),
               send("_tasks.echo", [2], expires=0.1, queue="expiring")]
    passed = time.monotonic() + 0.1
    fresh = send("_tasks.echo", ["fresh"], expires=3600, queue="expiring")
    until("it has expired", lambda: time.monotonic() > passed)
    serve("expiring")
    for number, task_id in enumerate(expired):
        answer = get(task_id)
        equal(f"expired {number}", (answer["status"], answer["outcome"]),
              ("CELERY_ERR_TASK_REVOKED", {"raises": {
                  "exception": "celery.exceptions.TaskRevokedError", "args": ["expired"]}}))
    equal("not expired", get(fresh), "fresh")

    # ---- order
    for priority in 9, 0, 3, 6, 1, 8, 4, 2, 7, 5, None:
        send("_tasks.note", ["order", "none" if priority is None else priority], queue="ordered",
             **({} if priority is None else {"priority": priority}))
    serve("ordered")
    until("all have run", lambda: len(notes(it, "order")) == 11)
    # Redis has four lists: 0 to 2, 3 to 5, 6 to 8 and 9.
    equal("priority: the order", notes(it, "order"), "0 1 2 none 3 4 5 6 8 7 9".split())

    # ---- ways
    routed = Commands(it, task_routes=json.dumps({"_tasks.req*": {"queue": "late"}, "_tasks.note": "w1"}))
    sent = routed.ask("send", "_tasks.request", "[]", "{}")["id"]
    equal("task_routes: the way", routed.ask("get", sent, str(LONG))["outcome"]["hostname"], late.node)
    sent = routed.ask("send", "_tasks.request", "[]", "{}", queue="w1")["id"]
    equal("task_routes: the call goes before", routed.ask("get", sent, str(LONG))["outcome"]["hostname"], w1.node)
    routed.close()
    request = get(send("_tasks.request", exchange="late", routing_key="late"))
    equal("exchange and routing_key", (request["hostname"], request["delivery_info"]["routing_key"]),
          (late.node, "late"))
    answer = c.ask("send", "_tasks.add", "[1, 2]", "{}", exchange="none", routing_key="such")
    equal("an exchange that there is not", answer["status"], "CELERY_ERR_INVALID_OPTION")
    mine = Commands(it, task_default_queue="late")
    sent = mine.ask("send", "_tasks.request", "[]", "{}")["id"]
    equal("task_default_queue", mine.ask("get", sent, str(LONG))["outcome"]["hostname"], late.node)
    mine.close()

    # ---- what follows
    note = {"task": "_tasks.note", "immutable": True}
    sent = send("_tasks.add", [1, 2], link={**note, "args": ["links", "good"]},
                link_error={**note, "args": ["links", "bad"]})
    equal("link: the task", get(sent), 3)
    until("link: it follows", lambda: notes(it, "links") == ["good"])
    equal("link: Python knows the child", len(AsyncResult(sent, app=app).children), 1)
    send("_tasks.out_of_stock", ["plums", 1], link={**note, "args": ["links", "good"]},
         link_error=[{**note, "args": ["links", "bad"]}])
    until("link_error: it follows", lambda: notes(it, "links") == ["good", "bad"])
    sent = send("_tasks.add", [1, 2], link=[{"task": "_tasks.add", "args": [10], "options": {"task_id": "the sum"}}])
    c.ask("open", "the sum")
    equal("link: takes the value", get("the sum"), 13)
    send("_tasks.add", [1, 2], chain=[{"task": "_tasks.add", "args": [100], "options": {"task_id": "the chain's end"}},
                                      {"task": "_tasks.add", "args": [10]}])
    c.ask("open", "the chain's end")
    equal("chain: the last goes first", get("the chain's end"), 113)

    # ---- results
    sent = send("_tasks.add", [1, 2], ignore_result=True, queue="w1")
    until("it has run", lambda: f"[{sent}] succeeded" in w1.log())
    equal("ignore_result: no record", it.raw(sent), None)
    equal("ignore_result: nothing to wait for", get(sent), None)
    waiting = send("_tasks.gated", ["slow"])
    join = in_background(get, waiting)
    until_started(it, waiting)
    it.open_gate(waiting)
    equal("a wait of the handle that sending gave", join(), "slow")
    answer = get(send("_tasks.out_of_stock", ["apples", 3]))
    equal("a failure", answer["outcome"], {"raises": {"exception": "_tasks.OutOfStock", "args": ["apples", 3]}})
    answer = c.ask("send", "no.such.task", "[]", "{}", queue="late")
    equal("a task that there is not", c.ask("get", answer["id"], str(LONG))["outcome"]["raises"]["exception"],
          "celery.exceptions.NotRegistered")

    # ---- a group
    group = c.ask("group", [{"task": "_tasks.add", "args": [n, n]} for n in range(20)])["id"]
    equal("a group: its values in order", get(group), [2 * n for n in range(20)])
    group = c.ask("group", [{"task": "_tasks.request", "options": {"queue": queue}} for queue in ("late", "w1")],
                  group_id="the group of two")["id"]
    equal("a group: options of its own for each", [(one["hostname"], one["group"]) for one in get(group)],
          [(late.node, "the group of two"), (w1.node, "the group of two")])

    of_errors = "OutOfStock", "Traceback", "no.such.task", "The message has been ignored", "unregistered task"
    for worker in w1, late:
        equal(f"the log of {worker.node}", worker.complaints(but=(*OF_EXPIRING, *of_errors)), [])
        equal(f"connections of {worker.node}", worker.log().count("Connected to redis://"), 1)
    c.close()


run(sending, worker=False)
