"""Celery's own client on the same work as benches/floor.c.

    celery_client.py get|ready|ping|wait N PREFIX
"""

import os
import sys
import time

import redis
from celery import Celery
from celery.result import AsyncResult, GroupResult, ResultSet

port = os.environ.get("BENCH_REDIS_PORT", "6379")
app = Celery("bench", backend=f"redis://127.0.0.1:{port}/0")
case, total, prefix = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def report(seconds, each=()):
    line = f"{case} seconds={seconds:.6f} per_second={total / seconds:.1f}"
    if each:
        each = sorted(each)
        line += f" p50_us={each[total // 2] * 1e6:.2f} p99_us={each[total * 99 // 100] * 1e6:.2f}"
    print(line)


def get(i):
    assert AsyncResult(f"{prefix}{i}", app=app).get(timeout=60)["i"] == i


begun = time.monotonic()
if case == "get":
    for i in range(total):
        get(i)
    report(time.monotonic() - begun)
elif case == "ready":
    for _ in range(2):
        group = GroupResult("group", [AsyncResult(f"{prefix}{i}", app=app) for i in range(total)], app=app)
        begun = time.monotonic()
        values = group.get(timeout=600)
        seconds = time.monotonic() - begun
        assert [value["i"] for value in values] == list(range(total))
    report(seconds)
elif case == "ping":
    requests, each = redis.Redis(port=int(port)), []
    for i in range(total):
        asked = time.monotonic()
        requests.lpush(f"{prefix}:req", i)
        get(i)
        each.append(time.monotonic() - asked)
    report(time.monotonic() - begun, each)
elif case == "wait":
    results = ResultSet([AsyncResult(f"{prefix}{i}", app=app) for i in range(total)], app=app)
    for result in results.results:
        app.backend.add_pending_result(result)
    begun = time.monotonic()
    redis.Redis(port=int(port)).lpush(f"{prefix}:go", 1)
    values = results.join_native(timeout=600)
    report(time.monotonic() - begun)
    assert [value["i"] for value in values] == list(range(total))
