"""Groups saved by Python are restored by C and the other way round; where the groups are equal, so
are the stored bytes, how long they stay and what is published.
"""

import json

from _live import check, equal, run


def task(task_id, parent=None):
    return [[task_id, parent], None]


def group(group_id, members, parent=None):
    return [[group_id, parent], members]


def chain_of(*ids):
    form = None
    for task_id in ids:
        form = task(task_id, form)
    return form


CHAIN = chain_of("first", "middle", "last")
GROUPS = [
    group("empty", []),
    group("plain", [task("a"), task("b"), task("c")]),
    group("after a task", [task("a"), task("b")], parent=task("before")),
    group("after a chain", [task("a")], parent=CHAIN),
    group("after a group", [task("a")], parent=group("before", [task("b"), task("c")], parent=task("d"))),
    group("of chains", [CHAIN, task("y", task("x")), task("z")]),
    group("of groups", [group("inner", [task("a"), group("innermost", [])], parent=task("p")), task("b")]),
    group("one member twice", [task("a"), task("a")]),
    group('of "odd" ids \\ żółw \U0001f600', [task("żółw/\U0001f600 \t"), task('"quoted"', task("\\"))]),
    group("large", [task(f"member-{n}") for n in range(1000)]),
    group("deep", [chain_of(*(f"step-{n}" for n in range(100)))]),
]


def saved_groups(it):
    from _tasks import add, app, echo
    from celery import chain, chord
    from celery import group as canvas_group
    from celery.result import AsyncResult, GroupResult, result_from_tuple

    def c(command, **arguments):
        return it.start(command, program="saved_groups", **arguments).lines()[-1]

    def as_json(result):
        return json.loads(json.dumps(result.as_tuple()))

    def key(group_id):
        return f"celery-taskset-meta-{group_id}"

    def stored(group_id, save):
        """What a function stores and publishes, and for how long."""
        with it.redis.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(key(group_id))
            channel.get_message(timeout=10)  # the confirmation
            save()
            message = channel.get_message(timeout=10)
        return it.redis.get(key(group_id)), message and message["data"], it.redis.ttl(key(group_id))

    for form in GROUPS:
        name = group_id = form[0][0]
        result = result_from_tuple(form, app)
        python_bytes, python_message, python_expires = stored(group_id, result.save)
        restored = c("restore", group=group_id)
        equal(f"{name}: saved by Python, restored by C", (restored["status"], restored.get("tuple")),
              ("CELERY_OK", form))

        def again():
            equal(f"{name}: saved by C", c("save", group=group_id)["status"], "CELERY_OK")

        equal(f"{name}: the bytes that C saves of what it restored", stored(group_id, again)[0], python_bytes)
        it.redis.delete(key(group_id))
        c_bytes, c_message, c_expires = stored(
            group_id, lambda: equal(f"{name}: saved", c("save", tuple=json.dumps(form))["status"], "CELERY_OK"))
        equal(f"{name}: the bytes", c_bytes, python_bytes)
        equal(f"{name}: what is published", (c_message, python_message), (python_bytes, python_bytes))
        check(f"{name}: how long it stays", abs(c_expires - python_expires) <= 60 and c_expires > 86_000,
              c_expires, python_expires)
        found = GroupResult.restore(group_id, app=app)
        check(f"{name}: saved by C, restored by Python",
              type(found) is type(result) and found == result and as_json(found) == form, found)

        equal(f"{name}: deleted by C", (c("delete", group=group_id)["status"], it.redis.exists(key(group_id))),
              ("CELERY_OK", 0))
        equal(f"{name}: gone for Python", GroupResult.restore(group_id, app=app), None)
        missing = c("restore", group=group_id)
        equal(f"{name}: gone for C", missing["status"], "CELERY_ERR_NOT_FOUND")

    # ---- what a canvas makes: Celery itself saves the header of a chord that has groups in it
    def ends_in_a_group():
        return chain(add.s(1, 1), canvas_group(add.s(2), add.s(3)))

    sent = {
        "group": canvas_group(add.s(n, n) for n in range(3)).apply_async(),
        "chain ending in a group": ends_in_a_group().apply_async(),
        "group of chains": canvas_group(chain(add.s(1, 1), add.s(n)) for n in range(2)).apply_async(),
        "group of chains ending in groups": canvas_group(ends_in_a_group(), add.s(4, 4)).apply_async(),
    }
    for name, result in sent.items():
        result.save()
        equal(f"{name}: as it was sent", c("restore", group=result.id).get("tuple"), as_json(result))
    body = chord([ends_in_a_group(), add.s(4, 4)], echo.s()).apply_async()
    equal("header of a chord, saved by Celery", c("restore", group=body.parent.id).get("tuple"), as_json(body.parent))

    # ---- settings
    form = GROUPS[2]
    for seconds, least, most in ("90", 80, 90), ("null", -1, -1):
        c("save", tuple=json.dumps(form), option_result_expires=seconds)
        check(f"result_expires {seconds}", least <= it.redis.ttl(key("after a task")) <= most)
    prefix = "result_backend_transport_options.global_keyprefix"
    equal("with a key prefix", c("save", tuple=json.dumps(form), **{f"option_{prefix}": "shop"})["status"], "CELERY_OK")
    prefixed = it.redis.get(f"shop_{key('after a task')}")
    equal("with a key prefix: the bytes", prefixed, it.redis.get(key("after a task")))

    # ---- other forms that Python reads
    def restores(name, text):
        it.redis.set(key(name), text)
        found = c("restore", group=name)
        python = GroupResult.restore(name, app=app)
        equal(f"{name}: restored by both", (found["status"], found.get("tuple")), ("CELERY_OK", as_json(python)))

    restores("bare ids", '{"result": ["bare ids", [["a", null], [["b", null], null]]]}')
    restores("other keys", '{"more": 1, "result": [["other keys", null], []]}')

    # ---- and what is none
    single = AsyncResult("a single task", app=app)
    app.backend.save_group(single.id, single)
    check("a single task is saved: Python gives it", isinstance(GroupResult.restore(single.id, app=app), AsyncResult))
    found = c("restore", group=single.id)
    check("a single task is saved: C says that it is no group",
          found["status"] == "CELERY_ERR_DECODE" and "a single task" in found["error"], found)
    for name, text, error in (("no JSON", "zażółć", "the saved group"),
                              ("no result", "{}", 'no key "result"'),
                              ("no tuple form", '{"result": 7}', "no tuple form"),
                              ("no members", '{"result": [["no members", null], 7]}', "no tuple form")):
        it.redis.set(key(name), text)
        found = c("restore", group=name)
        check(f"{name}: a clear error", found["status"] == "CELERY_ERR_DECODE" and error in found["error"], found)


run(saved_groups, worker=False)
