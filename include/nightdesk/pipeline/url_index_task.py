"""The URL index made again from the entries that it was made from.

A run notes what it learned of URLs in files that bear its name, as its entries do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from nightdesk.errors import LandingError
from nightdesk.landing import Landing
from nightdesk.landing.batch import BUCKETS, split_urls
from nightdesk.landing.cures import name_restore
from nightdesk.landing.rows import check_file
from nightdesk.model import KnownUrl, Listing
from nightdesk.nights import stated_night
from nightdesk.pipeline.collect_rows import known_url


def index_urls(landing: Landing) -> list[str]:
    """Write the damaged files of the URL index anew; return their names.

    And those that are missing, though a page was captured for them.

    Raises:
        LandingError: an entry that is needed is damaged; or it is a file that takes
            pages back, of which no entry tells.
    """
    damaged, done = set(_list_damaged(landing)), []
    for run, files in _list_runs(landing).items():
        for bucket, rows in _read_urls(landing, files).items():
            name = f"urls/bucket={bucket:02d}/{run}.parquet"
            is_lost = not landing.exists(name) and any(r.captured_at for r in rows)
            if name in damaged or is_lost:
                landing.replace_rows(name, rows, KnownUrl)
                done.append(name)
    left = sorted(damaged.difference(done))
    if left:
        raise LandingError(
            f"landing: {left[0]} is damaged, and no entry tells what it said: it may "
            f"take back pages that were added by hand: {name_restore(left[0])}; "
            "without a backup delete it, and take them back again: "
            "nightdesk add --remove URL"
        )
    return done


def _list_damaged(landing: Landing) -> Iterator[str]:
    for bucket in range(BUCKETS):
        for name in landing.names(f"urls/bucket={bucket:02d}"):
            try:
                check_file(landing.get(name))
            except ValueError:
                yield name


def _list_runs(landing: Landing) -> dict[str, list[str]]:
    """Return the files of entries by the run that wrote them."""
    runs: dict[str, list[str]] = {}
    for top in ("entries", "undated"):
        for folder in landing.folders(top):
            for name in landing.names(f"{top}/{folder}"):
                runs.setdefault(PurePosixPath(name).stem, []).append(name)
    return runs


def _read_urls(landing: Landing, files: Iterable[str]) -> dict[int, list[KnownUrl]]:
    """Return what a run learned of URLs, by bucket."""
    rows = landing.read_rows(files, Listing)
    return split_urls(known_url(row, stated_night(row)) for row in rows)
