"""Tables that are learned from many nights: numbered, frozen, and pinned by nights.

    learned/<name>/<version>.parquet     what was learned, never changed
    learned/pins/night=D.json            the versions that a night was built with

A version is its number and the digest of its bytes. What a night was built with is
written here and not only into the warehouse, which can be rebuilt from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import TypeVar

from nightdesk.landing import Landing
from nightdesk.landing.rows import encode_rows

Row = TypeVar("Row")

NO_VERSION = ""  # built before anything had been learned


def freeze_rows(
    landing: Landing, name: str, rows: Sequence[object], row_class: type
) -> str:
    """Write what was learned; return its version: the newest one, if nothing changed.

    Args:
        landing: where to.
        name: of the table, such as `boilerplate`.
        rows: in an order that does not depend on chance.
        row_class: their dataclass.
    """
    data = encode_rows(rows, row_class)
    digest = hashlib.sha256(data).hexdigest()[:16]
    newest = find_newest(landing, name)
    number, _, known = newest.partition("-")
    if known == digest:
        return newest
    version = f"{int(number or 0) + 1:04d}-{digest}"
    landing.put(f"learned/{name}/{version}.parquet", data)
    return version


def find_newest(landing: Landing, name: str) -> str:
    """Return the newest version of a table; `NO_VERSION` where there is none."""
    names = landing.names(f"learned/{name}")
    return PurePosixPath(names[-1]).stem if names else NO_VERSION


def read_frozen(
    landing: Landing, name: str, version: str, row_class: type[Row]
) -> list[Row]:
    """Return the rows of a version.

    Raises:
        LandingError: it is not there, or not whole.
    """
    if version == NO_VERSION:
        return []
    return landing.read_rows([f"learned/{name}/{version}.parquet"], row_class)


def choose_versions(
    landing: Landing, night: date, names: Iterable[str], *, latest: bool
) -> dict[str, str]:
    """Return the versions to build a night with: those it has, else the newest ones.

    Args:
        landing: where they are.
        night: the night.
        names: of the tables.
        latest: take the newest ones in any case.
    """
    pinned = {} if latest else landing.read_json(_pin_file(night))
    return {n: pinned.get(n, find_newest(landing, n)) for n in names}


def pin_versions(landing: Landing, night: date, versions: Mapping[str, str]) -> None:
    """Keep the versions that a night was built with."""
    landing.write_json(_pin_file(night), versions)


def _pin_file(night: date) -> str:
    return f"learned/pins/night={night}.json"
