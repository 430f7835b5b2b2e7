"""A C program sends to workers whose broker has other names for everything: a prefix of all keys, another prefix of
broadcasts or none, another database, other separators, another name for remote control. Workers that share the server
hear nothing of it.
"""

from _live import equal, run
from _workers import Commands, as_options, start_workers, until_started

LONG = 60_000
# Of each worker: the database of its broker, and its settings, which those of the program must match. (What a worker
# hears it finds only where a prefix of broadcasts has this form, '/' at its beginning and '.' at its end.)
BROKERS = {
    "plain": (0, {}),
    "prefix": (0, {"broker_transport_options": {"global_keyprefix": "pre:"}}),
    "database": (7, {}),
    "bare": (6, {"broker_transport_options": {"fanout_prefix": False}}),
    "text": (6, {"broker_transport_options": {"fanout_prefix": "/broadcast-{db}."}}),
    "steps": (8, {"broker_transport_options": {"priority_steps": [3, 6]}}),
    "all": (5, {"broker_transport_options": {"global_keyprefix": "all.", "fanout_prefix": "/to.", "sep": "|",
                                             "priority_steps": [0, 5]},
                "control_exchange": "ours"}),
}


def settings(it):
    workers = {worker.node.removesuffix("@test"): worker for worker in start_workers(it, **{
        name: {"pool": "solo" if name in ("plain", "bare") else "prefork", "concurrency": 1,
               "settings": {**options, "broker_url": f"{it.server}/{db}"}}
        for name, (db, options) in BROKERS.items()})}
    for name, (db, options) in BROKERS.items():
        c, worker = Commands(it, broker_url=f"{it.server}/{db}", **as_options(options)), workers[name]
        answer = c.ask("control", "ping", "{}", timeout_ms=LONG)
        equal(f"{name}: who answers", answer["value"],
              {"heard": 1, "complete": True, "nodes": {worker.node: {"ok": "pong"}}})
        for priority in 0, 5, 9:
            sent = c.ask("send", "_tasks.request", "[]", "{}", queue=name, priority=priority)["id"]
            equal(f"{name}: who runs a task of priority {priority}",
                  c.ask("get", sent, str(LONG))["outcome"]["hostname"], worker.node)
        if worker.node not in ("plain@test", "bare@test"):  # a worker without processes of its own cannot be asked
            running = c.ask("send", "_tasks.gated", "[1]", "{}", queue=name)["id"]
            until_started(it, running)
            found = c.ask("locate", running, str(LONG))
            equal(f"{name}: locate", (found["place"], found["value"]["node"]), ("running", worker.node))
            c.ask("revoke", running, terminate=True, wait=True, timeout_ms=LONG)
            equal(f"{name}: revoked", c.ask("get", running, str(LONG))["status"], "CELERY_ERR_TASK_REVOKED")
        c.close()
    keys = [key for db in {db for db, _ in BROKERS.values()} for key in it.at(db).keys("*reply*")]
    equal("nothing is left of the answers", [key for key in keys if b"binding" not in key], [])
    for worker in workers.values():
        equal(f"{worker.node}: the log", worker.complaints(but=("exited with 'signal", "Terminated(", "Traceback")), [])


run(settings, worker=False)
