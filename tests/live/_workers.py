"""What tests of sending and of control need beyond `_live`: several real workers whose logs can be asked, and
the C program `commands.c`, which is told what to do line by line.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading

from _live import HERE, ROOT, compile_c, until

COMPLAINT = re.compile(r": (WARNING|ERROR|CRITICAL)/|Traceback|[Cc]onnection to broker lost|[Rr]econnect")
# What a worker says of itself when it runs as root, as in a container.
OF_ROOT = re.compile(r"superuser privileges|SecurityWarning|uid=0|absolutely not recommended|platforms\.py")


class Worker:
    """A running worker; `node` is its name at `test`. It takes tasks from the default queue and from one of
    its own name, if not told otherwise."""

    def __init__(self, it, name, *, pool="prefork", concurrency=2, queues=None, settings=None, events=False,
                 level="INFO"):
        self.node = f"{name}@test"
        self.path = it.folder / f"{name}.log"
        words = [sys.executable, "-m", "celery", "-A", "_tasks", "worker", "--pool", pool, "--concurrency",
                 str(concurrency), "--hostname", self.node, "--queues", queues or f"celery,{name}", "--loglevel", level,
                 "--without-gossip", "--without-mingle"]
        self.process = subprocess.Popen(
            words + ["--task-events"] * events, cwd=HERE, stdin=subprocess.DEVNULL, stdout=self.path.open("wb"),
            stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "CELERY_TEST_SETTINGS": json.dumps(settings or {}),
                 "C_FORCE_ROOT": "1"})  # with pickle they refuse to run as root else

    def log(self):
        return self.path.read_text(errors="replace")

    def until_ready(self):
        """Returns once it takes tasks and hears commands."""
        until(f"{self.node} is ready", lambda: self.alive() and f"{self.node} ready." in self.log(), 60)

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.node} has ended with {self.process.returncode}: {self.log()[-3000:]}")
        return True

    def complaints(self, *, but=()):
        """The lines of its log that say that something was wrong, except those that a test expects."""
        return [line for line in self.log().splitlines()
                if COMPLAINT.search(line) and not OF_ROOT.search(line) and not any(one in line for one in but)]

    def received(self, task_id):
        return f"[{task_id}] received" in self.log()

    def kill(self):
        """Ends it and its children with SIGKILL, as when the machine loses its power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self):
        """Stops it: it stays subscribed and answers nothing. `thaw` undoes that."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.process.pid, signal.SIGCONT)


def start_workers(it, **workers):
    """Starts workers side by side, from names and options, and returns when all are ready; they are killed at the
    end of the test."""
    workers = [Worker(it, name, **options) for name, options in workers.items()]
    for worker in workers:
        it.stack.callback(worker.kill)
    for worker in workers:
        worker.until_ready()
    return workers


class Commands:
    """A running `commands.c`: one app, which does one thing after the other."""

    def __init__(self, it, **options):
        self.name = f"commands-{next(it.names)}"
        program = it.programs.get("commands") or compile_c(HERE / "commands.c", it.folder, include=[ROOT / "tests/c"])
        it.programs["commands"] = program
        options = {"redis_client_name": self.name, "operation_timeout_ms": "20000", "broker_url": f"{it.server}/0",
                   "broker_transport_options.client_name": f"{self.name}-broker", **options}
        self.words = [str(program), it.url, *(f"option.{name}={value}" for name, value in options.items())]
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        it.stack.callback(self.process.wait)
        it.stack.callback(self.process.kill)

    def ask(self, command, *words, timeout=120, **options):
        """Gives a command and waits for its answer. An option that is a text goes as JSON text, as all do."""
        self.tell(command, *words, **options)
        return self.answer(timeout)

    def tell(self, command, *words, **options):
        fields = [command, *(word if isinstance(word, str) else json.dumps(word) for word in words),
                  *(f"{name}={json.dumps(value)}" for name, value in options.items())]
        line = "\t".join(fields)
        assert "\n" not in line and line.count("\t") == len(fields) - 1, line[:1000]
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self, timeout=120):
        watchdog = threading.Timer(timeout, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("{"):
            raise AssertionError(f"{self.words} printed {line!r} and ended with {self.process.poll()}")
        return json.loads(line)

    def close(self):
        """Lets it free everything and end; it must end well."""
        self.process.stdin.close()
        status = self.process.wait(30)
        if status != 0:
            raise AssertionError(f"{self.words} ended with {status}")


def as_options(settings):
    """Celery's settings as options of an app of ours."""
    flat = {}
    for name, value in settings.items():
        dotted = name == "broker_transport_options"
        flat.update({f"{name}.{key}": one for key, one in value.items()} if dotted else {name: value})
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in flat.items()}


def until_started(it, task_id):
    """Returns once a worker runs the task; it must be one that tells so."""
    until(f"{task_id} runs", lambda: b"STARTED" in (it.raw(task_id) or b""))


def notes(it, name):
    """The marks that tasks `note` have left under this name, in the order of their execution."""
    return [mark.decode() for mark in it.gates.lrange(f"notes:{name}", 0, -1)]
