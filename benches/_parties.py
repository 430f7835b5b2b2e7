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
    """How many for each party (0: it has no such case), what the worker's process does, and what the
    programs call it where that is not the name of the case.

    The worker stores everything before the client begins ("before"), with a group beside it ("saved"),
    when the client says that it waits ("later"), or each result when it is asked for ("pong").
    """

    def __init__(self, ours, floor=0, celery=0, worker=None, program="ours", name=None, floor_name=None,
                 most_rounds=None):
        self.counts = {"floor": floor, "ours": ours, "celery": celery}
        self.worker, self.program, self.name = worker, program, name
        self.floor_name, self.most_rounds = floor_name, most_rounds


CASES = {
    "ready": Case(20_000, 20_000, 20_000, "before"),
    "wait": Case(20_000, 20_000, 20_000, "later"),
    "ping": Case(3_000, 3_000, 500, "pong"),
    # What a thread of one's own costs, and what it is to ask once: bare sockets.
    "ping-alone": Case(3_000, 3_000, 0, "pong", "handed", "alone", floor_name="ping"),
    "ping-read": Case(3_000, 3_000, 0, "pong", "handed", "read", floor_name="ping"),
    "ping-both": Case(3_000, 3_000, 0, "pong", "handed", "both", floor_name="ping"),
    # The floor has no threads: its one connection, one task after the other, stands for them.
    "threads": Case(8_000, 3_000, 0, "pong", floor_name="ping"),
    "share": Case(20_000, 5_000, 0, "before", floor_name="get"),
    "get": Case(5_000, 5_000, 1_000, "before"),
    "wake": Case(20_000, program="wake", name="store"),
    "cancel": Case(2_000, program="wake"),
    "cancel-redis": Case(2_000, program="wake"),
    "late": Case(500, program="wake"),
    "late-redis": Case(200, program="wake"),
    "late-sleep": Case(200, program="wake", name="sleep"),
    "queue": Case(1_000_000, program="queue", name="store", most_rounds=3),
    "queue-two": Case(1_000_000, program="queue", name="two", most_rounds=3),
    "queue-take": Case(1_000_000, program="queue", name="take", most_rounds=3),
    # What of that is the machine's.
    "queue-bare": Case(1_000_000, program="bare_queue", name="store", most_rounds=3),
    "queue-bare-take": Case(1_000_000, program="bare_queue", name="take", most_rounds=3),
    "pending": Case(1_000_000, most_rounds=3),
    "pending-quarter": Case(250_000, name="pending", most_rounds=3),
    "restore": Case(200_000, worker="saved", most_rounds=5),
    "restore-tenth": Case(20_000, worker="saved", name="restore", most_rounds=5),
    "first": Case(1, worker="before"),
    "load": Case(1, program="load"),
}
# Short ones are repeated more often.
OFTEN = {"first": 20, "load": 20}


def build():
    BUILT.mkdir(parents=True, exist_ok=True)
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    library = [f"-I{ROOT / 'include'}", f"-L{RELEASE}", "-lcelery_result", f"-Wl,-rpath,{RELEASE}", "-pthread"]
    programs = {"floor": ["-lhiredis"], "ours": [*library, "-lhiredis"], "wake": library, "queue": library,
                "handed": ["-pthread"], "bare_queue": ["-pthread"], "load": ["-ldl"]}
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
    program = CASES[case].program
    if party == "celery":
        return [str(PYTHON), str(ROOT / "benches/celery_client.py"), case, str(n), prefix]
    if party == "floor":
        return [str(BUILT / "floor"), CASES[case].floor_name or case, str(n), prefix]
    if program == "load":
        return [str(BUILT / program), str(RELEASE / "libcelery_result.so")]
    return [str(BUILT / program), CASES[case].name or case, str(n), prefix]


@contextlib.contextmanager
def worker(case, n, prefix):
    """The process that stores the results: to its end, or beside what is done meanwhile."""
    kind, beside = CASES[case].worker, None
    if kind in ("before", "saved"):
        subprocess.run([BUILT / "floor", "store", str(n), prefix], check=True)
    if kind == "saved":
        subprocess.run([BUILT / "ours", "save", str(n), prefix], check=True, stdout=subprocess.DEVNULL)
    if kind in ("later", "pong"):
        beside = subprocess.Popen([BUILT / "floor", kind, str(n), prefix])
    try:
        yield
        if beside and beside.wait():
            sys.exit(f"the worker failed at {case}")
    finally:
        if beside:
            beside.kill()
            beside.wait()


def measure(party, case, n, prefix):
    """One run; the figures that it prints, and each time where there are any."""
    with tempfile.NamedTemporaryFile("r") as times, worker(case, n, prefix):
        client = subprocess.run(command(party, case, n, prefix), stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "BENCH_TIMES": times.name})
        if client.returncode:
            sys.exit(f"{party} failed at {case}")
        figures = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", client.stdout)}
        each = [float(line) for line in times.read().split()]
    return {**figures, "times": each} if each else figures


def rounds_of(name, rounds, few):
    if few:
        return 1
    return OFTEN.get(name) or min(rounds, CASES[name].most_rounds or rounds)


def measure_all(cases, rounds, few=False):
    """For each case and party the runs, in the order of the rounds."""
    build()
    figures = {}
    for name in cases:
        begun = time.monotonic()
        # A server per case: none pays for what another one has left behind.
        with redis():
            for number in range(rounds_of(name, rounds, few)):
                # Nobody always comes first, or after the same one.
                for party in ("floor", "ours", "celery")[:: -1 if number % 2 else 1]:
                    count = min(CASES[name].counts[party], FEW if few else sys.maxsize)
                    if count:
                        run = measure(party, name, count, f"{name}-{number}-{party}-")
                        figures.setdefault(name, {}).setdefault(party, []).append(run)
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return figures
