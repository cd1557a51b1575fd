"""Both engines side by side: `make test-spark`."""

import os
import shutil
import subprocess

import pytest

from engines_support import Engines
from flex_insights.settings import PROJECT, Settings
from workshop.command import FLEX_INSIGHTS


@pytest.fixture(scope="session")
def engines(tmp_path_factory):
    """SQL with the project's macros on both engines, in this process."""
    both = Engines(tmp_path_factory.mktemp("engines"))
    yield both
    both.close()


@pytest.fixture(scope="session")
def build_on_both(tmp_path_factory):
    """build_on_both(events, …) builds the marts of event files with either engine and gives the
    Settings of the folder; `spark` and `duckdb` are what the environment says beside, `project` is a
    copy with other seeds."""

    def build(events, spark=(), duckdb=(), unit_tests=False, project=PROJECT, **settings):
        data = tmp_path_factory.mktemp("marts")
        for engine, own in (("duckdb", dict(duckdb)), ("spark", dict(spark))):
            environment = {**os.environ, **settings, **own}
            environment |= {"EVENTS": str(events), "DATA": str(data), "ENGINE": engine}
            # The package of the copy comes before the one that is installed.
            environment |= {"PYTHONPATH": str(project / "scripts")}
            command = [FLEX_INSIGHTS, "build"]
            if unit_tests and engine == "spark":
                command.append("--unit-tests")
            done = subprocess.run(
                command, cwd=project, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{engine}\n{done.stdout}\n{done.stderr}"
        # what is not compared any more; the disk is small
        shutil.rmtree(data / "spark" / "warehouse" / "intermediate.db")
        shutil.rmtree(data / "spark" / "warehouse" / "staging.db")
        return Settings(str(events), data)

    return build
