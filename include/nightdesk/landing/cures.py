"""What to do about a damaged file of the landing area: one place says it to all."""

from __future__ import annotations

import re

_RESTORE = "nightdesk restore BACKUP --only {name}"
_SPARES = "delete it: it only spares work that is then done again"
_LOST = "without a backup the page is lost"
INDEX_DAY = "nightdesk archive index --day {day}"
#: By how the name of the file begins; the first that fits holds.
_CURES = {
    **dict.fromkeys(
        ("articles/", "fingerprints/", "pairs/", "reviews/", "tags/"),
        "delete it, then nightdesk run --night {day} --offline "
        "--reprocess-from extract",
    ),
    **dict.fromkeys(
        (
            *("built/", "hosts/", "pages/", "plans/", "rebuilding/", "sources/"),
            *("told_missing.json", "version.json", "world.json"),
        ),
        _SPARES,
    ),
    "captures/": f"delete it, then {INDEX_DAY}",
    "urls/": "nightdesk archive index --urls",
    "archive/": f"{_RESTORE}; {_LOST}",
    "journal/": "delete it: what its run had not written down yet is collected again, "
    "as far as feeds still list it",
    "expired.json": "delete it, then nightdesk warehouse rebuild: nights wait in it of "
    "which texts are over",
    "takedown.json": "delete it, then the same nightdesk takedown again: it looks for "
    "what it still knows of",
    "fetch_log/": f"{_RESTORE}; without a backup delete it: nights are loaded without "
    "the attempts that it lists",
    "learned/pins/": f"{_RESTORE}; without a backup delete it: its night is then built "
    "with the newest learned tables",
    "": f"{_RESTORE}; without a backup delete it: what it says is lost",
}
_DAY = re.compile(r"(?:day|night)=(\d{4}-\d\d-\d\d)")


def name_cure(name: str) -> str:
    """Return what brings a file back, or does without it.

    >>> name_cure("captures/day=2026-03-01/a.parquet")
    'delete it, then nightdesk archive index --day 2026-03-01'
    """
    cure = next(cure for start, cure in _CURES.items() if name.startswith(start))
    found = _DAY.search(name)
    return cure.format(name=name, day=found[1] if found else "DAY")


def cure_unlisted(name: str, index: str | None = None) -> str:
    """Return what brings back an archive file that cannot be indexed as it is.

    Args:
        name: of the archive file.
        index: its file of the index, if that is there and damaged.
    """
    found = _DAY.search(name)
    again = INDEX_DAY.format(day=found[1] if found else "DAY")
    if index is None:
        return f"{name_restore(name)}, then {again}; {_LOST}"
    return (
        f"{name_restore(index, name)}; without a backup delete {index}, then {again}: "
        "what cannot be read is lost"
    )


def name_restore(*names: str) -> str:
    """Return the command that brings files back from a backup."""
    return _RESTORE.format(name=" --only ".join(names))
