"""How large the stripped library is, and what each of its features adds."""

import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MINIMAL = ["redis"]


def features():
    """The default features, as Cargo.toml lists them."""
    listed = re.search(r"^default = \[(.*)\]$", (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    return re.findall(r'"([\w-]+)"', listed.group(1))


def megabytes(target, chosen):
    """The size with these features alone."""
    command = ["cargo", "rustc", "--locked", "--release", "--lib", "--crate-type", "cdylib",
               "--no-default-features", "--features", ",".join(chosen), "--target-dir", target]
    subprocess.run(command, check=True, cwd=ROOT)
    stripped = pathlib.Path(target) / "stripped.so"
    library = pathlib.Path(target) / "release/libcelery_result.so"
    subprocess.run(["strip", "-o", stripped, library], check=True)
    return stripped.stat().st_size / 1e6


def weigh():
    """In the form of the other figures: one run of one party."""
    every = features()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_SIZES_IN")) as target:
        sizes = {"default": megabytes(target, every), "minimal": megabytes(target, MINIMAL)}
        for feature in every:
            if feature not in MINIMAL:
                sizes[feature] = megabytes(target, [*MINIMAL, feature]) - sizes["minimal"]
                print(f"{feature} adds {sizes[feature]:.3f} MB", flush=True)
    return {"ours": [sizes]}
