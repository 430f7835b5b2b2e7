"""Where figures were measured and of what, so that nobody compares them with those of another machine."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def told(*command):
    """What a program prints; nothing where it is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    except FileNotFoundError:
        return ""


def version_in(python, package):
    code = f"from importlib import metadata; print(metadata.version({package!r}))"
    return told(python, "-c", code)


def facts(python):
    """`python` is the one that has Celery. The load is what the processors were busy with before the
    benchmark began: more than a little, and no figure is worth anything."""
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "date": datetime.date.today().isoformat(),
        "commit": told("git", "describe", "--always", "--dirty") or "unknown",
        "processor": model.group(1) if model else platform.machine(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "redis": re.search(r"v=(\S+)", told("redis-server", "--version")).group(1),
        "hiredis": told("pkg-config", "--modversion", "hiredis"),
        "celery": version_in(python, "celery"),
        "redis-py": version_in(python, "redis"),
        "python": told(python, "-c", "import platform; print(platform.python_version())"),
    }
