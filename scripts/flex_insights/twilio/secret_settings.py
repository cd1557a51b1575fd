"""Secrets: from the environment, or from a file that it names. Never from an option."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flex_insights.settings import SettingsError


def read_secret(environment: Mapping[str, str], name: str) -> str:
    """The value of a variable, or the content of the file that `<name>_FILE` names; else ''.

    Raises SettingsError if that file cannot be read.
    """
    if environment.get(name):
        return environment[name].strip()
    path = environment.get(f"{name}_FILE") or ""
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise SettingsError(f"{name}_FILE={path} cannot be read: {why}.") from None
