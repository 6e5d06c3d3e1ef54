"""The learned tables by which texts are compared, each version read once.

A night is compared with the versions that it is built with, and two nights with those
of the later one: whatever is loaded first, a pair of nights has one rule.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from nightdesk.deduplicate.rarity import Rarity, format_counts, parse_counts
from nightdesk.landing import Landing
from nightdesk.landing.frozen import NO_VERSION, read_frozen
from nightdesk.model import HotShingle, TermCount

Learned = Mapping[str, str]  # table -> version
T = TypeVar("T")

_SHIPPED = Path("model") / "terms.tsv.gz"


class FrozenTables:
    """Reads the tables of term rarities and of hot shingles.

    Args:
        landing: where what was learned lies.
        shipped: the folder of what is shipped (include/config).
    """

    def __init__(self, landing: Landing, shipped: Path) -> None:
        self._landing, self._shipped = landing, shipped
        self._rarities: dict[str, Rarity] = {}
        self._hot: dict[str, frozenset[int]] = {}

    def read_rarity(self, learned: Learned) -> Rarity:
        """Return the rarity of terms: as shipped, with what was learned added.

        Raises:
            LandingError: the version is not there, or not whole.
        """
        return _read_once(self._rarities, learned, "terms", self._make_rarity)

    def read_hot(self, learned: Learned) -> frozenset[int]:
        """Return the hot shingles; none before any have been learned.

        Raises:
            LandingError: the version is not there, or not whole.
        """
        return _read_once(self._hot, learned, "shingles", self._make_hot)

    def _make_rarity(self, version: str) -> Rarity:
        rows = read_frozen(self._landing, "terms", version, TermCount)
        return Rarity([*read_shipped_terms(self._shipped), *rows])

    def _make_hot(self, version: str) -> frozenset[int]:
        rows = read_frozen(self._landing, "shingles", version, HotShingle)
        return frozenset(row.hash for row in rows)


def _read_once(
    kept: dict[str, T], learned: Learned, table: str, make: Callable[[str], T]
) -> T:
    version = learned.get(table, NO_VERSION)
    if version not in kept:
        kept[version] = make(version)
    return kept[version]


def read_shipped_terms(shipped: Path) -> list[TermCount]:
    """Return the term counts that are shipped."""
    return parse_counts(gzip.decompress((shipped / _SHIPPED).read_bytes()).decode())


def write_shipped_terms(shipped: Path, rows: list[TermCount]) -> None:
    """Write the term counts that are shipped; the same bytes for the same rows."""
    data = gzip.compress(format_counts(rows).encode(), 9, mtime=0)
    (shipped / _SHIPPED).write_bytes(data)
