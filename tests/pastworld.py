"""A desk that reads past nights of the sample world, and counts what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from engines import name_warehouse

from nightdesk.config import Settings
from nightdesk.fetch import answered
from nightdesk.landing import Landing
from nightdesk.model import Coverage, Listing
from nightdesk.newsstand import OUTLETS, Stand, World, serve
from nightdesk.newsstand.plan import Item
from nightdesk.nights import merge_coverage, merge_listings
from nightdesk.pipeline import Job, collect_sources

#: The time of asking, and a night that no feed shows any more.
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
NIGHT = date(2026, 3, 10)
ONE_DAY = timedelta(days=1)
BY_ID = {outlet.id: outlet for outlet in OUTLETS}
ARTICLES = 80


def _has_page(row: Listing) -> bool:
    return row.file is not None


def stand_still(moment: datetime) -> datetime:
    return moment


def write_sources(rows: Mapping[str, Mapping[str, str]]) -> str:
    """A sources file: outlet id -> keys that differ from the outlet's own."""
    lines = ["newsstand: true", "sources:"]
    for source_id, own in rows.items():
        outlet = BY_ID[own.get("outlet", source_id)]
        keys = {
            "id": source_id,
            "name": f'"{outlet.name}"',
            "kind": outlet.kind,
            "url": f'"{outlet.feed_url}"',
            "lang": outlet.lang,
            "timezone": outlet.timezone,
            "gap_s": "0",
            **{key: value for key, value in own.items() if key != "outlet"},
        }
        lines.append(f"  - {{{', '.join(f'{k}: {v}' for k, v in keys.items())}}}")
    return "\n".join(lines) + "\n"


@dataclass
class Desk:
    """A data folder, and a world that is being served."""

    folder: Path
    world: World
    stand: Stand
    moment: datetime = NOW
    run_id: str = "test"
    asked: int = field(default=0)  # requests before the last collect

    def job(self) -> Job:
        settings = Settings(
            data=self.folder,
            landing=str(self.folder / "landing"),
            warehouse=name_warehouse(self.folder / "warehouse.duckdb"),
            mirrors=self.world.mirrors(self.stand.base_url),
        )
        return Job(settings, self.run_id, partial(stand_still, self.moment))

    @property
    def landing(self) -> Landing:
        return Landing(str(self.folder / "landing"))

    def watch(self, **rows: Mapping[str, str]) -> None:
        self._write("sources.yaml", write_sources(rows))

    def turn_on(self, *kinds: str, **caps: int) -> None:
        """Turn places on, with other caps, and pace nobody."""
        keys = {"enabled": "true", "gap_s": "0", **{k: str(v) for k, v in caps.items()}}
        row = ", ".join(f"{key}: {value}" for key, value in keys.items())
        lines = [f"  {kind}: {{{row}}}" for kind in kinds]
        self._write("past.yaml", "\n".join(["past:", *lines, ""]))

    def _write(self, name: str, text: str) -> None:
        folder = self.folder / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")

    def collect(
        self, sources: Sequence[str], night: date = NIGHT, **options: bool
    ) -> dict[str, int]:
        self.moment += timedelta(minutes=1)
        self.asked = len(self.stand.log)
        return collect_sources(self.job(), night, sources, **options)

    def requests(self) -> list[tuple[str, str]]:
        """Hosts and paths of the last collect, without robots.txt and tdmrep.json."""
        log = list(self.stand.log)[self.asked :]
        return [
            (seen.host, seen.path)
            for seen in log
            if not seen.path.endswith(("/robots.txt", "/tdmrep.json"))
        ]

    def entries(self, night: date = NIGHT) -> dict[str, Listing]:
        """What a night has, by address; of two of one article that with its page."""
        rows = self.landing.read_folder(f"entries/night={night}", Listing)
        merged = sorted(merge_listings(rows, answered).values(), key=_has_page)
        return {row.canonical_url: row for row in merged}

    def coverage(self, night: date = NIGHT) -> dict[str, Coverage]:
        rows = self.landing.read_folder(f"coverage/night={night}", Coverage)
        return merge_coverage(rows, answered)

    def planted(self, source_id: str, night: date = NIGHT) -> dict[str, Item]:
        """The items of an outlet's night by address; each once."""
        items = self.world.plan(night).by_outlet.get(source_id, ())
        return {item.url: item for item in items}


@contextmanager
def open_desk(folder: Path, **options: object) -> Iterator[Desk]:
    """A desk beside a served world of its own."""
    moment = options.pop("moment", NOW)
    options.setdefault("articles_per_night", ARTICLES)
    world = World(now=partial(stand_still, moment), **options)
    with serve(world) as stand:
        yield Desk(folder, world, stand, moment)
