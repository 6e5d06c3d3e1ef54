"""health: how each source is doing, and what to do about it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from nightdesk.cli import Commands, add_command, parse_day, say, say_json, say_table
from nightdesk.config import Settings, load_settings, load_sources, sources_path
from nightdesk.errors import LandingError
from nightdesk.health import LOOK_BACK, STATUSES, Health, NightCounts, judge_source
from nightdesk.landing import Landing
from nightdesk.model import Source
from nightdesk.pipeline import last_night
from nightdesk.poll_state import PollState, read_state
from nightdesk.warehouse.read import count_nights, list_nights, open_catalogue


def add_commands(commands: Commands) -> None:
    """Add `health`."""
    health = add_command(
        commands,
        "health",
        _health,
        "print how each source is doing, and what to do about it",
        "health --night 2026-03-01",
    )
    health.add_argument(
        "--night",
        type=parse_day,
        metavar="DAY",
        help="UTC day, YYYY-MM-DD; default: the last published one",
    )
    health.add_argument("--all", action="store_true", help="those that are ok as well")
    health.add_argument("--json", action="store_true", help="all sources, as JSON")


def _health(options: argparse.Namespace) -> int:
    settings = load_settings()
    night, found = judge_sources(settings, options.night)
    if options.json:
        say_json([{"night": night, **asdict(health)} for health in found])
        return 0
    shown = [h for h in found if options.all or h.status != "ok"]
    n_ok = sum(health.status == "ok" for health in found)
    say(f"night {night}: {n_ok} of {len(found)} sources are ok")
    if shown:
        say()
        columns = ("source_id", "status", "reason", "mend")
        say_table([asdict(health) for health in shown], columns)
    for health in shown:
        for more in health.also:
            say(f"also       {health.source_id}: {more}")
    return 0


def judge_sources(
    settings: Settings, night: date | None = None
) -> tuple[date, list[Health]]:
    """Return the night and the health of every enabled source, the worst first.

    Args:
        settings: where the landing area and the catalogue lie.
        night: the night to judge; None: the last published one, or the last whole one.
    """
    night, counts = _read_counts(settings, night)
    found = [
        judge_source(
            s.id,
            _read_state(settings, s),
            counts.get(s.id, ()),
            night,
            connection=s.connection,
        )
        for s in load_sources(sources_path(settings)).enabled
    ]
    found.sort(key=lambda h: (STATUSES.index(h.status), h.source_id))
    return night, found


def _read_state(settings: Settings, source: Source) -> PollState:
    landing = Landing(settings.landing)
    try:
        return read_state(landing.read_json(f"sources/{source.id}.json"), source.url)
    except LandingError:
        return PollState(url=source.url)  # collect begins it anew, and logs that


def _read_counts(
    settings: Settings, night: date | None
) -> tuple[date, dict[str, Sequence[NightCounts]]]:
    if not (settings.published / "current.duckdb").exists():  # poll states are all
        return night or last_night(datetime.now(UTC)), {}
    with open_catalogue(settings.published) as con:
        nights = list_nights(con)
        night = night or (nights[-1] if nights else last_night(datetime.now(UTC)))
        rows = count_nights(con, night - timedelta(days=LOOK_BACK), night)
    counts: dict[str, list[NightCounts]] = {}
    present = Landing(settings.landing).present  # renamed since it was published
    for row in rows:
        source_id = str(row.pop("source_id"))
        source_id = present.get(source_id, source_id)
        counts.setdefault(source_id, []).append(NightCounts(**row))
    return night, dict(counts)
