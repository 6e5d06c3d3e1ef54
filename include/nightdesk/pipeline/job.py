"""What every task is given: settings, the run's name, and the edge's clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from nightdesk import __version__
from nightdesk.config import (
    Settings,
    SourceList,
    load_settings,
    load_sources,
    read_secret,
    sources_path,
)
from nightdesk.errors import ConfigError
from nightdesk.landing import Landing
from nightdesk.model import Source, Watched
from nightdesk.nights import ONE_DAY, last_night
from nightdesk.register import list_known
from nightdesk.tombstones import Tombstones, load_tombstones

#: Nights before the one asked for that a run brings up to date as well.
CATCH_UP = 7
#: The file of the landing area that says whose nights it holds.
_WORLD = "world.json"


def utc_now() -> datetime:
    """Return the time of day; the one clock of the pipeline."""
    return datetime.now(UTC)


def say_nothing(_: str) -> None:
    """Take what a person would be told where nobody waits."""


BUILT = "built"


@dataclass(frozen=True)
class Job:
    """One run of the pipeline, seen from a task.

    Attributes:
        say: told what begins now, where it takes seconds; for who waits for it.
        built: where in the landing area it is noted what nights were built from.
    """

    settings: Settings
    run_id: str
    clock: Callable[[], datetime] = utc_now
    read_secret: Callable[[str], str | None] = read_secret  # of a connection, by name
    say: Callable[[str], None] = say_nothing
    built: str = BUILT

    @property
    def landing(self) -> Landing:
        """The landing area of this run."""
        return Landing(self.settings.landing)

    def load_sources(self) -> SourceList:
        """Return the sources in force.

        Raises:
            ConfigError: the file is wrong.
        """
        return load_sources(sources_path(self.settings))

    def read_register(self) -> list[Watched]:
        """Return what was noted of sources, in the order in which it was."""
        return self.landing.read_folder("watched", Watched)

    def list_sources(self) -> dict[str, Source]:
        """Return every source by id: those of the file in force, and earlier ones."""
        known = list_known(self.read_register(), self.landing.lineages)
        listed = {source.id: source for source in self.load_sources().sources}
        return known | {
            key: replace(source, was=known[key].was if key in known else source.was)
            for key, source in listed.items()
        }

    def load_tombstones(self) -> Tombstones:
        """Return what was taken down.

        Raises:
            ConfigError: a line of it cannot be read; with the cure.
        """
        return load_tombstones(self.settings.decisions, self.landing.present).check()

    def name_file(self, part: str, now: datetime) -> str:
        """Return a file name that no other try of any run uses."""
        run = re.sub(r"[^A-Za-z0-9]+", "-", self.run_id)[-60:].strip("-")
        return f"{now:%Y%m%dT%H%M%S%f}-{part}-{run}"


def start_job(
    run_id: str, read_secret: Callable[[str], str | None] = read_secret
) -> Job:
    """Return the job of a run, with the settings of the environment.

    Args:
        run_id: of Airflow.
        read_secret: connection id -> its secret.

    Raises:
        ConfigError: a setting cannot be read.
    """
    return Job(load_settings(), run_id, read_secret=read_secret)


def user_agent(settings: Settings, sources: SourceList) -> str:
    """Return how we introduce ourselves to servers.

    Raises:
        ConfigError: real sources are watched and nobody can be asked about it.
    """
    if settings.contact is None and not sources.is_newsstand:
        raise ConfigError(
            "NIGHTDESK_CONTACT: not set; real sources are only polled by a pipeline "
            "that says whom to ask, such as NIGHTDESK_CONTACT=desk@newsroom.example"
        )
    return f"nightdesk/{__version__} (+{settings.contact or 'sample newsstand'})"


def keep_worlds_apart(job: Job, sources: SourceList) -> None:
    """Refuse to put real news into the sample's landing area, and the other way round.

    Raises:
        ConfigError: the landing area holds nights of the other world; with the cure.
    """
    marker = job.landing.read_json(_WORLD)
    if not marker:
        job.landing.write_json(_WORLD, {"is_sample": sources.is_newsstand})
    elif marker.get("is_sample") is not sources.is_newsstand:
        holds, cure = (
            ("the made-up news of the sample newsstand", "nightdesk newsstand --clear")
            if marker.get("is_sample")
            else ("real news", "give the sample another NIGHTDESK_DATA")
        )
        raise ConfigError(
            f"{job.settings.landing}: holds {holds}, and {sources.path} is of the "
            f"other world; they are not mixed: {cure}"
        )


def resolve_night(
    start: datetime | None, run_after: datetime | None, now: datetime
) -> date:
    """Return the night of a run: its interval's day, else the last whole day.

    A run that was triggered without a logical date has no interval.
    """
    if start is not None:
        return start.astimezone(UTC).date()
    return last_night(run_after or now)


def nights_back(night: date) -> list[date]:
    """Return the nights that a run of this night looks after, oldest first."""
    return [night - timedelta(days=n) for n in range(CATCH_UP - 1, -1, -1)]


def days_around(night: date) -> tuple[date, date, date]:
    """Return the days whose entries without a date may belong to this night."""
    return night - ONE_DAY, night, night + ONE_DAY
