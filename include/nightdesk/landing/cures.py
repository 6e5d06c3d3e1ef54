"""What to do about a damaged file of the landing area: one place says it to all."""

from __future__ import annotations

import re

_RESTORE = "nightdesk restore BACKUP --only {name}"
_SPARES = "delete it: it only spares work that is then done again"
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
    "archive/": f"{_RESTORE}; without a backup the page is lost",
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


def name_restore(name: str) -> str:
    """Return the command that brings a file back from a backup."""
    return _RESTORE.format(name=name)
