"""Feeds of every dialect beside what must come of them, and what is no feed.

A case is a pair of files in data/feeds: `<case>.xml` or `.json`, and
`<case>.expect.json`, which lists every field that is stated. A new quirk of a
publisher is a new pair, not a new test.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nightdesk.errors import FeedError
from nightdesk.feeds import feed_row, parse_feed
from nightdesk.model import Entry, Feed

DATA = Path(__file__).parent / "data" / "feeds"
CASES = sorted(path for path in DATA.iterdir() if ".expect." not in path.name)
URL = "https://base.example/feeds/rss"
ZONE = "Asia/Karachi"
#: Cases that come with a warning; their files list what is stated.
WARNINGS = {
    "broken_ampersands": "the document is cut: it has no </rss>",
    "rss091_doctype": "entities were not expanded, such as &desk;",
    "xml_entities_attack": "entities were not expanded, such as &b;",
}


def plain(value: Any) -> Any:
    """Return a value as JSON has it, without fields that are not stated."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {key: plain(v) for key, v in pairs if v is not None and v != ()}
    if isinstance(value, Entry):
        return {k: plain(v) for k, v in value._asdict().items() if v not in (None, ())}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def test_every_case_has_an_expectation_and_none_is_left_over() -> None:
    assert len(CASES) >= 20
    expectations = {path.name.split(".")[0] for path in DATA.glob("*.expect.json")}
    assert {path.stem for path in CASES} == expectations


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_feeds_beside_what_must_come_of_them(path: Path) -> None:
    expect = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    if warning := WARNINGS.get(path.stem):
        expect["warnings"] = [warning]
    feed = parse_feed(path.read_bytes(), url=URL, timezone=ZONE)
    assert plain(feed) == expect


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_gzip_changes_nothing(path: Path) -> None:
    body = path.read_bytes()
    assert parse_feed(gzip.compress(body), url=URL) == parse_feed(body, url=URL)


def rss(items: str, head: str = "") -> bytes:
    return f"{head}<rss><channel><title>c</title>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty document"),
        (b" \n\t", "empty document"),
        (b"\xef\xbb\xbf", "empty document"),
        (b"Service unavailable", "neither XML nor JSON: 'Service unavailable'"),
        (b"<!DOCTYPE html><html><body>no</body></html>", "an HTML page"),
        (b"<html><body><p>an <item> in text</p></body></html>", "an HTML page"),
        (b'<opml version="2.0"><body/></opml>', "XML, but no feed: <opml>"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "XML, but no feed: <svg>"),
        (b'{"error": "not found"}', "JSON, but no JSON Feed"),
        (b"[1, 2]", "JSON, but no JSON Feed"),
        (b'{"items": [', "not JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither XML nor JSON"),
        (gzip.compress(rss(""))[:-9], "gzip ends too early"),
        (b"\x1f\x8b\x08\0broken", "gzip"),
    ],
)
def test_what_is_no_feed_is_refused_and_named(body: bytes, cause: str) -> None:
    with pytest.raises(FeedError, match=r"^feed: ") as caught:
        parse_feed(body, url=URL)
    assert cause in str(caught.value)
    assert caught.value.url == URL


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Asia/Nowhere: no such IANA zone"):
        parse_feed(rss(""), url=URL, timezone="Asia/Nowhere")


def test_the_header_names_the_encoding_where_the_prolog_is_silent() -> None:
    body = "<rss><channel><title>Łódź</title></channel></rss>".encode("iso-8859-2")
    feed = parse_feed(body, url=URL, content_type="text/xml; charset=ISO-8859-2")
    assert feed.title == "Łódź"


def test_entries_without_a_link_are_kept_on_demand() -> None:
    body = rss(
        "<item><title>a</title></item><item><link>http://x.example/1</link></item>"
    )
    assert [e.url for e in parse_feed(body, url=URL).entries] == ["http://x.example/1"]
    kept = parse_feed(body, url=URL, keep_unlinked=True)
    assert [e.url for e in kept.entries] == ["", "http://x.example/1"]


def test_entries_beyond_the_limit_are_cut_with_a_warning() -> None:
    item = "<item><title>t</title><link>http://x.example/{}</link></item>"
    body = rss("".join(item.format(n) for n in range(2005)))
    feed = parse_feed(body, url=URL)
    assert len(feed.entries) == 2000
    assert feed.warnings == ("cut after 2000 entries",)


def test_a_full_sitemap_is_read_to_the_limit_of_the_protocol() -> None:
    urls = "".join(
        f"<url><loc>https://x.example/{n}</loc></url>" for n in range(50_001)
    )
    body = f"<urlset>{urls}</urlset>".encode()
    feed = parse_feed(gzip.compress(body), url=URL)
    assert len(feed.entries) == 50_000
    assert feed.warnings == ("cut after 50000 addresses",)


ITEM = "<item><title>{0}</title><link>http://x.example/{0}</link></item>"


@pytest.mark.parametrize(
    ("body", "titles", "warning"),
    [
        (
            rss(
                ITEM.format(1)
                + ITEM.format(2).replace("<item", '<item x="')
                + ITEM.format(3)
            ),
            ["1", "2", "3"],
            "read by feedparser: we saw 2 of 3",
        ),
        (
            rss(ITEM.format(1)) + rss(ITEM.format(2)),
            ["1", "2"],
            "read by feedparser: we saw 1 of 2",
        ),
        (
            rss(ITEM.format(1) + "</textinput></media:player>") + rss(ITEM.format(2)),
            ["1"],
            "read 1 of 2 entry tags",
        ),
        (
            b'<rss><channel xmlns="urn:odd">' + ITEM.format(1).encode() + b"</channel>",
            ["1"],
            "read by feedparser: we saw 0 of 1",
        ),
        (
            b'<q:rss xmlns:q="urn:odd"><q:item><q:title>1</q:title></q:item></q:rss>',
            [],
            "read 0 of 1 entry tags",
        ),
    ],
    ids=[
        "an unclosed quote hides an item",
        "a second root",
        "feedparser fails too",
        "a namespace that nobody knows",
        "a prefix that nobody knows is at least told",
    ],
)
def test_feedparser_is_asked_when_entries_are_missing(
    body: bytes, titles: list[str], warning: str
) -> None:
    feed = parse_feed(body, url=URL, keep_unlinked=True)
    assert [entry.title for entry in feed.entries] == titles
    assert warning in feed.warnings


CUT = "the document is cut: it has no </rss>"


@pytest.mark.parametrize(
    ("body", "titles", "warnings"),
    [
        pytest.param(rss(""), [], ["no entries"], id="a whole feed without entries"),
        pytest.param(b"<rss/>", [], ["no entries"], id="a root that is empty"),
        pytest.param(
            '<?xml version="1.0" encoding="utf-16"?><rss />'.encode("utf-16"),
            [],
            ["no entries"],
            id="an empty root that needs decoding",
        ),
        pytest.param(b'{"items": []}', [], ["no entries"], id="JSON without entries"),
        pytest.param(rss(ITEM.format(1))[:-1], ["1"], [], id="only the last > is lost"),
        pytest.param(
            rss(ITEM.format(1))[:-6], ["1"], [CUT], id="the end of the root is lost"
        ),
        pytest.param(
            rss(ITEM.format(1) + ITEM.format(2))[:-30],
            ["1"],
            [CUT],
            id="an entry without its end is left out",
        ),
        pytest.param(
            rss(ITEM.format("<![CDATA[</item><item>]]>") + ITEM.format(2))[:-30],
            ["</item><item>"],
            [CUT],
            id="tags within CDATA are no ends",
        ),
        pytest.param(
            rss(ITEM.format("&b;"), '<!DOCTYPE rss [<!ENTITY b "c">]>'),
            ["&b;"],
            ["entities were not expanded, such as &b;"],
            id="an entity of the feed's own stays a name",
        ),
        pytest.param(
            rss(ITEM.format("&eacute;"), '<!DOCTYPE rss [<!ENTITY eacute "e">]>'),
            ["é"],
            [],
            id="an entity of HTML is no loss",
        ),
        pytest.param(
            rss(
                ITEM.format("<![CDATA[a&b;c]]>"),
                '<!DOCTYPE rss [<!ENTITY b "c">]>',
            ),
            ["a&b;c"],
            [],
            id="CDATA refers to no entity",
        ),
    ],
)
def test_what_is_lacking_is_said(
    body: bytes, titles: list[str], warnings: list[str]
) -> None:
    feed = parse_feed(body, url=URL, keep_unlinked=True)
    assert [entry.title for entry in feed.entries] == titles
    assert list(feed.warnings) == warnings


@pytest.mark.parametrize("n_bytes", [30, 60, 80], ids=lambda n: f"after {n} bytes")
def test_a_feed_cut_before_its_first_whole_entry_is_none(n_bytes: int) -> None:
    body = b'<?xml version="1.0"?>' + rss(ITEM.format(1))
    with pytest.raises(FeedError, match="cut before"):
        parse_feed(body[:n_bytes], url=URL)


def test_bare_attribute_values_hide_nothing() -> None:
    body = rss(ITEM.format(1).replace("<item", "<item x=1 y=2"))
    assert [entry.title for entry in parse_feed(body, url=URL).entries] == ["1"]


def test_a_row_keeps_what_the_feed_drops() -> None:
    row = {"id": 7, "url": URL, "body_b64": base64.b64encode(rss("<item/>")).decode()}
    out = feed_row({**row, "headers": {"Content-Language": "fr"}})
    assert (out["id"], out["status"], len(out["entries"])) == (7, "ok", 1)
    assert out["feed"]["language"] == "fr"
    assert json.loads(json.dumps(out)) == out


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "body_b64": base64.b64encode(b"<html/>").decode()},
        {"id": 1, "body_b64": "*not base64*"},
        {"id": 1, "body_b64": 5},
        {"id": 1},
        {"id": 1, "body_b64": "PHJzcy8+", "timezone": "Nowhere/None"},
    ],
    ids=["HTML", "no base64", "a number", "no body", "no zone"],
)
def test_a_bad_row_gets_a_status(row: dict[str, Any]) -> None:
    out = feed_row(row)
    assert (out["id"], out["status"], out["entries"]) == (1, "error", [])
    assert out["error"]


def test_a_row_names_dates_that_cannot_be_read() -> None:
    item = "<item><title>a</title><pubDate>{}</pubDate></item>"
    body = "".join(map(item.format, ("Sun, 01 Mar 2026 10:00:00 GMT", "soon", "later")))
    row = {
        "id": 1,
        "body_b64": base64.b64encode(f"<rss>{body}</rss>".encode()).decode(),
    }
    assert feed_row(row)["warnings"] == ["2 dates not read, such as 'soon'"]


def test_parsing_is_pure() -> None:
    for path in CASES:
        first: Feed = parse_feed(path.read_bytes(), url=URL)
        assert parse_feed(path.read_bytes(), url=URL) == first


@pytest.mark.parametrize(
    ("space", "field", "stated"),
    [
        ("https://purl.org/dc/elements/1.1/", "<n:creator>Mira</n:creator>", "Mira"),
        (
            "http://www.rssboard.org/media-rss",
            '<n:thumbnail url="https://x.example/1.jpg"/>',
            "https://x.example/1.jpg",
        ),
    ],
    ids=["Dublin Core by https", "Media RSS at the RSS board"],
)
def test_namespaces_that_publishers_write(space: str, field: str, stated: str) -> None:
    item = ITEM.format(1).replace("<item>", f'<item xmlns:n="{space}">{field}')
    (entry,) = parse_feed(rss(item), url=URL).entries
    assert stated in (*entry.authors, entry.image_url)
