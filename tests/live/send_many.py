"""A hundred thousand tasks that a C program sends as one group and gathers in order, and ten thousand that it sends and
never waits for, which leave nothing behind. Real workers execute some thousands in a minute, so all hundred thousand
only in `make deep`; otherwise most are answered by a stand-in, which stores and publishes what a worker would.
"""

import base64
import json
import os
import threading
import time

from _live import equal, run, until
from _workers import Commands, Worker

TASKS = 100_000
EXECUTED = TASKS if "CELERY_TEST_SECONDS" in os.environ else 5_000
UNWAITED = 10_000


def stand_in(it, queue, stop):
    """Takes tasks from the queue, a thousand at a time, and stores their results."""
    while not stop.is_set():
        messages = it.broker.rpop(queue, 1000)
        pipe = it.redis.pipeline(transaction=False)
        for message in map(json.loads, messages or []):
            (x, y), _, _ = json.loads(base64.b64decode(message["body"]))
            task_id = message["headers"]["id"]
            record = json.dumps({"status": "SUCCESS", "result": x + y, "traceback": None, "children": [],
                                 "date_done": "2026-11-22T08:46:01.419812+00:00", "task_id": task_id})
            pipe.set(f"celery-task-meta-{task_id}", record, ex=86400)
            pipe.publish(f"celery-task-meta-{task_id}", record)
        pipe.execute()


def many(it):
    c = Commands(it, result_reread_interval="0")

    # ---- sent without waiting
    sent = c.ask("send-many", str(UNWAITED), "_tasks.add", "[1, 2]", "{}", queue="nobody", timeout=300)
    equal("without waiting: all are sent", (sent["status"], sent["sent"]), ("CELERY_OK", UNWAITED))
    equal("without waiting: all are in their queue", it.broker.llen("nobody"), UNWAITED)
    equal("without waiting: no channel", it.redis.pubsub_channels(), [])
    stats = c.ask("stats")
    equal("without waiting: no waiter, no subscription, one connection",
          (stats["waiters"], stats["subscriptions"], stats["connects"]), (0, 0, 1))
    equal("without waiting: nothing is stored", it.redis.dbsize(), 0)
    it.broker.delete("nobody")

    def group(name, count, queue):
        """Sends a group and gathers it."""
        started = time.monotonic()
        tasks = [{"task": "_tasks.add", "args": [n, n], "options": {"queue": queue}} for n in range(count)]
        answer = c.ask("group", json.dumps(tasks), timeout=300)
        equal(f"{name}: is sent", answer["status"], "CELERY_OK")
        sent = time.monotonic()
        answer = c.ask("get", answer["id"], "600000", timeout=600)
        print(f"{name}: sent in {sent - started:.1f} s, gathered in {time.monotonic() - sent:.1f} s", flush=True)
        equal(f"{name}: the status", answer["status"], "CELERY_OK")
        equal(f"{name}: the values in order", answer["outcome"] == [2 * n for n in range(count)], True)
        until(f"{name}: it has unsubscribed", lambda: it.subscriptions(c.name) == 0)
        stats = c.ask("stats")
        equal(f"{name}: nobody waits, nothing was lost and found by a re-read",
              (stats["waiters"], stats["recovered_by_reread"]), (0, 0))

    # ---- a stand-in for workers
    stop = threading.Event()
    thread = threading.Thread(target=stand_in, args=(it, "stand-in", stop))
    thread.start()
    try:
        group(f"{TASKS} tasks", TASKS, "stand-in")
    finally:
        stop.set()
        thread.join()

    # ---- real workers
    light = {"result_extended": False, "task_track_started": False, "worker_prefetch_multiplier": 64}
    # They say nothing of each task, nor that they are ready.
    workers = [Worker(it, name, pool="solo", settings=light, level="WARNING") for name in ("one", "two")]
    for worker in workers:
        it.stack.callback(worker.kill)
    until("both answer", lambda: len(c.ask("control", "ping", "{}", timeout_ms=1000)["value"]["nodes"]) == 2, 60)
    group(f"{EXECUTED} tasks of workers", EXECUTED, "celery")
    for worker in workers:
        equal(f"the log of {worker.node}", worker.complaints(), [])
    c.close()


run(many, worker=False)
