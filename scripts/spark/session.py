"""What a build on Spark needs around dbt: Java, and a place that holds nothing of an earlier build."""

from __future__ import annotations

import re
import shutil
import subprocess

from scripts.run_dbt import DbtError
from scripts.settings import Settings

OLDEST_JAVA = 17


def prepare(settings: Settings) -> None:
    """Removes what an earlier build on Spark left, whole or in part, since everything is made anew.

    Raises DbtError where there is no Java that Spark runs on.
    """
    version = _java_version()
    if version < OLDEST_JAVA:
        found = f"version {version} was found" if version else "none was found"
        raise DbtError(f"Spark needs Java {OLDEST_JAVA} or later, and {found}: install it.")
    for name in ("warehouse", "metastore", "tmp"):
        shutil.rmtree(settings.spark / name, ignore_errors=True)
    (settings.spark / "tmp").mkdir(parents=True)
    settings.logs.mkdir(parents=True, exist_ok=True)


def finish(settings: Settings) -> None:
    """Ends the session that dbt has opened, and removes what only a running build needs."""
    from pyspark import SparkContext

    if context := SparkContext._active_spark_context:
        gateway = context._gateway
        context.stop()
        gateway.shutdown()
    shutil.rmtree(settings.spark / "tmp", ignore_errors=True)
    (settings.spark / "tmp").mkdir(parents=True, exist_ok=True)


def _java_version() -> int:
    try:
        said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    except OSError:
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else 0
