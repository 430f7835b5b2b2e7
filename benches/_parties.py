"""The cases, and the three parties that carry them out. What is made of the figures is in _bars."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
RELEASE, BUILT = TARGET / "release", TARGET / "bench"
PYTHON = TARGET / "venv/bin/python"
FEW = 60


class Case:
    """How many for each party (Celery is given less to do), and what the worker's process does."""

    def __init__(self, ours, floor=0, celery=0, worker=None, program="ours", most_rounds=None):
        self.counts = {"floor": floor, "ours": ours, "celery": celery}
        self.worker, self.program, self.most_rounds = worker, program, most_rounds


CASES = {
    "ready": Case(20_000, 20_000, 5_000, "before"),
    "wait": Case(20_000, 20_000, 5_000, "when waiting"),
    "ping": Case(3_000, 3_000, 500, "beside"),
    "threads": Case(8_000, 3_000, 0, "beside"),
    "get": Case(5_000, 5_000, 1_000, "before"),
    "wake": Case(20_000, program="memory"),
    "queue": Case(1_000_000, program="memory", most_rounds=3),
    "cancel": Case(2_000, program="memory"),
    "late": Case(500, program="memory"),
    "late-redis": Case(500),
    "pending": Case(1_000_000, most_rounds=2),
    "pending-quarter": Case(250_000, most_rounds=2),
    "restore": Case(200_000, worker="saved", most_rounds=3),
    "restore-tenth": Case(20_000, worker="saved", most_rounds=3),
    "first": Case(1, worker="before"),
    "load": Case(1, program="load"),
}
# What a program calls a case that has several sizes or stores.
NAMES = {"late-redis": "late", "pending-quarter": "pending", "restore-tenth": "restore"}
# Short ones are repeated more often.
OFTEN = {"first": 20, "load": 20}


def build():
    BUILT.mkdir(parents=True, exist_ok=True)
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    library = [f"-I{ROOT / 'include'}", f"-L{RELEASE}", "-lcelery_result", f"-Wl,-rpath,{RELEASE}", "-pthread"]
    programs = {"floor": ["-lhiredis"], "ours": [*library, "-lhiredis"], "memory": library, "load": ["-ldl"]}
    try:
        for name, linked in programs.items():
            command = ["cc", *flags, ROOT / f"benches/{name}.c", "-o", BUILT / name, *linked]
            subprocess.run(command, check=True)
    except subprocess.CalledProcessError:
        sys.exit("benches need hiredis (Debian: libhiredis-dev) and the library (make)")
    if not PYTHON.exists():
        sys.exit("benches need Celery: run tests/setup")


@contextlib.contextmanager
def redis():
    """A server of its own on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                               "--appendonly", "no"], stdout=subprocess.DEVNULL, cwd="/")
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if server.poll() is not None:
                sys.exit("redis-server has ended")
            time.sleep(0.02)
        os.environ["BENCH_REDIS_PORT"] = str(port)
        yield
    finally:
        server.terminate()
        server.wait()


def command(party, case, n, prefix):
    if party == "celery":
        return [str(PYTHON), str(ROOT / "benches/celery_client.py"), case, str(n), prefix]
    if party == "floor":
        # It has no threads: its one connection, one task after the other, stands for them.
        return [str(BUILT / "floor"), {"threads": "ping"}.get(case, case), str(n), prefix]
    program = CASES[case].program
    if program == "load":
        return [str(BUILT / program), str(RELEASE / "libcelery_result.so")]
    return [str(BUILT / program), NAMES.get(case, case), str(n), prefix]


def measure(party, case, n, prefix):
    """One run; the figures that it prints, and each time where there are any."""
    worker, helper = CASES[case].worker, None
    if worker in ("before", "saved"):
        subprocess.run([BUILT / "floor", "store", str(n), prefix], check=True)
    if worker == "saved":
        subprocess.run([BUILT / "ours", "save", str(n), prefix], check=True, stdout=subprocess.DEVNULL)
    with tempfile.NamedTemporaryFile("r") as times:
        environment = {**os.environ, "BENCH_TIMES": times.name}
        process = subprocess.Popen(command(party, case, n, prefix), stdout=subprocess.PIPE, text=True,
                                   env=environment)
        if worker == "beside":
            helper = subprocess.Popen([BUILT / "floor", "pong", str(n), prefix])
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "waiting\n" and worker == "when waiting":
                helper = subprocess.Popen([BUILT / "floor", "store", str(n), prefix])
        if process.wait() or (helper and helper.wait()):
            sys.exit(f"{party} failed at {case}")
        figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", lines[-1])}
        each = [float(line) for line in times.read().split()]
    return {**figures, "times": each} if each else figures


def measure_all(cases, rounds, smoke):
    """For each case and party the runs, in the order of the rounds."""
    build()
    figures = {}
    for name in cases:
        case = CASES[name]
        # A server per case: none pays for what another one has left behind.
        with redis():
            for number in range(1 if smoke else OFTEN.get(name) or min(rounds, case.most_rounds or rounds)):
                for party in ("floor", "ours", "celery"):
                    count = min(case.counts[party], FEW) if smoke else case.counts[party]
                    if count:
                        run = measure(party, name, count, f"{name}-{number}-{party}-")
                        figures.setdefault(name, {}).setdefault(party, []).append(run)
        print(f"{name}: done", file=sys.stderr, flush=True)
    return figures
