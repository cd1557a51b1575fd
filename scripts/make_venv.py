"""`make_venv.py FOLDER LOCKFILE`: a fresh virtual environment with the packages of the lock file.

Uses nothing but Python itself. Of two at once the second waits and finds the work done.
"""

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

READY = ".ready"


def is_ready(folder: Path, lock_file: Path) -> bool:
    """Whether the environment is complete and not older than the lock file."""
    stamp = folder / READY
    return stamp.exists() and stamp.stat().st_mtime > lock_file.stat().st_mtime


def make(folder: Path, lock_file: Path) -> int:
    """Makes the environment; returns the exit status of pip."""
    print(f"Setting up {folder} (once; a minute or two) ...", flush=True)
    venv.create(folder, clear=True, with_pip=True)
    # Quiet but for errors: pip's notes about its own version or the index help nobody here.
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq"]
    pip += ["--disable-pip-version-check", "--require-hashes", "-r", str(lock_file)]
    status = subprocess.run(pip).returncode
    if status == 0:
        (folder / READY).touch()
    return status


def main() -> int:
    folder, lock_file = map(Path, sys.argv[1:])
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if is_ready(folder, lock_file) else make(folder, lock_file)


if __name__ == "__main__":
    sys.exit(main())
