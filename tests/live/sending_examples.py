"""The examples that send and revoke, as the README shows them, with a real worker: one server is broker and
result store.
"""

import json
import subprocess

from _live import ROOT, check, compile_c, equal, run
from _workers import start_workers


def examples(it):
    url = f"{it.server}/0"
    (worker,) = start_workers(it, w1={"settings": {"result_backend": url}})
    programs = {name: compile_c(ROOT / f"examples-c/{name}.c", it.folder) for name in ("send_and_wait", "revoke")}

    def example(name, *arguments):
        done = subprocess.run([programs[name], url, *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    equal("send_and_wait: success", example("send_and_wait", "_tasks.echo", '["\\u00e9"]'), (0, '"\\u00e9"\n', ""))
    status, out, err = example("send_and_wait", "_tasks.echo", "{")
    check("send_and_wait: bad arguments", (status, out) == (1, "") and err.startswith("args: "), status, out, err)

    status, out, err = example("revoke", "never-sent", "KILL")
    where, answers = out.splitlines()
    equal("revoke: where it is", (status, where, err), (0, "the task is not known to the workers that answered", ""))
    answers = json.loads(answers)
    equal("revoke: who heard it", (answers["heard"], answers["complete"], list(answers["nodes"])),
          (1, True, [worker.node]))
    equal("revoke: once more", example("revoke", "never-sent")[1].splitlines()[0], "the task has finished")
    status, out, err = example("revoke", "never-sent", "NO SIGNAL")
    check("revoke: bad signal", status == 3 and "NO SIGNAL" in err, status, out, err)


run(examples, worker=False)
