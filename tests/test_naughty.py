"""Strings that break programs, as headlines: they arrive unchanged and run nowhere.

From the title in a feed through landing, extraction, warehouse and marts to the brief.
What is allowed to change is what `squeeze` below does, and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from engines import connect_to, name_warehouse
from lxml import html as lxml_html
from test_build import MORNING, NIGHT, NOON, SOURCES, at, build, query

from nightdesk.config import Settings
from nightdesk.feeds import parse_feed
from nightdesk.model import Capture, Coverage, Entry, KnownUrl, Listing
from nightdesk.pipeline import Job, publish_changes
from nightdesk.pipeline.publish_task import find_brief
from nightdesk.urls import article_id, canonicalize_url

pytestmark = [pytest.mark.shared, pytest.mark.slow]

SITE = "https://alpha.example"
WORDS = [
    *("harbour", "council", "ferry", "market", "bridge", "school", "farmers"),
    *("budget", "river", "minister", "station", "museum", "workers", "winter"),
    *("repair", "airport", "union", "festival", "valley", "engine", "wheat"),
    *("hospital", "storm", "garden", "library", "factory", "island", "season"),
    *("railway", "teachers", "water", "orchard", "lantern", "quarry", "tunnel"),
]
# XML 1.0 has no way to state these, not even as a reference.
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
C1 = re.compile("[\x80-\x9f]")


def read_strings(shared: Path) -> list[str]:
    path = shared / "data" / "feeds" / "naughty_strings.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["s"] for line in lines]


def squeeze(text: str) -> str | None:
    """The headline as it is kept: blanks folded to one, none at the ends, or None."""
    return " ".join(text.split()) or None


def squeeze_xml(text: str) -> str | None:
    """The same of what XML can carry, C1 controls read as windows-1252 (as in HTML)."""
    bare = C1.sub(
        lambda match: match[0].encode("latin-1").decode("windows-1252", "ignore"),
        NO_XML.sub("", text),
    )
    return squeeze(bare)


# -- the feeds, each of which states every string as its format wants it


def write_json(texts: list[str]) -> bytes:
    items = [{"url": f"{SITE}/{n}", "title": text} for n, text in enumerate(texts)]
    return json.dumps({"title": "Alpha", "items": items}).encode()


def write_atom(texts: list[str], kind: str, escape: Callable[[str], str]) -> bytes:
    entries = "".join(
        f'<entry><title type="{kind}">{escape(NO_XML.sub("", text))}</title>'
        f'<link href="{SITE}/{n}"/></entry>'
        for n, text in enumerate(texts)
    )
    head = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Alpha</title>'
    return f"{head}{entries}</feed>".encode()


def write_rss(texts: list[str]) -> bytes:
    items = "".join(
        f"<item><title>{escape_twice(NO_XML.sub('', text))}</title>"
        f"<link>{SITE}/{n}</link></item>"
        for n, text in enumerate(texts)
    )
    return f"<rss><channel><title>Alpha</title>{items}</channel></rss>".encode()


def escape_twice(text: str) -> str:
    return html.escape(html.escape(text))


def escape_xhtml(text: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{html.escape(text)}</div>'


@pytest.mark.parametrize(
    ("write", "keep"),
    [
        pytest.param(write_json, squeeze, id="JSON Feed"),
        pytest.param(
            partial(write_atom, kind="html", escape=escape_twice),
            squeeze_xml,
            id="Atom, escaped HTML",
        ),
        pytest.param(
            partial(write_atom, kind="xhtml", escape=escape_xhtml),
            squeeze_xml,
            id="Atom, XHTML",
        ),
        pytest.param(
            partial(write_atom, kind="text", escape=html.escape),
            squeeze_xml,
            id="Atom, text",
        ),
        pytest.param(write_rss, squeeze_xml, id="RSS, escaped HTML"),
    ],
)
def test_a_feed_gives_its_titles_as_they_are_meant(
    shared: Path,
    write: Callable[[list[str]], bytes],
    keep: Callable[[str], str | None],
) -> None:
    texts = read_strings(shared)
    assert len(texts) == 269
    feed = parse_feed(write(texts), url=f"{SITE}/feed")
    assert [entry.title for entry in feed.entries] == list(map(keep, texts))
    assert feed.warnings == ()


# -- the way to the brief


def write_page(n: int) -> bytes:
    """A made-up article without any headline, in words that no other page has so."""
    chance = random.Random(f"page {n}")
    paragraphs = [
        f"<p>{' '.join(chance.choices(WORDS, k=40)).capitalize()} {n}.</p>"
        for _ in range(6)
    ]
    return (
        f"<html><body><article>{''.join(paragraphs)}</article></body></html>".encode()
    )


def land(job: Job, entries: list[Entry]) -> None:
    """Put into the landing area what a collect run would have of these entries."""
    archive = job.landing.open_archive(MORNING.date(), "naughty")
    rows, known = [], []
    for n, entry in enumerate(entries):
        body, canonical = write_page(n), canonicalize_url(entry.url)
        digest = hashlib.sha256(body).hexdigest()
        capture = Capture(
            entry.url, entry.url, MORNING, digest, "", 0, "text/html", "alpha"
        )
        placed = archive.add(capture, {"content-type": "text/html"}, body)
        captured = {
            "captured_at": MORNING,
            "final_url": entry.url,
            "content_type": "text/html",
            "digest": digest,
            "file": placed.file,
            "offset": placed.offset,
        }
        row = Listing(
            source_id="alpha",
            url=entry.url,
            canonical_url=canonical,
            article_id=article_id(canonical),
            via="feed",
            listed_at=MORNING,
            stated_at=NOON,
            stated_precision="second",
            title=entry.title,
            outcome="ok",
            **captured,
        )
        rows.append(row)
        known.append(KnownUrl(canonical, row.article_id, NIGHT, **captured))
    archive.close()
    job.landing.write_urls("naughty", known)
    job.landing.write_rows(f"entries/night={NIGHT}", "naughty", rows, Listing)
    looked = Coverage("alpha", "ok", MORNING, via="feed")
    job.landing.write_rows(f"coverage/night={NIGHT}", "naughty", [looked], Coverage)


@pytest.fixture(scope="module")
def job(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A night whose headlines are the strings, loaded and published."""
    folder = tmp_path_factory.mktemp("naughty")
    settings = Settings(
        data=folder,
        landing=str(folder / "landing"),
        warehouse=name_warehouse(folder / "warehouse.duckdb"),
        contact="desk@newsroom.example",
    )
    settings.config_dir.mkdir()
    (settings.config_dir / "sources.yaml").write_text(SOURCES)
    job = Job(settings, "test", partial(at, MORNING))
    feed = parse_feed(write_json(read_strings(shared)), url=f"{SITE}/feed")
    land(job, list(feed.entries))
    build(job)
    publish_changes(job, connect_to(settings.warehouse))
    return job


@pytest.mark.parametrize("table", ["entry", "article"])
def test_the_warehouse_keeps_every_headline(job: Job, shared: Path, table: str) -> None:
    want = {f"{SITE}/{n}": squeeze(s) for n, s in enumerate(read_strings(shared))}
    found = dict(query(job, f"SELECT url, title FROM {table}"))
    assert found == want


def test_every_headline_is_an_article_of_its_own(job: Job) -> None:
    assert query(job, "SELECT DISTINCT bin, reason FROM entry") == [("loaded", None)]
    assert query(job, "SELECT count(*) FROM cluster WHERE n_articles > 1") == [(0,)]


def test_the_brief_shows_every_headline_and_runs_none(job: Job, shared: Path) -> None:
    path = find_brief(job.settings.briefs, NIGHT)
    assert path is not None
    written = path.read_text("utf-8")
    page = lxml_html.document_fromstring(written)
    links = {
        link.get("href"): link.text_content()
        for link in page.xpath("//*[@id='articles']//a")
    }
    want = {
        f"{SITE}/{n}": squeeze(text) or "(no title)"
        for n, text in enumerate(read_strings(shared))
    }
    assert links == want
    assert page.xpath("//script | //iframe | //object | //embed | //img | //form") == []
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []
    addresses = page.xpath("//@href | //@src | //@action | //@*[name()='xlink:href']")
    outward = [address for address in addresses if not address.startswith("#")]
    assert {urlsplit(address).scheme for address in outward} == {"https"}
    assert len(page.xpath("//style")) == 1
    # The same elements as a brief of plain headlines has: none came from a string.
    plain = re.sub(r"<bdi>.*?</bdi>", "<bdi>Rain</bdi>", written, flags=re.S)
    tame = lxml_html.document_fromstring(plain)
    assert [n.tag for n in page.iter()] == [n.tag for n in tame.iter()]
