"""Where figures were measured, so that nobody compares them with those of another machine."""

import datetime
import os
import platform
import re
import subprocess


def facts():
    with open("/proc/cpuinfo") as lines:
        model = re.search(r"^model name\s*: (.*)$", lines.read(), re.MULTILINE)
    redis = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model.group(1) if model else platform.machine(),
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "redis": re.search(r"v=(\S+)", redis).group(1),
        "python": platform.python_version(),
    }
