"""Ten thousand tasks of a real worker, gotten by 16 threads of one C program over two sockets."""

import json
import subprocess
import threading
import time

from _live import HERE, ROOT, check, compile_c, equal, run, until

TASKS = 10_000
THREADS = 16


def ten_thousand(it):
    import _tasks
    from celery.result import denied_join_result

    program = compile_c(HERE / "many.c", it.folder, include=[ROOT / "tests/c"])
    ids = [f"many-{n}" for n in range(TASKS)]
    started = time.monotonic()
    process = subprocess.Popen([program, it.url, str(THREADS), str(TASKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    process.stdin.write("".join(f"{task_id} {3 * n}\n" for n, task_id in enumerate(ids)))
    process.stdin.flush()

    until("every thread waits", lambda: it.subscriptions("many") == THREADS)
    sockets = [line for line in it.redis.client_list() if line["name"] == "many"]
    equal("two connections while all threads wait", len(sockets), 2)
    with open(f"/proc/{process.pid}/status") as status:
        threads = int(next(line for line in status if line.startswith("Threads:")).split()[1])
    equal("one thread more than main and those that wait", threads, THREADS + 2)

    # Where it may not wait, Python does not subscribe to what it sends.
    with denied_join_result(), _tasks.app.producer_pool.acquire(block=True) as producer:
        for n, task_id in enumerate(ids):
            _tasks.add.apply_async((n, 2 * n), task_id=task_id, producer=producer)
    totals = json.loads(process.stdout.readline() or '{"right": "the program died"}')
    seconds = time.monotonic() - started
    equal("every value is right", totals["right"], TASKS)
    equal("two sockets, connected once each", (totals["sockets"], totals["connects"]), (2, 2))
    equal("nobody waits", totals["waiters"], 0)
    equal("nothing was lost and found by a re-read", totals["recovered_by_reread"], 0)
    equal("the server knows of no subscription", it.subscriptions("many"), 0)
    process.stdin.close()
    equal("exit status", process.wait(30), 0)
    watchdog.cancel()
    check("the server knows of no connection",
          until("hung up", lambda: not [line for line in it.redis.client_list() if line["name"] == "many"]))
    print(f"{TASKS} tasks of a worker gotten by {THREADS} threads in {seconds:.1f} s, {totals}", flush=True)


run(ten_thousand)
