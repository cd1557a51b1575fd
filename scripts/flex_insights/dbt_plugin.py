"""A plugin of dbt-duckdb (profiles.yml) that keeps dbt and MetricFlow from creating an empty database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

# what `mf` starts with; dbt imports the package, too, but not this part of it
METRICFLOW = "dbt_metricflow.cli.main"


class Plugin(BasePlugin):
    """Called before each connection to the database."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Raises DbtRuntimeError where there is no database and nothing to build it from."""
        database = Path(creds.path)
        can_build = METRICFLOW not in sys.modules and (database.parent / "raw").is_dir()
        if not database.exists() and not can_build:
            raise DbtRuntimeError(
                f"{database} does not exist: run `flex-insights build` first, or set DATA."
            )
