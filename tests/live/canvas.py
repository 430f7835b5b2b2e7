"""Python and C are asked the same about the result of each canvas: before a worker runs, while it
runs, and after. Where they differ on purpose, the difference is a line of canvas_differences.json;
one that is not listed there, and one that is not found any more, fails; those that Python shows only
"sometimes" may be missing.
"""

import json

from _answers import answer
from _canvases import nodes, publish, without_random
from _live import HERE, check, equal, run, until


def canvases(it):
    from _tasks import app

    listed = {(entry["case"], entry["when"], entry["question"]): entry
              for entry in json.loads((HERE / "canvas_differences.json").read_text())}
    check("every difference says why", all(entry["why"] for entry in listed.values()))
    found = []

    def compare(case, when):
        leaf = when == "finished" and case.leaf and not case.never
        client = it.start("answers", program="canvas", tuple=json.dumps(case.tuple), timeout=0, leaf=int(leaf))
        python = json.loads(without_random(json.dumps(answer(app, case, leaf))))
        c = json.loads(without_random(json.dumps(client.lines()[-1])))
        c.pop("end")
        if isinstance(c.get("iter_native"), list):
            c["iter_native"].sort(key=str)
        equal(f"{case.name}, {when}: the questions", sorted(c), sorted(python))
        unlisted = []
        for question in sorted(c.keys() & python.keys()):
            key = case.name, when, question
            entry = {"case": case.name, "when": when, "question": question,
                     "python": python[question], "ours": c[question]}
            known = {name: value for name, value in listed.get(key, {}).items() if name in entry}
            if c[question] != python[question]:
                found.append(key)
                if known != entry:
                    unlisted.append(json.dumps(entry))
            # Where Python has come to agree it is Python that has changed.
            elif known and known["ours"] != c[question]:
                unlisted.append(json.dumps(entry))
        check(f"{case.name}, {when}: C and Python agree", not unlisted, *unlisted)
        return python

    cases = publish()
    for case in cases:
        compare(case, "sent")

    waiting = []
    for case in cases:
        if case.waits and not case.never:
            client = it.start("wait", program="canvas", tuple=json.dumps(case.tuple), timeout=50_000,
                              option_result_reread_interval=0)
            waiting.append((case, client))
    for case, client in waiting:
        if any(True for _ in case.tasks()):
            until(f"{case.name}: C waits", lambda: it.subscriptions(client.name) > 0)

    for case in cases:
        for task_id, times in case.gates.items():
            it.open_gate(task_id, times)
    it.start_worker()
    done = set()

    def finish(task_id):
        """Waits for a task and for those that it has sent."""
        if task_id not in done:
            done.add(task_id)
            result = app.AsyncResult(task_id)
            result.get(timeout=60, propagate=False)
            for child in result.children or []:
                for below, members in nodes(child.as_tuple()):
                    if members is None:
                        finish(below)

    for case in cases:
        for task_id in case.tasks():
            if task_id not in case.never:
                finish(task_id)

    python = {case.name: compare(case, "finished") for case in cases}
    for case, client in waiting:
        waited = json.loads(without_random(json.dumps(client.lines()[-1]["get"])))
        entry = listed.get((case.name, "finished", "get"))
        equal(f"{case.name}: C that waited from before the worker ran", waited,
              entry["ours"] if entry else python[case.name]["get"])
    always = {key for key, entry in listed.items() if not entry.get("sometimes")}
    equal("every listed difference was found", sorted(always - set(found)), [])


run(canvases, worker=False)
