"""The tasks that the worker of the live tests executes; `celery -A _tasks worker` reads this."""

import json
import os
import time

import redis
from celery import Celery, group
from celery.exceptions import Ignore

SERVER = os.environ["CELERY_TEST_SERVER"]  # redis://host:port

app = Celery("live", broker=f"{SERVER}/0", backend=f"{SERVER}/1")
app.conf.update(
    result_extended=True,
    task_track_started=True,
    broker_connection_retry_on_startup=True,
)
# Other prefixes, other queues: what a test starts its workers with.
app.conf.update(json.loads(os.environ.get("CELERY_TEST_SETTINGS", "{}")))

gates = redis.Redis.from_url(f"{SERVER}/2", socket_timeout=None)  # BLPOP blocks


class OutOfStock(Exception):
    """An exception of the user's own, with two arguments."""


class Warehouse:
    class Closed(Exception):
        """A nested class: its qualified name has a dot."""


def wait_at_gate(name):
    """Blocks until the test opens the gate."""
    if gates.blpop([f"gate:{name}"], timeout=60) is None:
        raise TimeoutError(f"nobody opened the gate {name}")


@app.task(track_started=False)
def add(x, y):
    return x + y


@app.task
def echo(value):
    return value


@app.task
def everything(*args, **kwargs):
    return [args, kwargs]


@app.task
def length(text):
    return len(text)


@app.task
def sleep(seconds):
    time.sleep(seconds)
    return seconds


@app.task(bind=True)
def request(self):
    """What the worker knows of the task that it executes."""
    known = self.request
    return {
        name: getattr(known, name)
        for name in ("id", "root_id", "parent_id", "reply_to", "correlation_id", "delivery_info", "priority",
                     "retries", "eta", "expires", "timelimit", "group", "origin", "hostname", "ignore_result",
                     "headers", "stamped_headers", "stamps", "argsrepr", "kwargsrepr")
        if hasattr(known, name)
    }


@app.task(ignore_result=True)
def note(name, mark):
    """Writes down that it was executed: the marks of a name are in the order of their tasks."""
    gates.rpush(f"notes:{name}", mark)


@app.task(bind=True)
def gated(self, value):
    wait_at_gate(self.request.id)
    return value


@app.task
def out_of_stock(item, count):
    raise OutOfStock(item, count)


@app.task
def closed():
    raise Warehouse.Closed("until Monday")


@app.task(bind=True)
def gated_failure(self, text):
    wait_at_gate(self.request.id)
    raise ValueError(text)


@app.task(bind=True, max_retries=2)
def third_time(self):
    """Is retried twice, then succeeds."""
    wait_at_gate(self.request.id)
    if self.request.retries < 2:
        try:
            raise KeyError(f"try {self.request.retries}")
        except KeyError as error:
            raise self.retry(exc=error, countdown=0)
    return "third"


@app.task(bind=True)
def progress(self, steps):
    wait_at_gate(self.request.id)
    for step in range(steps):
        self.update_state(state="PROGRESS", meta={"step": step, "of": steps})
    return "done"


@app.task(ignore_result=True)
def ignored():
    return "nobody sees this"


@app.task
def raises_ignore():
    raise Ignore


@app.task
def spawns():
    add.delay(1, 2)
    group(add.s(n, n) for n in range(3))()
    return "spawned"


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True)
def tree(self, depth):
    """Sends a task and a group of two, so that the graph of it has both; deeper ones do the same."""
    def below(name):
        task_id = f"{self.request.id}.{name}"
        return tree.s(depth - 1).set(task_id=task_id) if depth > 1 else add.s(depth, 1).set(task_id=task_id)

    below("task").apply_async()
    group(below("left"), below("right")).set(task_id=f"{self.request.id}.group").apply_async()
    return depth


@app.task(bind=True)
def sends_what_fails(self):
    out_of_stock.s("plums", 0).set(task_id=f"{self.request.id}.child").apply_async()
    return "sent"


@app.task(bind=True)
def step_by_step(self, steps):
    """Waits at its gate before each step, and at last."""
    for step in range(steps):
        wait_at_gate(self.request.id)
        self.update_state(state="PROGRESS", meta={"step": step, "of": steps})
    wait_at_gate(self.request.id)
    return "done"
