"""The canvases whose results C and Python are asked about. Every id is given, so that the answers
can be compared with what is written down; only Celery names the header of a chord itself.
"""

import dataclasses
import datetime
import json
import re

from celery import chain, chord, group

LARGE = 1_000
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass
class Case:
    """One published canvas."""

    name: str
    tuple: list  # its result in the tuple form
    never: frozenset = frozenset()  # ids of tasks that nobody will ever store a result of
    gates: dict = dataclasses.field(default_factory=dict)  # what has to be opened, and how often
    waits: bool = True  # false: its value depends on which of its tasks is the first to finish
    leaf: bool = True  # false: Python's get_leaf, which has no timeout, does not return

    def tasks(self):
        """The ids of the tasks in the tuple form."""
        return [task_id for task_id, members in nodes(self.tuple) if members is None]


def nodes(form):
    """Every id of a tuple form with its members, parents too."""
    (node_id, parent), members = form
    yield node_id, members
    for other in [parent, *(members or [])]:
        if other is not None:
            yield from nodes(other)


def plain(result):
    """The tuple form as JSON has it. The header of a chord has no id that could be given to it."""
    return json.loads(json.dumps(result.as_tuple()))


def without_random(text):
    """Text in which the ids that Celery made itself are the same each time."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "HEADER", text)


def publish():
    """Sends all of them; gives the cases in a fixed order."""
    import _tasks

    cases = []

    def case(name, **more):
        """Takes a function that builds the canvas from a function that gives ids to signatures."""
        def take(build):
            def task(number, signature):
                return signature.set(task_id=f"{name}.{number}")

            cases.append(Case(name, plain(build(task).apply_async()), **more))
        return take

    add, fails = _tasks.add, _tasks.out_of_stock.si("apples", 3)
    body = _tasks.total.s()

    @case("task")
    def _(task):
        return task(1, add.s(1, 2))

    @case("task that fails")
    def _(task):
        return task(1, fails.clone())

    @case("chain")
    def _(task):
        return chain(task(1, add.s(1, 2)), task(2, add.s(3)), task(3, add.s(4)))

    @case("chain whose first fails")
    def _(task):
        return chain(task(1, fails.clone()), task(2, add.s(3)), task(3, add.s(4)))

    @case("chain whose last fails")
    def _(task):
        return chain(task(1, add.s(1, 2)), task(2, add.s(3)), task(3, fails.clone()))

    @case("group")
    def _(task):
        return group(task(n, add.s(n, n)) for n in range(4)).set(task_id="group")

    @case("group, a member fails")
    def _(task):
        return group(task(1, add.s(1, 1)), task(2, fails.clone()), task(3, add.s(3, 3))).set(
            task_id="group, a member fails")

    @case("group, two fail")
    def _(task):
        return group(task(1, add.s(1, 1)), task(2, fails.clone()), task(3, fails.clone())).set(
            task_id="group, two fail")

    @case("group, a member is revoked")
    def _(task):
        return group(task(1, add.s(1, 1)), task(2, add.s(1, 1).set(expires=LONG_AGO))).set(
            task_id="group, a member is revoked")

    @case("group, a member is retried", gates={"group, a member is retried.2": 3})
    def _(task):
        return group(task(1, add.s(1, 1)), task(2, _tasks.third_time.s())).set(
            task_id="group, a member is retried")

    @case("group, a member is ignored", never=frozenset(["group, a member is ignored.2"]))
    def _(task):
        return group(task(1, add.s(1, 1)), task(2, _tasks.ignored.s())).set(
            task_id="group, a member is ignored")

    @case("empty group")
    def _(task):
        return group().set(task_id="empty group")

    @case("large group")
    def _(task):
        return group(task(n, add.s(n, n)) for n in range(LARGE)).set(task_id="large group")

    @case("nested groups")
    def _(task):
        inner = group(task(1, add.s(1, 1)), task(2, add.s(2, 2))).set(task_id="nested groups.inner")
        return group(inner, task(3, add.s(3, 3))).set(task_id="nested groups")

    @case("group of chains")
    def _(task):
        return group(chain(task(1, add.s(1, 1)), task(2, add.s(2))),
                     chain(task(3, add.s(3, 3)), task(4, add.s(4)))).set(task_id="group of chains")

    @case("group of chains, a step fails")
    def _(task):
        return group(chain(task(1, add.s(1, 1)), task(2, add.s(2))),
                     chain(task(3, fails.clone()), task(4, add.s(4)))).set(
                         task_id="group of chains, a step fails")

    @case("chain ending in a group")
    def _(task):
        members = group(task(2, add.s(2)), task(3, add.s(3))).set(task_id="chain ending in a group")
        return chain(task(1, add.s(1, 1)), members)

    # Celery stores nothing for the group's members then.
    @case("chain ending in a group, the first fails",
          never=frozenset(f"chain ending in a group, the first fails.{n}" for n in (2, 3)))
    def _(task):
        members = group(task(2, add.s(2)), task(3, add.s(3))).set(
            task_id="chain ending in a group, the first fails")
        return chain(task(1, fails.clone()), members)

    @case("group of chains ending in groups")
    def _(task):
        inner = group(task(2, add.s(2)), task(3, add.s(3))).set(task_id="group of chains ending in groups.inner")
        return group(chain(task(1, add.s(1, 1)), inner), task(4, add.s(4, 4))).set(
            task_id="group of chains ending in groups")

    @case("group of chains ending in groups, a member fails")
    def _(task):
        name = "group of chains ending in groups, a member fails"
        inner = group(task(2, add.s(2)), task(3, fails.clone())).set(task_id=f"{name}.inner")
        return group(chain(task(1, add.s(1, 1)), inner), task(4, add.s(4, 4))).set(task_id=name)

    @case("chord")
    def _(task):
        return chord(group(task(n, add.s(n, n)) for n in range(3)), task("body", body.clone()))

    @case("group piped into a task")
    def _(task):
        return group(task(n, add.s(n, n)) for n in range(3)) | task("body", body.clone())

    @case("chord, a member fails")
    def _(task):
        return chord(group(task(1, add.s(1, 1)), task(2, fails.clone())), task("body", body.clone()))

    @case("chord, the body fails")
    def _(task):
        return chord(group(task(1, add.s(1, 1)), task(2, add.s(2, 2))), task("body", fails.clone()))

    @case("chord with a chain as body")
    def _(task):
        return chord(group(task(1, add.s(1, 1)), task(2, add.s(2, 2))),
                     chain(task("body", body.clone()), task("last", add.s(1))))

    @case("chord of nested groups")
    def _(task):
        inner = group(task(1, add.s(1, 1)), task(2, add.s(2, 2))).set(task_id="chord of nested groups.inner")
        return chord(group(inner, task(3, add.s(3, 3))), task("body", body.clone()))

    @case("chain of a task and a chord")
    def _(task):
        return chain(task(1, add.s(1, 1)), chord(group(task(2, add.s(2)), task(3, add.s(3))),
                                                 task("body", body.clone())))

    @case("group of chords")
    def _(task):
        inner = chord(group(task(1, add.s(1, 1)), task(2, add.s(2, 2))), task("body", body.clone()))
        return group(inner, task(3, add.s(3, 3))).set(task_id="group of chords")

    @case("task with a tree of children")
    def _(task):
        return task("root", _tasks.tree.s(2))

    @case("task whose child fails")
    def _(task):
        return task("root", _tasks.sends_what_fails.s())

    # ---- what no canvas makes but a program can
    def by_hand(name, tuple_form, **more):
        cases.append(Case(name, tuple_form, **more))

    def of(name):
        return next(case.tuple for case in cases if case.name == name)

    first, second, *_ = of("group")[1]
    by_hand("one member twice", [["one member twice", None], [first, second, first]])
    by_hand("groups in a group", [["groups in a group", None], [of("group"), of("task")]])
    by_hand("empty group in a group", [["empty group in a group", None], [of("task"), of("empty group")]], leaf=False)
    by_hand("groups in a group, a member fails",
            [["groups in a group, a member fails", None], [of("task"), of("group, a member fails")]])
    by_hand("group whose parent has failed",
            [["group whose parent has failed", of("task that fails")], [of("task")]])
    by_hand("task whose parent has failed",
            [["task.1", of("task that fails")], None], waits=False)
    by_hand("task whose parent is a group with a failure", [["task.1", of("group, a member fails")], None],
            waits=False)
    by_hand("body of a failed chord, alone", [["chord, a member fails.body", None], None])
    by_hand("never sent", [["never sent", None], None], never=frozenset(["never sent"]))
    by_hand("group of which one was never sent", [["half", None], [of("task"), [["never sent", None], None]]],
            never=frozenset(["never sent"]))
    return cases
