"""What was shown under a pagination key, remembered for a while, so that the next page shows something else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from relpins_resources.lake.files import read_json, write_json

KEPT_S = 1_800.0
"""A key that was not used for so long starts again."""
MOST_SHOWN = 10_000


class Pages:
    """The keys of one home, a small file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shown(self, key: str) -> list[str]:
        """Ids shown under a key; none if it is new or was not used for half an hour."""
        kept = read_json(self._path(key))
        if kept is None or time.time() - float(kept["at"]) > KEPT_S:
            return []
        return [str(one) for one in kept["ids"]]

    def add(self, key: str, ids: Sequence[str]) -> None:
        """Remember ids as shown, and forget the keys whose time is over."""
        ids = [*self.shown(key), *ids][-MOST_SHOWN:]
        write_json(self._path(key), {"at": time.time(), "ids": ids})
        for path in self.folder.glob("*.json"):
            if time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        name = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self.folder / f"{name}.json"
