"""`$DATA/privacy.json`: what later loads must not bring back.

Of who was erased it holds hashes only, salted with a random text of its own: a value that is found
again is recognised, none can be read out of it. (Who has the file can still try out values.)
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from flex_insights.loading.checked_json import Damaged, read_checked, write_checked
from flex_insights.loading.commit import workspace_path
from flex_insights.loading.errors import LoadError

NAME = Path("privacy.json")
ANY_ACCOUNT = "*"
TAKEN_OUT_KEYS = {"taken_out", "taken_out_load_id"}
# What this version's file has and those of earlier versions have not.
MISSING_IN_VERSIONS = (set(), {"countries"}, {"countries", *TAKEN_OUT_KEYS})


class Register:
    """Accounts that were redacted, and hashes of erased customers, tasks, links and events.

    Raises LoadError if the file is damaged: whom to leave out is never forgotten in silence.
    """

    def __init__(self, data: Path):
        self._data = data
        held = _read(data / NAME)
        self._salt: str = held["salt"]
        self.redacted: set[str] = set(held["redacted_accounts"])
        self.hashes: set[str] = set(held["erased"])
        # Those whose national notation of phone numbers is read.
        self.countries: set[str] = set(held["countries"])
        # Later loads have not been looked through yet.
        self.swept_load_id: int = held["swept_load_id"]
        # Tasks and workers, with their account or ANY_ACCOUNT, of which no event is wanted.
        self.taken_out: set[tuple[str, str]] = set(map(tuple, held["taken_out"]))
        self.taken_out_load_id: int = held["taken_out_load_id"]

    @property
    def has_erased(self) -> bool:
        return bool(self.hashes)

    def hash(self, kind: str, account: str, value: str) -> str:
        """What stands for a value; `kind` is customer, mention, task, link or event."""
        text = "\0".join((self._salt, kind, account, value))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def add(self, kind: str, account: str, values: Iterable[str]) -> None:
        self.hashes.update(self.hash(kind, account, value) for value in values)

    def holds(self, kind: str, account: str, value: str) -> bool:
        return self.hash(kind, account, value) in self.hashes

    def holds_customer(self, account: str, name: str) -> bool:
        """Whether a customer was erased by this name, in this account or in all."""
        return self.holds("customer", account, name) or self.holds("customer", ANY_ACCOUNT, name)

    def write(self) -> Path:
        """Writes it aside for flex_insights.loading.commit; gives its target."""
        path = workspace_path(self._data, NAME)
        held = {
            "salt": self._salt,
            "redacted_accounts": sorted(self.redacted),
            "erased": sorted(self.hashes),
            "countries": sorted(self.countries),
            "swept_load_id": self.swept_load_id,
            "taken_out": sorted(self.taken_out),
            "taken_out_load_id": self.taken_out_load_id,
        }
        write_checked(path, held)
        os.chmod(path, 0o600)
        return NAME


def _read(path: Path) -> dict:
    new = {
        "salt": secrets.token_hex(16),
        "redacted_accounts": [],
        "erased": [],
        "countries": [],
        "swept_load_id": 0,
        "taken_out": [],
        "taken_out_load_id": 0,
    }
    try:
        held = read_checked(path)
    except FileNotFoundError:
        return new
    except Damaged:
        held = {}
    is_known = held.keys() <= new.keys() and new.keys() - held.keys() in MISSING_IN_VERSIONS
    if not is_known or any(not isinstance(held[key], type(new[key])) for key in held):
        raise LoadError(
            f"{path}, the list of who was erased and which accounts were redacted, is damaged: "
            "restore it from a backup. Without it they would come back with the next load: remove "
            "it only to repeat every redact and forget right away."
        )
    return new | held
