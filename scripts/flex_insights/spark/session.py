"""What a build on Spark needs besides dbt: Java, and a folder without results of an earlier build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import jinja2
import yaml

from flex_insights.run_dbt import DbtError
from flex_insights.settings import PROJECT, Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17


def prepare(settings: Settings) -> None:
    """Removes what an earlier build on Spark left, since each build makes everything.

    Raises DbtError if there is no Java that Spark runs on.
    """
    version = _java_version()
    if version < OLDEST_JAVA:
        found = f"version {version} was found" if version else "none was found"
        where = "JAVA_HOME" if os.environ.get("JAVA_HOME") else "PATH"
        raise DbtError(
            f"Spark needs Java {OLDEST_JAVA} or later, but {found} through {where}: install it, or set JAVA_HOME."
        )
    for name in ("warehouse", "metastore", "tmp"):
        shutil.rmtree(settings.spark / name, ignore_errors=True)
    (settings.spark / "tmp").mkdir(parents=True)
    settings.logs.mkdir(parents=True, exist_ok=True)


def open_session(settings: Settings) -> SparkSession:
    """A session with the settings of the profile, as dbt opens it; a process has only one."""
    from pyspark.sql import SparkSession

    os.environ.update(settings.environment())
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    parameters = profiles["flex_insights"]["outputs"]["spark"]["server_side_parameters"]
    # as dbt-spark sets it
    parameters["spark.sql.ansi.enabled"] = "false"
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in parameters.items():
        text = jinja2.Template(value).render(env_var=os.environ.get)
        builder = builder.config(name, text)
    return builder.getOrCreate()


def finish(settings: Settings) -> None:
    """Ends the session that dbt opened, and removes what only a running build needs."""
    from pyspark import SparkContext

    if context := SparkContext._active_spark_context:
        gateway = context._gateway
        context.stop()
        gateway.shutdown()
    shutil.rmtree(settings.spark / "tmp", ignore_errors=True)
    (settings.spark / "tmp").mkdir(parents=True, exist_ok=True)


def _java_version() -> int:
    # in the same place as Spark looks
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    except OSError:
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else 0
