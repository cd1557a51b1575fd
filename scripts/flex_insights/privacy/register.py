"""`$DATA/privacy.json`: what later loads must not bring back.

Of who was erased it holds hashes only, salted with a random text of its own: a value that is found
again is recognised, none can be read out of it. (Who has the file can still try out values.)
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from flex_insights.loading.commit import workspace_path

NAME = Path("privacy.json")
ANY_ACCOUNT = "*"


class Register:
    """Accounts that were redacted, and hashes of erased customers, tasks, links and events."""

    def __init__(self, data: Path):
        self._data = data
        path = data / NAME
        held = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self._salt: str = held.get("salt") or secrets.token_hex(16)
        self.redacted: set[str] = set(held.get("redacted_accounts", ()))
        self.hashes: set[str] = set(held.get("erased", ()))
        # Later loads have not been looked through yet.
        self.swept_load_id: int = held.get("swept_load_id", 0)
        # Tasks and workers, with their account or ANY_ACCOUNT, of which no event is wanted.
        self.taken_out: set[tuple[str, str]] = set(map(tuple, held.get("taken_out", ())))
        self.taken_out_load_id: int = held.get("taken_out_load_id", 0)

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

    def holds_customer(self, account: str, value: str) -> bool:
        """Whether a customer's address was erased, in this account or in all; it is normalised."""
        return self.holds("customer", account, value) or self.holds("customer", ANY_ACCOUNT, value)

    def write(self) -> Path:
        """Writes it aside for flex_insights.loading.commit; gives its target."""
        path = workspace_path(self._data, NAME)
        held = {
            "salt": self._salt,
            "redacted_accounts": sorted(self.redacted),
            "erased": sorted(self.hashes),
            "swept_load_id": self.swept_load_id,
            "taken_out": sorted(self.taken_out),
            "taken_out_load_id": self.taken_out_load_id,
        }
        path.write_text(json.dumps(held, indent=0), "utf-8")
        os.chmod(path, 0o600)
        return NAME
