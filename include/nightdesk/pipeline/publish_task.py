"""publish: parts and catalogue of every night that changed, its brief, the search."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from nightdesk.config import Settings
from nightdesk.errors import CheckFailed, NightdeskError, ReportError
from nightdesk.pipeline.job import Job
from nightdesk.pipeline.refusals import (
    forget_refusals,
    list_refusals,
    note_refusal,
)
from nightdesk.report import (
    Draft,
    Edition,
    draft_brief,
    list_changes,
    load_shapes,
    read_facts,
)
from nightdesk.search.index import Snapshot, update_index
from nightdesk.warehouse.catalogue import read_manifest
from nightdesk.warehouse.connect import Connect, open_warehouse
from nightdesk.warehouse.publish import (
    Published,
    list_kept,
    publish_nights,
)
from nightdesk.warehouse.read import Rows, list_nights, open_catalogue, read_marts
from nightdesk.warehouse.searched import digest_nights, read_names, read_night
from nightdesk.warehouse.verify import drop_damaged

log = logging.getLogger(__name__)

#: The number of the catalogue for which all briefs have been written.
_WRITTEN = ".catalogue"


def publish_changes(
    job: Job, connect: Connect, *, again: bool = False, fresh: bool = False
) -> Published:
    """Publish what was loaded since the last publish, write its briefs, index it.

    Cheap and idempotent: without a change nothing is written. The search index is
    mended too if it needs that; where it cannot be, the night is published all the
    same, the error is logged, and the next publish tries again. `again` and `fresh`
    are those of `publish_nights`.

    Raises:
        CheckFailed: a mart of a night broke a check; the catalogue in force stays, and
            the brief says so.
        ReportError: a brief cannot be written; the next publish does.
        ConfigError: a takedown cannot be read; nothing is published.
    """
    settings = job.settings
    job.load_tombstones()  # raises: what is barred would come back
    try:
        with open_warehouse(connect) as con:
            published = publish_nights(
                con, settings.published, again=again, fresh=fresh
            )
    except CheckFailed as error:
        note_refusal(job, "publish", error, ())
        show_refusals(job)
        raise
    if again:
        drop_damaged(settings.published)
    forget_refusals(job, "publish", published.nights)
    changed = _list_unwritten(settings) | {*published.nights}
    if changed:
        with open_catalogue(settings.published) as con:
            newest = list_nights(con)[-1]
        # The newest brief compares with the nights before it.
        for night in sorted(changed | {newest}):
            write_brief(job, night)
        point_latest(job, newest)
        with _naming(settings.briefs):
            _note_written(settings, published.number)
    try:
        update_search(settings, again=again)
    except NightdeskError as error:
        log.error("publish search index not brought up to date: %s", error)
    log.info(
        "publish catalogue=%d nights=%s",
        published.number,
        ",".join(map(str, published.nights)) or "none",
    )
    return published


def _list_unwritten(settings: Settings) -> set[date]:
    """Return the nights that have changed since briefs were written for all.

    Where that is not known any more: those that have none.
    """
    note, manifest = settings.briefs / _WRITTEN, read_manifest(settings.published)
    if not manifest:
        return set()
    nights = {date.fromisoformat(n): entry for n, entry in manifest["nights"].items()}
    said = note.read_text("utf-8", "replace") if note.exists() else ""
    number = int(said) if said.isdecimal() else 0
    if number == manifest["number"]:
        return set()
    old = list_kept(settings.published).get(number)
    if old is None:
        return {night for night in nights if not find_brief(settings.briefs, night)}
    return {n for n, entry in nights.items() if old["nights"].get(str(n)) != entry}


def _note_written(settings: Settings, number: int) -> None:
    """Note for which catalogue all briefs have been written."""
    fresh = settings.briefs / f"{_WRITTEN}.tmp"
    fresh.write_text(str(number), "utf-8")
    fresh.replace(settings.briefs / _WRITTEN)


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"brief: cannot write {folder}: {error}") from error


def update_search(settings: Settings, *, again: bool = False) -> None:
    """Bring the search index to the catalogue in force; `again`: make it anew.

    Raises:
        SearchError: the index cannot be written.
        WarehouseError: a published part cannot be read.
    """
    manifest = read_manifest(settings.published)
    if not manifest:
        return
    sources, regions = read_names(settings.published, manifest)
    wanted = Snapshot(
        number=manifest["number"],
        nights=digest_nights(manifest),
        sources=tuple(sources),
        regions=tuple(regions),
    )
    read = partial(read_night, settings.published, manifest)
    n_articles = update_index(settings.published / "search", wanted, read, again=again)
    log.info("search catalogue=%d articles=%d", wanted.number, n_articles)


def show_refusals(job: Job) -> None:
    """Let the briefs say on their first line which nights are refused.

    That of the newest published night names all of them. Where nothing has been
    published yet, the first refused night gets a brief that says that alone.
    """
    refused = {refusal.night for refusal in list_refusals(job.landing)}
    published: set[date] = set()
    if (job.settings.published / "current.duckdb").exists():
        with open_catalogue(job.settings.published) as con:
            published = set(list_nights(con))
    newest = max(published or refused)
    for night in sorted((refused & published) | {newest}):
        write_brief(job, night)
    point_latest(job, newest)


def write_brief(job: Job, night: date) -> Path:
    """Write the brief of a night (page, Markdown, JSON); return the page.

    An edition is kept for ever; a new one is made when the brief has changed, and says
    in what.
    """
    draft = make_draft(job, night)
    newest = find_brief(job.settings.briefs, night)
    edition = Edition(cut_off_at=draft.cut_off_at)
    if newest is not None:
        old, facts = _read_brief(newest)
        if newest.read_text("utf-8") == draft.to_html(old):
            return newest
        number = int(newest.parent.name) + 1
        changes = list_changes(facts, draft.facts) if facts else ()
        edition = Edition(number, draft.cut_off_at, changes)
    folder = job.settings.briefs / str(night)
    fresh, place = folder / f".{edition.number}.tmp", folder / str(edition.number)
    with _naming(folder):
        fresh.mkdir(parents=True, exist_ok=True)
        (fresh / "index.html").write_text(draft.to_html(edition), "utf-8")
        (fresh / "brief.md").write_text(draft.to_markdown(edition), "utf-8")
        (fresh / "brief.json").write_text(draft.to_json(edition), "utf-8")
        fresh.replace(place)
    return place / "index.html"


def make_draft(job: Job, night: date) -> Draft:
    """Return the brief of a night by what is published now."""
    refused = list_refusals(job.landing)
    marts: Mapping[str, Rows] = {}
    if (job.settings.published / "current.duckdb").exists():
        with open_catalogue(job.settings.published) as con:
            marts = read_marts(con, night)
            is_newest = night >= max(list_nights(con), default=night)
        refused = [r for r in refused if is_newest or r.night == night]
    shapes = load_shapes(job.settings.shipped / "geo")
    return draft_brief(night, marts, shapes=shapes, refused=refused)


def _read_brief(page: Path) -> tuple[Edition, dict[str, dict[str, str]]]:
    """Return an edition and its facts; none where it cannot be read any more."""
    try:
        return read_facts(page.with_name("brief.json").read_text("utf-8"))
    except (OSError, ReportError) as error:
        log.warning("publish brief=%s not compared with: %s", page.parent, error)
        return Edition(int(page.parent.name)), {}


def read_edition(briefs: Path, night: date) -> Edition:
    """Return what the newest edition of a night's brief says of itself."""
    newest = find_brief(briefs, night)
    return _read_brief(newest)[0] if newest else Edition()


def find_brief(briefs: Path, night: date) -> Path | None:
    """Return the newest edition of a night's brief; None before the first."""
    folder = briefs / str(night)
    editions = sorted(folder.glob("[0-9]*"), key=lambda path: int(path.name))
    return editions[-1] / "index.html" if editions else None


def point_latest(job: Job, night: date) -> None:
    """Let `briefs/latest` show the newest edition of a night."""
    brief = find_brief(job.settings.briefs, night)
    if brief is None:
        return
    link = job.settings.briefs / ".latest.tmp"
    with _naming(job.settings.briefs):
        link.unlink(missing_ok=True)
        link.symlink_to(brief.parent.relative_to(job.settings.briefs))
        link.replace(job.settings.briefs / "latest")
