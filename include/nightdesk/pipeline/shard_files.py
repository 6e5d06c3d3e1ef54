"""Names of a shard's files, and what earlier builds of it left to be used again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from nightdesk.landing import Landing
from nightdesk.pipeline.select_task import Shard


def stem_of(shard: Shard) -> str:
    """Return what the names of a shard's files begin with."""
    return f"{shard['shard']:03d}of{shard['of']:03d}"


def digest_of(parts: Iterable[str]) -> str:
    """Return one digest of several."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def read_earlier(
    landing: Landing, folder: str, stem: str, row_class: type[Any]
) -> dict[str, Any]:
    """Return rows of earlier builds of this shard by the digest of their inputs."""
    names = [n for n in landing.names(folder) if n.startswith(f"{folder}/{stem}-")]
    return {
        row.input_digest: row
        for row in landing.read_rows(names, row_class)
        if row.input_digest
    }
