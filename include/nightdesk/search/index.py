"""The index on disk: brought up to date by night, made again when it is unfit.

    published/search/current -> 3      the index in force, swapped when it is made anew
    published/search/3/                tantivy's files, and nothing else

Each night's articles are deleted and added, and one commit at the end shows all of it:
a reader sees the index before or after, never between, and keeps what it has opened.
What the index stands for (number of the catalogue, digest of every night, names of
sources and regions) is a document of its own, written in the same commit. An article's
card (title, address, text) is kept in the index too: to read ten texts from ten nights'
Parquet parts takes 300 ms and more, since each part unpacks 2,000 of them for one.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import tantivy

from nightdesk.errors import SearchError
from nightdesk.search.fold import UNICODE, fold_terms

log = logging.getLogger(__name__)

Row = Mapping[str, Any]
ReadNight = Callable[[str], Iterable[Row]]

#: To be raised when an article is indexed in another way.
VERSION = f"1, Unicode {UNICODE}"
CURE = "nightdesk publish --again"

_HEAP = 64_000_000  # bytes of postings before they are written as a segment
_WAIT_S = 60  # for another writer
_READ_LOCK = ".tantivy-meta.lock"
_CARD = ("article_id", "night", "story_id", "source_id", "url", "title", "lang")
_FAILURES = (OSError, ValueError, RuntimeError, zlib.error)


@dataclass(frozen=True)
class Snapshot:
    """What an index stands for."""

    number: int  # of the catalogue
    nights: Mapping[str, str]  # night -> digest of what is indexed of it
    sources: tuple[Row, ...] = ()  # source_id, name, was
    regions: tuple[Row, ...] = ()  # region_id, name


@dataclass(frozen=True)
class Opened:
    """An index as a reader found it; later commits do not change it."""

    searcher: tantivy.Searcher
    schema: tantivy.Schema
    snapshot: Snapshot

    @cached_property
    def source_names(self) -> dict[str, str]:
        """The names of the sources by id."""
        return {row["source_id"]: row["name"] for row in self.snapshot.sources}

    def read_card(self, address: tantivy.DocAddress) -> dict[str, Any]:
        """Return what is kept of an article: `_CARD`, published_at, text or None."""
        raw = self.searcher.doc(address).get_first("card")
        return _unpack(raw)


def build_schema() -> tantivy.Schema:
    """Return the fields of the index; terms come folded, with blanks between them."""
    builder = tantivy.SchemaBuilder()
    for name in ("body", "title", "person", "org", "place"):
        builder.add_text_field(name, tokenizer_name="whitespace")
    for name in ("kind", "region", "source", "lang"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("night", "story"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("article", fast=True)
    builder.add_bytes_field("card", stored=True)
    return builder.build()


@contextmanager
def name_failure(what: str) -> Iterator[None]:
    """Turn what tantivy raises, its panics on damaged files too, into a SearchError."""
    try:
        yield
    except BaseException as error:
        # A panic derives from BaseException, and its class cannot be imported.
        is_panic = type(error).__name__ == "PanicException"
        if not is_panic and not isinstance(error, _FAILURES):
            raise
        cause = str(error).partition("\n")[0] or type(error).__name__
        raise SearchError(f"search: {what}: {cause}; cure: {CURE}") from error


def open_index(folder: Path) -> Opened:
    """Return the index in force.

    Args:
        folder: `published/search`.

    Raises:
        SearchError: there is none yet, or it cannot be read.
    """
    current = folder / "current"
    if not current.exists():
        raise SearchError(
            f"search: {folder}: nothing there yet; nightdesk publish makes it"
        )
    place = current.resolve()
    try:
        return _open(place)
    except SearchError:
        if current.resolve() == place:
            raise
        return _open(current.resolve())  # it was made anew in between


def _open(place: Path) -> Opened:
    with name_failure(str(place)):
        index = tantivy.Index.open(str(place))
        index.config_reader("manual")  # no thread that waits for commits
        searcher = index.searcher()
        query = tantivy.Query.term_query(index.schema, "kind", "snapshot")
        found = searcher.search(query, 1, count=False).hits
        if not found:
            raise ValueError("does not say what it stands for")
        raw = _unpack(searcher.doc(found[0][1]).get_first("card"))
        if raw["version"] != VERSION:
            raise ValueError(f"is of version {raw['version']}, not {VERSION}")
        snapshot = Snapshot(
            raw["number"], raw["nights"], tuple(raw["sources"]), tuple(raw["regions"])
        )
    return Opened(searcher, index.schema, snapshot)


def update_index(
    folder: Path, wanted: Snapshot, read: ReadNight, *, again: bool = False
) -> int:
    """Bring the index to what is wanted; return the number of articles that it read.

    It is made anew from all nights where it is missing, damaged, of another version,
    or more deleted than alive.

    Args:
        folder: `published/search`.
        wanted: what the index shall stand for.
        read: returns the articles of a night, as rows with the columns of
            `warehouse/searched.sql`.
        again: make it anew in any case.

    Raises:
        SearchError: it cannot be written, or another process does; it stays as it was.
    """
    with name_failure(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        _sweep(folder)
        place = (folder / "current").resolve()
        if not again and (known := _find_known(folder)) is not None:
            if known == wanted:
                return 0
            try:
                return _write(place, wanted, known, read)
            except SearchError as error:
                log.warning("search index=%s is made anew: %s", place, error)
        return _make_anew(folder, wanted, read)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep other writers away; the lock goes with the process."""
    with name_failure(str(folder)), (folder / ".lock").open("w") as handle:
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    message = f"search: {folder}: another process is writing it"
                    raise SearchError(message) from error
                time.sleep(0.1)
        yield


def _find_known(folder: Path) -> Snapshot | None:
    """Return what the index stands for; None if it is to be made anew."""
    try:
        opened = open_index(folder)
        meta = read_meta((folder / "current").resolve())
    except SearchError as error:
        log.info("search index=%s is made anew: %s", folder, error)
        return None
    n_all = sum(segment["max_doc"] for segment in meta["segments"])
    if n_all > 2 * opened.searcher.num_docs:
        return None
    return opened.snapshot


def _make_anew(folder: Path, wanted: Snapshot, read: ReadNight) -> int:
    draft = folder / ".draft"
    with name_failure(str(draft)):
        draft.mkdir()
    try:
        n_articles = _write(draft, wanted, Snapshot(0, {}), read)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    with name_failure(str(folder)):
        number = 1 + max([0, *(int(p.name) for p in folder.glob("[0-9]*"))])
        draft.rename(folder / str(number))
        link = folder / ".current"
        link.symlink_to(str(number))
        link.replace(folder / "current")
        _sweep(folder)
    return n_articles


def _sweep(folder: Path) -> None:
    """Remove what is not in force: older indexes, and what a kill left behind."""
    current = (folder / "current").resolve().name
    for path in [*folder.glob("[0-9]*"), folder / ".draft"]:
        if path.is_dir() and path.name != current:
            shutil.rmtree(path)
    (folder / ".current").unlink(missing_ok=True)


def _write(place: Path, wanted: Snapshot, known: Snapshot, read: ReadNight) -> int:
    """Delete and add the nights that differ, and commit; return the number of rows."""
    both = {*wanted.nights, *known.nights}
    changed = sorted(n for n in both if wanted.nights.get(n) != known.nights.get(n))
    n_articles = 0
    with name_failure(str(place)):
        index = tantivy.Index(build_schema(), path=str(place))
        writer = index.writer(_HEAP, 1)
        writer.delete_documents_by_term("kind", "snapshot")
        for night in changed:
            if night in known.nights:
                writer.delete_documents_by_term("night", number_night(night))
            for row in read(night) if night in wanted.nights else ():
                writer.add_document(_make_document(row))
                n_articles += 1
        snapshot = tantivy.Document()
        snapshot.add_text("kind", "snapshot")
        snapshot.add_bytes("card", _pack({"version": VERSION, **asdict(wanted)}))
        writer.add_document(snapshot)
        writer.commit()
        writer.wait_merging_threads()
        # Who reads takes this lock too, and may be another user.
        (place / _READ_LOCK).touch()
        (place / _READ_LOCK).chmod(0o666)
    return n_articles


def number_night(night: str | date) -> int:
    """Return a night as the index counts it."""
    day = date.fromisoformat(night) if isinstance(night, str) else night
    return day.toordinal()


def _make_document(row: Row) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("kind", "article")
    document.add_integer("night", number_night(row["night"]))
    document.add_integer("story", row["story_id"])
    document.add_integer("article", row["article_id"])
    document.add_text("source", row["source_id"])
    title = fold_terms(row["title"] or "")
    document.add_text("title", title)
    document.add_text("body", title)
    if row["text"]:
        document.add_text("body", fold_terms(row["text"]))
    if row["lang"]:
        document.add_text("lang", row["lang"])
    for region in row["regions"] or ():
        document.add_text("region", region)
    for field in ("person", "org", "place"):
        for name in row[f"{field}s"] or ():
            document.add_text(field, fold_terms(name))
    at = row["published_at"]
    card = {name: row[name] for name in _CARD} | {"text": row["text"]}
    card |= {"night": str(row["night"]), "published_at": at and at.isoformat()}
    document.add_bytes("card", _pack(card))
    return document


def _pack(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 3)


def _unpack(raw: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(zlib.decompress(bytes(raw)))
    return value


def read_meta(place: Path) -> dict[str, Any]:
    """Return what tantivy says of an index: its segments, with their deleted articles.

    Raises:
        SearchError: it cannot be read.
    """
    with name_failure(str(place)):
        meta: dict[str, Any] = json.loads((place / "meta.json").read_text("utf-8"))
        return meta
