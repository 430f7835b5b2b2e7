"""A real worker reports progress, a C program follows it through a completion queue: every state in
order, the last one last; what the first read finds comes once; groups come as one, or each member.
"""

from _live import check, equal, in_background, run, until


def queue_follows(it):
    import _tasks
    from _tasks import app
    from celery import group

    def follow(**arguments):
        return it.start("follow", program="completion_queue", option_result_reread_interval=0, **arguments)

    def seen(events):
        return [(event["kind"], event["state"], event["value"]) for event in events]

    def progress(steps, of):
        return [("PROGRESS", "PROGRESS", {"step": step, "of": of}) for step in steps]

    def started(event):
        return (event["kind"], event["state"], event["value"]["hostname"]) == ("PROGRESS", "STARTED", "live@test")

    done = [("READY", "SUCCESS", "done")]

    # ---- followed from before it is sent; Python's on_message sees the same
    client = follow(id="followed", history=1000)
    it.until_waiting(client)
    messages = []
    result = app.AsyncResult("followed")
    join = in_background(result.get, timeout=60,
                         on_message=lambda meta: messages.append((meta["status"], meta["result"])))
    it.until_subscribed("followed", times=2)
    _tasks.progress.apply_async((50,), task_id="followed")
    it.open_gate("followed")
    events = client.lines()
    join()
    check("followed: STARTED first", started(events[0]), events[0])
    equal("followed: every state in order, the last one last", seen(events[1:]), progress(range(50), of=50) + done)
    equal("followed: Python sees the same", [(event["state"], event["value"]) for event in events], messages)
    equal("followed: all under one tag, nothing missed",
          {(event["tag"], event["id"], event["after_gap"]) for event in events}, {(0, "followed", False)})

    # ---- added when it has already come so far
    _tasks.step_by_step.apply_async((5,), task_id="joined late")
    until("it has started", lambda: b"STARTED" in (it.raw("joined late") or b""))
    client = follow(id="joined late", history=1000)
    check("joined late: STARTED, as it was found", started(client.next()))
    it.open_gate("joined late")
    equal("joined late: the next state", seen([client.next()]), progress([0], of=5))
    another = follow(id="joined late", history=1000)
    equal("joined later: the state that was found, once", seen([another.next()]), progress([0], of=5))
    it.open_gate("joined late", 5)
    for name, one in (("late", client), ("later", another)):
        equal(f"joined {name}: the rest", seen(one.lines()), progress(range(1, 5), of=5) + done)

    # ---- once it has finished
    equal("finished: one event", seen(follow(id="joined late", history=1000).lines()), done)

    # ---- without progress, and only the newest
    ids = [f"one-of-many-{n}" for n in range(20)]
    silent, newest = follow(id=ids), follow(id=ids, history=1, max=1)
    it.until_waiting(silent, channels=20)
    it.until_waiting(newest, channels=20)
    for task_id in ids:
        _tasks.progress.apply_async((30,), task_id=task_id)
        it.open_gate(task_id)
    events = silent.lines()
    equal("without progress: each once, under its tag", sorted((event["tag"], event["id"]) for event in events),
          list(enumerate(ids)))
    equal("without progress: last states only", {(event["kind"], event["state"]) for event in events},
          {("READY", "SUCCESS")})
    events = newest.lines()
    for tag, task_id in enumerate(ids):
        *before, last = [event for event in events if event["tag"] == tag]
        steps = [event["value"]["step"] for event in before if event["state"] == "PROGRESS"]
        check(f"newest only: {task_id} goes forwards, and ends",
              steps == sorted(set(steps)) and seen([last]) == done and all(e["kind"] == "PROGRESS" for e in before),
              *before, last)

    # ---- other ways to go and to end
    # A task is sent again before RETRY is stored, so that STARTED may come on either side of it.
    client = follow(id="again", history=1000)
    it.until_waiting(client)
    _tasks.third_time.apply_async(task_id="again")
    states = []
    for retries in (1, 2):
        it.open_gate("again")
        while states.count("RETRY") < retries:
            states.append(client.next()["state"])
    it.open_gate("again")
    states += [event["state"] for event in client.lines()]
    equal("again: STARTED first, and each time", (states[0], states.count("STARTED")), ("STARTED", 3))
    equal("again: two retries", [state for state in states if state != "STARTED"], ["RETRY", "RETRY", "SUCCESS"])
    client = follow(id="bad", history=1000)
    it.until_waiting(client)
    _tasks.out_of_stock.apply_async(("apples", 3), task_id="bad")
    equal("bad: it failed, and waiting for it did not", [(event["kind"], event["state"]) for event in client.lines()],
          [("PROGRESS", "STARTED"), ("READY", "FAILURE")])

    # ---- a group, as one and member by member
    members = [_tasks.gated.s(n).set(task_id=f"member-{n}") for n in range(20)]
    sent = group(members).set(task_id="the group").apply_async()
    sent.save()
    client = follow(group="the group", member_of="the group", id="member-0")
    it.until_waiting(client, channels=20)
    for n in range(20):
        it.open_gate(f"member-{n}")
    events = client.lines()
    equal("group: one event for it",
          [(event["kind"], event["id"], event["state"]) for event in events if event["tag"] == 2000],
          [("READY", "the group", None)])
    equal("group: one for each member",
          sorted((event["tag"], event["id"], event["value"]) for event in events if 1000 <= event["tag"] < 2000),
          [(1000 + n, f"member-{n}", n) for n in range(20)])
    equal("group: and one for the member that was added alone", seen(event for event in events if event["tag"] == 0),
          [("READY", "SUCCESS", 0)])
    equal("group: all at once when it is done", sorted(event["tag"] for event in follow(
        group="the group", member_of="the group").lines()), [*range(1000, 1020), 2000])


run(queue_follows)
