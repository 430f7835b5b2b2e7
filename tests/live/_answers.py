"""What Python's `celery.result` answers to each question, in the words in which the C program
answers it (canvas.c): values and ids as JSON, an exception as its class and arguments.
"""

import io

from celery.exceptions import IncompleteStream, TimeoutError
from celery.result import AsyncResult, GroupResult, result_from_tuple


class Walkable(GroupResult):
    """A group with what Python has on AsyncResult only; that code works on a group as it stands."""

    iterdeps = AsyncResult.iterdeps
    collect = AsyncResult.collect
    get_leaf = AsyncResult.get_leaf
    build_graph = AsyncResult.build_graph


def value_of(value):
    if isinstance(value, BaseException):
        return raised(value)
    if isinstance(value, list):
        return [value_of(one) for one in value]
    return value


def raised(error):
    cls = type(error)
    return {"exception": f"{cls.__module__}.{cls.__qualname__}", "args": list(error.args)}


def outcome(function):
    """What a call gives: its value, what it raises, or why it gives nothing."""
    try:
        return value_of(function())
    except IncompleteStream:
        return "incomplete"
    except TimeoutError:
        return "timeout"
    except AttributeError as error:
        if isinstance(error.obj, GroupResult):
            return "wrong kind"
        return {"raises": raised(error)}
    except Exception as error:  # the task's own
        return {"raises": raised(error)}


def iter_native(result, timeout):
    """In the order of the ids: Python's own order is none. Of a group in a group it waits out its time."""
    found = []
    timeout = min(timeout, 2)

    def more():
        for member, record in result.iter_native(timeout=timeout):
            found.append([member, record["status"] if isinstance(record, dict) else None])
        return "end"

    end = outcome(more)
    return sorted(found, key=str) + [end] * (end != "end")


def collect(result, timeout):
    found = []

    def more():
        for node, value in result.collect(timeout=timeout):
            found.append([node.id, value_of(value)])
        return "end"

    return [found, outcome(more)]


def iterdeps(result, intermediate):
    found = []

    def more():
        for parent, node in result.iterdeps(intermediate=intermediate):
            found.append([parent and parent.id, node.id])
        return "end"

    return [found, outcome(more)]


def graph(result, intermediate):
    built = result.build_graph(intermediate=intermediate)
    return {"nodes": [node.id for node in built],
            "edges": [[node.id, to.id] for node, adjacent in built.items() for to in adjacent],
            "dot": dot(built)}


def dot(built):
    text = io.StringIO()
    built.to_dot(text)
    return text.getvalue()


def parents(result):
    found = []
    while (result := result.parent) is not None:
        found.append(result.id)
    return found


def children(result):
    return result.children and [child.as_tuple() for child in result.children]


# Of both kinds of results.
BOTH = {
    "id": lambda r, t: r.id,
    "kind": lambda r, t: "GroupResult" if isinstance(r, GroupResult) else type(r).__name__,
    "parents": lambda r, t: parents(r),
    "tuple": lambda r, t: r.as_tuple(),
    "state": lambda r, t: r.state,
    "ready": lambda r, t: r.ready(),
    "successful": lambda r, t: r.successful(),
    "failed": lambda r, t: r.failed(),
    "children": lambda r, t: children(r),
    "get": lambda r, t: r.get(timeout=t),
    "get without propagate": lambda r, t: r.get(timeout=t, propagate=False),
    "maybe_throw": lambda r, t: r.maybe_throw(),
    "iterdeps": lambda r, t: iterdeps(r, False),
    "iterdeps, intermediate": lambda r, t: iterdeps(r, True),
    "collect": collect,
    "graph": lambda r, t: graph(r, False),
    "graph, intermediate": lambda r, t: graph(r, True),
}
GROUPS = {
    "waiting": lambda r, t: r.waiting(),
    "completed_count": lambda r, t: r.completed_count(),
    "member states": lambda r, t: [getattr(member, "state", None) for member in r],
    "join": lambda r, t: r.join(timeout=t),
    "join without propagate": lambda r, t: r.join(timeout=t, propagate=False),
    "iter_native": iter_native,
}
# It has no timeout, so it may be asked only where the whole walk has finished.
LEAF = {"get_leaf": lambda r, t: r.get_leaf()}


def answer(app, case, leaf):
    """Python's answers about one case, each from a handle of its own. It is given a single look;
    of a group in a group it needs several, also when all have finished."""
    def fresh():
        result = result_from_tuple(case.tuple, app)
        if isinstance(result, GroupResult):
            return Walkable(result.id, result.results, parent=result.parent, app=app)
        return result

    members = case.tuple[1]
    nested = any(member[1] is not None for member in members or [])
    timeout = 5 if nested and leaf else 0

    asked = {**BOTH, **(LEAF if leaf else {}), **(GROUPS if members is not None else {})}
    return {name: outcome(lambda: question(fresh(), timeout)) for name, question in asked.items()}
