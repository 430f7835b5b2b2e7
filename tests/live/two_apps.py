"""A set whose members live on two apps, as on two databases of a Redis server, or on Redis and in the
program's own memory: its answers, its values and its order are those of one set.
"""

from _live import equal, run

ANSWERS = "ready", "waiting", "successful", "failed", "completed_count"


def sets_over_two_apps(it):
    import _tasks
    from celery import Celery

    elsewhere = f"{it.server}/3"
    other = Celery("other", backend=elsewhere, broker="memory://")

    def follow(name, second, *, state="SUCCESS", **arguments):
        """Lets the three finish one after the other; gives what the set says in the end."""
        ids = {which: f"{name}: {which}" for which in ("first", "second", "third")}
        client = it.start("follow", program="two_apps", option_result_reread_interval=0, **ids, **arguments)
        id_of_second = "nested" if "nested" in arguments else ids["second"]
        for which in ("first", "third"):
            _tasks.gated.apply_async((which,), task_id=ids[which])
        start = client.next()
        equal(f"{name}: at first", [start[key] for key in ANSWERS], [False, True, False, False, 0])
        it.open_gate(ids["first"])
        equal(f"{name}: any", client.next()["first"], 0)
        came = [client.next()]
        if "value" not in arguments:
            other.backend.store_result(ids["second"], second, state)
        came.append(client.next())
        it.open_gate(ids["third"])
        came.append(client.next())
        equal(f"{name}: as they finish", [(one["index"], one["id"], one["state"]) for one in came],
              [(0, ids["first"], "SUCCESS"), (1, id_of_second, None if "nested" in arguments else state),
               (2, ids["third"], "SUCCESS")])
        end = client.lines()[-1]
        equal(f"{name}: events of the queue", sorted(end["events"]),
              [[10, ids["first"]], [11, id_of_second], [12, ids["third"]]])
        equal(f"{name}: all of some", sorted(end["some"]), [0, 1, 2])
        return end

    def good(name, end, value):
        equal(f"{name}: in the end", [end[key] for key in ANSWERS], [True, False, True, False, 3])
        for question in ("get", "get without propagate", "join", "join_native"):
            equal(f"{name}: {question}", end[question], ["first", value, "third"])

    name = "two databases"
    good(name, follow(name, {"from": "elsewhere"}, other=elsewhere), {"from": "elsewhere"})
    name = "Redis and memory"
    good(name, follow(name, None, other="memory://two-apps", value='{"from": "here"}'), {"from": "here"})
    name = "a group of the other app in the set"
    good(name, follow(name, 2, other=elsewhere, nested=1), [2])

    name = "two databases, a failure"
    end = follow(name, ValueError("elsewhere"), state="FAILURE", other=elsewhere)
    equal(f"{name}: in the end", [end[key] for key in ANSWERS], [True, False, False, True, 2])
    failure = {"exception": "builtins.ValueError", "args": ["elsewhere"]}
    for question in ("get", "join", "join_native"):
        equal(f"{name}: {question}", end[question], {"raises": failure})
    equal(f"{name}: get without propagate", end["get without propagate"], ["first", failure, "third"])


run(sets_over_two_apps)
