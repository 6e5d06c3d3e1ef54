"""The short way for what is well-formed gives what the long way gives."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from nightdesk.errors import FeedError
from nightdesk.feeds import parse_feed
from nightdesk.feeds.sitemap import stream_sitemap
from nightdesk.feeds.tree import has_long_tag, parse_strict
from nightdesk.model import Feed

DATA = Path(__file__).parent / "data" / "feeds"
URL = "https://base.example/feeds/rss"
CASES = [p for p in sorted(DATA.glob("*.xml")) if "utf16" not in p.stem]
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def read(body: bytes) -> Feed:
    return replace(parse_feed(body, url=URL, timezone="Asia/Karachi"), warnings=())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_stray_ampersand_behind_the_root_changes_nothing(path: Path) -> None:
    body = path.read_bytes()
    assert parse_strict(body + b" & ", URL) is None
    assert read(body + b" & ") == read(body)


def test_some_cases_take_the_short_way() -> None:
    trees = [parse_strict(path.read_bytes(), URL) for path in CASES]
    assert sum(tree is not None for tree in trees) >= 8


def sitemap(*titles: str, tail: str = "</urlset>") -> bytes:
    rows = "".join(
        f"<url><loc>https://x.example/{n}</loc><news:news><news:title>{title}"
        "</news:title></news:news></url>"
        for n, title in enumerate(titles)
    )
    return f"<?xml version='1.0'?><urlset {NEWS}>{rows}{tail}".encode()


@pytest.mark.parametrize(
    ("body", "is_streamed"),
    [
        (sitemap("a", "b"), True),
        (gzip.compress(sitemap("a", "b")), True),
        (b"\xef\xbb\xbf" + sitemap("a", "b"), True),
        (sitemap("a", "b", tail=""), False),
        (sitemap("a", "b", tail=" & </urlset>"), False),
        (b"<!DOCTYPE urlset>" + sitemap("a", "b"), False),
        (sitemap("a", "b").replace(b"?>", b" encoding='iso-8859-1'?>"), False),
        (sitemap("a", "b").decode().encode("utf-16"), False),
    ],
    ids=[
        "plain",
        "gzip",
        "a byte order mark",
        "cut",
        "a bare ampersand",
        "a DOCTYPE",
        "another encoding",
        "UTF-16",
    ],
)
def test_sitemaps_are_streamed_or_mended(body: bytes, is_streamed: bool) -> None:
    assert (stream_sitemap(body) is not None) == is_streamed
    feed = parse_feed(body, url=URL)
    assert (feed.kind, [entry.title for entry in feed.entries]) == (
        "sitemap",
        ["a", "b"],
    )


def test_a_title_in_disguised_western_is_mended() -> None:
    feed = parse_feed(sitemap("it&#146;s", "caf\x92"), url=URL)
    assert [entry.title for entry in feed.entries] == ["it’s", "caf’"]


@pytest.mark.parametrize(
    "attributes", [" a='1'" * 1_300, f" a='{'x' * 70_000}'"], ids=["many", "long"]
)
def test_tags_that_hang_a_parser_are_refused(attributes: str) -> None:
    body = sitemap("a").replace(b"<url>", f"<url{attributes}>".encode())
    assert stream_sitemap(body) is None
    with pytest.raises(FeedError, match="a tag of over"):
        parse_feed(body, url=URL)


def test_a_gzip_bomb_stays_small() -> None:
    body = gzip.compress(b"<urlset>" + b" " * 40_000_000)
    with pytest.raises(FeedError, match="when decompressed"):
        parse_feed(body, url=URL)


def test_entries_within_content_are_entries_without_a_link() -> None:
    body = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        b' xmlns="http://purl.org/rss/1.0/"'
        b' xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        b"<item><link>https://x.example/1</link><content:items><content:item>"
        b"<content:encoding/></content:item></content:items></item></rdf:RDF>"
    )
    assert [e.url for e in parse_feed(body, url=URL).entries] == ["https://x.example/1"]
    assert len(parse_feed(body, url=URL, keep_unlinked=True).entries) == 2


@pytest.mark.parametrize(
    ("text", "is_long"),
    [("", False), ("<aaa", False), ("<aaaa", True), ("aaaaaaaa", False),
     ("<aaa>aaaaaaaa<aaa>", False), (">>>>>aaaa><aaaa>", True),
     ("a" * 9 + "<aaaa", True),
     ("<a>" * 50 + "<aaaaa>", True), ("<a>" * 50 + "aaaaaaaaa<aa>", False)],
)  # fmt: skip
def test_long_tags_are_found_wherever_they_stand(text: str, is_long: bool) -> None:
    assert has_long_tag(text, "<", ">", 4) == is_long
