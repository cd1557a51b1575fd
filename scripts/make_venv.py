"""`make_venv.py FOLDER LOCK…`: a virtual environment with the packages of the lock files and this project.

Uses nothing but Python itself: pip installs uv, and uv the rest. Of two at once the second waits and
finds the work done.
"""

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

from uv_like_pip import environment

PROJECT = Path(__file__).resolve().parents[1]
UV_LOCK = PROJECT / "requirements-uv.txt"
READY = ".ready"


def main() -> int:
    folder, *locks = map(Path, sys.argv[1:])
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if is_ready(folder, locks) else make(folder, locks)


def is_ready(folder: Path, locks: list[Path]) -> bool:
    """Whether the environment is complete and newer than what it is made from."""
    stamp = folder / READY
    inputs = [*locks, UV_LOCK, PROJECT / "pyproject.toml"]
    return stamp.exists() and all(stamp.stat().st_mtime > i.stat().st_mtime for i in inputs)


def make(folder: Path, locks: list[Path]) -> int:
    """Makes the environment; returns the exit status of the first step that fails, else 0."""
    print(f"Setting up {folder} (once; usually less than a minute) ...", flush=True)
    venv.create(folder, clear=True, with_pip=True)
    python = str(folder / "bin" / "python")
    pip_install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    uv_install = [str(folder / "bin" / "uv"), "pip", "install", "-q", "--python", python]
    files = [argument for lock in locks for argument in ("-r", str(lock))]
    steps = (
        [*pip_install, "--require-hashes", "-r", str(UV_LOCK)],
        [*uv_install, "--require-hashes", *files],
        # The build backend is part of uv, so this needs no download.
        [*uv_install, "--offline", "--no-deps", "--editable", str(PROJECT)],
    )
    variables = environment(python)
    for step in steps:
        if status := subprocess.run(step, env=variables).returncode:
            return status
    (folder / READY).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
