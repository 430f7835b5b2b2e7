"""What every live test needs: a Redis server of its own, a real Celery worker, the C programs
built against the shared library, and checks that are counted.
"""

import contextlib
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(os.environ["CELERY_RESULT_ROOT"])
LIBRARY = pathlib.Path(os.environ["CELERY_RESULT_LIBRARY"])
HERE = pathlib.Path(__file__).resolve().parent

failures = 0


def check(name, condition, *details):
    """Counts one test; shows the details where it failed."""
    global failures
    print(f"{'ok' if condition else 'not ok'} - {name}", flush=True)
    if not condition:
        failures += 1
        for detail in details:
            print(f"  {detail!r}", flush=True)


def equal(name, found, expected):
    check(name, found == expected, ("found", found), ("expected", expected))


def run(test, **options):
    """Runs a test function with everything it needs, and ends the program."""
    try:
        with live(**options) as it:
            test(it)
    except BaseException as error:
        traceback.print_exc()
        check(f"{test.__name__} runs to its end", False, error)
    # No finalizers: Python's results unsubscribe in theirs, and try for 20 s without a server.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if failures else 0)


def until(what, condition, timeout=30):
    """Asks until the condition holds, and gives its value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout} s still not: {what}")
        time.sleep(0.005)
    return value


def compile_c(source, folder, *, include=()):
    """Builds one C program against include/ and the shared library."""
    program = pathlib.Path(folder) / source.stem
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread",
         f"-I{ROOT / 'include'}", *(f"-I{folder}" for folder in include), source, "-o", program,
         f"-L{LIBRARY}", "-lcelery_result", f"-Wl,-rpath,{LIBRARY}"], check=True)
    return program


class Live:
    """One server, its worker (where wanted) and the built C programs."""

    def __init__(self, folder, port):
        import redis

        self.folder = pathlib.Path(folder)
        self.server = f"redis://127.0.0.1:{port}"
        self.url = f"{self.server}/1"
        self.names = itertools.count()
        self.at = lambda db: redis.Redis(port=port, db=db)
        self.broker, self.redis, self.gates = self.at(0), self.at(1), self.at(2)
        self.log = self.folder / "worker.log"
        self.programs = {}

    def start_worker(self, concurrency=2):
        """Starts a worker, and returns once it has executed a task."""
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "_tasks", "worker", "--pool", "prefork",
             "--concurrency", str(concurrency), "--loglevel", "WARNING", "--hostname", "live@test",
             "--without-gossip", "--without-mingle"],
            cwd=HERE, stdin=subprocess.DEVNULL, stdout=self.log.open("wb"), stderr=subprocess.STDOUT,
            start_new_session=True)
        self.stack.callback(process.wait)
        self.stack.callback(os.killpg, process.pid, signal.SIGKILL)  # a blocked task would delay SIGTERM
        import _tasks
        _tasks.add.delay(0, 0).get(timeout=60)

    def c(self, command, **arguments):
        """Runs the C client to its end: the last object it printed."""
        return self.start(command, **arguments).lines()[-1]

    def start(self, command, *, program="client", **arguments):
        """Starts a C program; a list as argument is given once for each element."""
        if program not in self.programs:
            self.programs[program] = compile_c(HERE / f"{program}.c", self.folder, include=[ROOT / "tests/c"])
        name = f"c-{next(self.names)}"
        # A look is bounded, by a second if not told otherwise; a busy machine may take longer.
        words = [str(self.programs[program]), self.url, command, f"option.redis_client_name={name}",
                 "option.operation_timeout_ms=20000"]
        for key, value in arguments.items():
            for one in value if isinstance(value, list) else [value]:
                words.append(f"{key.replace('option_', 'option.', 1)}={one}")
        return Client(name, words)

    def subscriptions(self, name):
        """How many channels the connections of this client name are subscribed to. (PUBSUB NUMSUB
        would count Python too: it subscribes to each task that it sends.)"""
        return sum(int(line["sub"]) for line in self.redis.client_list() if line["name"] == name)

    def until_waiting(self, client, channels=1):
        """Returns once a C client is subscribed to its task, and to the parents of it."""
        until(f"{client.words} is subscribed", lambda: self.subscriptions(client.name) == channels)

    def until_subscribed(self, task_id, times=1):
        """Returns once somebody, Python that is where nobody else does, is subscribed to the task."""
        until(f"somebody is subscribed to {task_id}",
              lambda: self.redis.pubsub_numsub(f"celery-task-meta-{task_id}")[0][1] >= times)

    def open_gate(self, task_id, times=1):
        self.gates.rpush(f"gate:{task_id}", *["open"] * times)

    def raw(self, task_id):
        return self.redis.get(f"celery-task-meta-{task_id}")


class Client:
    """A running C client; killed when it takes too long."""

    def __init__(self, name, words):
        self.name = name
        self.words = words
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.watchdog = threading.Timer(60, self.process.kill)
        self.watchdog.start()

    def next(self):
        """The next object it prints."""
        line = self.process.stdout.readline()
        if not line.startswith(b"{"):
            raise AssertionError(f"{self.words} printed {line!r}")
        return json.loads(line)

    def lines(self):
        """What else it prints, once it has ended."""
        output, _ = self.process.communicate()
        self.watchdog.cancel()
        if self.process.returncode != 0:
            raise AssertionError(f"{self.words} ended with {self.process.returncode}: {output!r}")
        return [json.loads(line) for line in output.splitlines()]


@contextlib.contextmanager
def live(*, worker=True, concurrency=2):
    """Starts everything and ends it again; gives a `Live`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, cwd=folder)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        os.environ["CELERY_TEST_SERVER"] = f"redis://127.0.0.1:{port}"
        until("redis-server answers", lambda: answers(port), 10)
        it = Live(folder, port)
        it.stack = stack
        if worker:
            it.start_worker(concurrency)
        try:
            yield it
        except BaseException:
            if it.log.exists():
                print(it.log.read_text(errors="replace")[-5000:], flush=True)
            raise


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def in_background(function, *arguments, **keywords):
    """Runs a function on a thread; gives a function that waits for its value or its exception."""
    outcome = []

    def run():
        try:
            outcome.append((function(*arguments, **keywords), None))
        except BaseException as error:  # handed to whoever asks
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def join(timeout=30):
        thread.join(timeout)
        if not outcome:
            raise AssertionError(f"{function} has not returned after {timeout} s")
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    return join
