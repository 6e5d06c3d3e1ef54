"""Files of the landing area that nothing refers to: left by kills and by later builds.

What is captured or listed is never touched here. Files that a build derives are kept
while the build that a night has uses them (`built/night=D.json`), and for some days
longer, since a build that is under way is not noted yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path

from nightdesk.errors import LandingError
from nightdesk.landing import Landing
from nightdesk.landing.files import is_local, sweep_left_overs
from nightdesk.landing.put_off import PutOff

#: Folders of files that a build derives from what was captured.
DERIVED = ("plans", "articles", "fingerprints", "pairs", "tags", "reviews")
_YOUNG = timedelta(days=7)


def sweep_temporaries(landing: Landing) -> int:
    """Delete temporary files of processes that are gone; return how many."""
    if not is_local(landing.root):
        return 0
    root = Path(str(landing.root))
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    return sum(len(sweep_left_overs(folder)) for folder in folders)


def sweep_derived(
    landing: Landing, now: datetime, nights: Collection[date] | None = None
) -> int:
    """Delete what earlier builds of a night derived; return how many files.

    Args:
        landing: the landing area.
        now: the time.
        nights: of these all of it, however young; None: of all nights what is old.

    Raises:
        LandingError: a note of a build is damaged, or a file cannot be deleted; what
            could be done is.
    """
    n_gone, put_off = 0, PutOff()
    for mark in landing.names("built", ".json"):
        night = mark.removeprefix("built/").removesuffix(".json")
        day = date.fromisoformat(night.removeprefix("night="))
        if nights is not None and day not in nights:
            continue
        with put_off.part():
            n_gone += _sweep_night(landing, night, mark, now, nights is None)
    put_off.settle()
    return n_gone


def _sweep_night(
    landing: Landing, night: str, mark: str, now: datetime, is_old_only: bool
) -> int:
    used = set(landing.read_json(mark).get("files", ()))
    if not used:
        return 0  # built by a version that did not note them
    least = _YOUNG if is_old_only else timedelta.min
    over = [
        name
        for folder in DERIVED
        for name in landing.names(f"{folder}/{night}")
        if name not in used and _age(landing, name, now) > least
    ]
    for name in over:
        landing.drop(name)
    return len(over)


def _age(landing: Landing, name: str, now: datetime) -> timedelta:
    try:
        status = (landing.root / name).stat()
    except OSError as error:
        raise LandingError(f"landing: cannot look at {name}: {error}") from error
    return timedelta(seconds=now.timestamp() - status.st_mtime)
