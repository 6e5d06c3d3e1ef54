"""What an outlet can be watched by: candidates, verdicts, patterns of index pages."""

from __future__ import annotations

import re
from datetime import date

import pytest

from nightdesk.discover import (
    Candidate,
    find_sitemaps,
    judge,
    list_candidates,
    propose_page,
)

URL = "https://www.hill.example/"
FRONT = b"""<html><head><link rel="stylesheet" href="/a.css" type="text/css">
<link rel="Alternate" type="application/rss+xml" href="/all.rss">
<link rel="alternate" type="application/feed+json" href="/all.json">
<link rel="alternate" hreflang="de" href="/de/" type="text/html"></head><body>
<a href="/sport/feed/">Sport feed</a> <a href="https://else.example/rss">Else</a>
<a href="/feeding-time-at-the-zoo">Zoo</a></body></html>"""
ROBOTS = b"""User-agent: *\r\nDisallow: /x\r\nSitemap: https://www.hill.example/map.xml
sitemap:/news-map.xml # ours
Sitemap: ftp://hill.example/a"""


def test_candidates_come_in_the_order_of_trust() -> None:
    found = list_candidates(URL, FRONT, "text/html", ROBOTS)
    told = [
        (c.via, c.url.removeprefix(URL[:-1])) for c in found if c.via != "well_known"
    ]
    assert told == [
        ("address", "/"),
        ("link", "/all.rss"),
        ("link", "/all.json"),
        ("anchor", "/sport/feed/"),
        ("robots", "/news-map.xml"),
        ("robots", "/map.xml"),
    ]
    usual = [c.url for c in found if c.via == "well_known"]
    assert "https://www.hill.example/feed/" in usual
    assert len(found) == len({c.url for c in found})


def test_a_dead_front_page_leaves_the_usual_addresses() -> None:
    found = list_candidates(URL, None, None, None)
    assert {c.via for c in found} == {"address", "well_known"}


def test_sitemaps_of_a_robots_file_are_bounded() -> None:
    lines = b"".join(b"Sitemap: /%d.xml\n" % n for n in range(500))
    assert len(find_sitemaps(b"\xef\xbb\xbf" + lines, URL)) == 20


RSS = b"""<rss><channel><title>Hill</title><item><link>https://hill.example/1</link>
<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
INDEX = (
    b"<sitemapindex><sitemap><loc>https://hill.example/a.xml</loc></sitemap>"
    b"</sitemapindex>"
)


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (RSS, ("rss", "Hill", 1)),
        (INDEX, ("sitemap", "said", 0)),
        (FRONT, None),
        (b"<rss><channel><title>empty</title></channel></rss>", None),
        (b"", None),
    ],
    ids=["a feed", "an index of sitemaps", "a page", "an empty feed", "nothing"],
)
def test_answers_are_judged(body: bytes, want: tuple[str, str, int] | None) -> None:
    candidate = Candidate("https://hill.example/f", "link", "said")
    found = judge(candidate, body, None, URL, night=date(2026, 3, 1))
    assert want == (found and (found.kind, found.title, found.n_entries))


MANY = (
    b'<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    + b"<url><loc>https://hill.example/1</loc></url>" * 50_001
    + b"</urlset>"
)
SPEECH = RSS.replace(b"<title>Hill", b"<title>Comments on: Hill")


@pytest.mark.parametrize(
    ("path", "body", "want"),
    [
        ("f", RSS, (1, False, False)),
        ("comments/feed/", RSS, (1, False, True)),
        ("?feed=comments-rss2", RSS, (1, False, True)),
        ("f", SPEECH, (1, False, True)),
        ("comment/feed", RSS, (1, False, False)),
        ("f", MANY, (50_000, True, False)),
    ],
    ids=["a feed", "by its path", "by its query", "by its title",
         "a section for opinion", "more than is read"],
)  # fmt: skip
def test_comments_and_cut_readings_are_marked(
    path: str, body: bytes, want: tuple[int, bool, bool]
) -> None:
    candidate = Candidate(f"https://hill.example/{path}", "link")
    found = judge(candidate, body, None, candidate.url, night=date(2026, 3, 1))
    assert found is not None
    assert (found.n_entries, found.is_cut, found.is_comments) == want


def front(*articles: str) -> bytes:
    menu = "".join(
        f'<a href="/{name}/">{name.title()}</a>' for name in ("world", "sport", "about")
    )
    menu += '<a href="/terms">Terms</a>'
    links = "".join(
        f'<a href="{path}">A headline that is long enough {n}</a>'
        for n, path in enumerate(articles)
    )
    return f"<title>Hill</title>{menu}{links}".encode()


@pytest.mark.parametrize(
    ("articles", "more"),
    [
        (
            ["/world/2026/03/01/rain-in-town", "/sport/2026/02/28/a-long-cup-final",
             "/world/2026/03/01/fish-and-chips"],
            "/arts/2027/12/31/x-y-z",
        ),
        (["/news/10001", "/news/10002", "/news/10345"], "/news/99999"),
        (["/a/story-817.html", "/b/story-914.html", "/c/story-112.html"],
         "/d/story-555.html"),
        (["/read.php?id=71", "/read.php?id=82", "/read.php?id=913"],
         "/read.php?id=5"),
        (["/rain-in-the-town/", "/fish-and-chips/", "/cup-final-tonight/"],
         "/who-won-the-vote/"),
    ],
    ids=["dated", "numbered", "html files", "a query", "slugs"],
)  # fmt: skip
def test_a_pattern_fits_articles_of_the_shape_alone(
    articles: list[str], more: str
) -> None:
    found = propose_page(URL, front(*articles))
    assert found is not None
    assert (found.kind, found.title, found.n_entries) == ("page", "Hill", 3)
    pattern = re.compile(found.link_pattern or "")
    assert pattern.search("https://www.hill.example" + more)
    assert pattern.search("http://hill.example" + more)
    for other in ("/world/", "/sport/", "/", "/terms"):
        assert not pattern.search("https://www.hill.example" + other)
    assert not pattern.search("https://else.example" + more)


@pytest.mark.parametrize(
    "articles",
    [[], ["/news/10001", "/news/10002"], ["/world/", "/sport/", "/arts/", "/money/"]],
    ids=["no links", "too few", "words only"],
)
def test_no_pattern_is_proposed_without_a_shape(articles: list[str]) -> None:
    assert propose_page(URL, front(*articles)) is None


def test_no_pattern_for_what_is_no_page() -> None:
    assert propose_page(URL, b"") is None
