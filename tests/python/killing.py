"""Runs a piece of the project that kills its own process at a chosen moment."""

import subprocess
import sys

from conftest import PROJECT

SCRIPT = """
import os, pathlib, shutil, signal, sys
{imports}
data, moment, *others = sys.argv[1:]
changes = 0
def killing(change):
    def changed(*args, **kwargs):
        global changes
        changes += 1
        has_journal = os.path.exists(data + "/tmp/load/journal.json")
        if str(changes) == moment or (moment == "journal" and has_journal):
            os.kill(os.getpid(), signal.SIGKILL)
        return change(*args, **kwargs)
    return changed
os.fsync = killing(os.fsync)
shutil.rmtree = killing(shutil.rmtree)
for name in ("replace", "unlink", "mkdir", "write_text"):
    setattr(pathlib.Path, name, killing(getattr(pathlib.Path, name)))
{work}
print(changes)
"""


def run_until(moment, imports, work, data, *others):
    """The process, ended by SIGKILL just before the `moment`-th change to the file system, or the
    first behind the journal if it is `journal`. Undisturbed it prints how many there are.

    In `work`, `data` is the folder's path and `others` the further arguments, as text.
    """
    script = SCRIPT.format(imports=imports, work=work)
    return subprocess.run(
        [sys.executable, "-c", script, data, str(moment), *others],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
