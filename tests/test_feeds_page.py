"""Index pages read as feeds, labels of encodings, children of a sitemap index."""

from __future__ import annotations

from datetime import date

import pytest

from nightdesk.errors import FeedError
from nightdesk.feeds import choose_children, parse_feed
from nightdesk.feeds.labels import find_label, sniff_html

URL = "https://hill.example/news/"
PAGE = """<!DOCTYPE html><html lang="en"><head><title> Hill
 News</title><base href="/news/"></head><body>
<nav><a href="/about">About us</a> <a href="mailto:desk@hill.example">Mail</a></nav>
<a href="2026/rain-7?utm_source=front"><img src="r.jpg" alt="Rain"></a>
<h2><a href="2026/rain-7#top">Rain floods the <b>lower</b> town</a></h2>
<a href="https://www.hill.example/news/2026/rain-7">Read more</a>
<a href="2026/fish-8">Fish &amp; chips cost more</a>
<a href="javascript:void(0)">2026/none-9</a>
<script>document.write('<a href="2026/drawn-1">Drawn</a>')</script>
<!-- <a href="2026/hidden-2">Hidden</a> --></body></html>"""


def read(body: str | bytes, pattern: str | None = r"/2026/[^/]+-\d+"):
    data = body if isinstance(body, bytes) else body.encode()
    return parse_feed(data, url=URL, kind="page", link_pattern=pattern)


def test_links_that_fit_become_entries() -> None:
    feed = read(PAGE)
    assert (feed.kind, feed.title, feed.lang) == ("page", "Hill News", "en")
    assert [(e.url, e.title, e.published_at) for e in feed.entries] == [
        (
            "https://hill.example/news/2026/rain-7?utm_source=front",
            "Rain floods the lower town",
            None,
        ),
        ("https://hill.example/news/2026/fish-8", "Fish & chips cost more", None),
    ]
    assert feed.warnings == ()


def test_a_pattern_that_fits_nothing_is_told() -> None:
    feed = read(PAGE, "/2031/")
    assert feed.entries == ()
    assert feed.warnings == ("none of 5 links fits the link pattern",)


def test_entries_of_a_page_are_cut_at_the_limit() -> None:
    feed = read("".join(f'<a href="/2026/x-{n}">{n}</a>' for n in range(2_003)))
    assert len(feed.entries) == 2_000
    assert feed.warnings == ("cut after 2000 entries",)


def test_a_pattern_that_would_hang_makes_the_page_unreadable() -> None:
    page = f'<a href="/2026/{"a" * 60}!">Rain</a>' * 20
    with pytest.raises(FeedError, match=r"link_pattern: .* takes too long"):
        read(page, r"(a|a)*$")


@pytest.mark.parametrize("pattern", [None, "", "("], ids=["none", "empty", "broken"])
def test_a_page_wants_a_pattern(pattern: str | None) -> None:
    with pytest.raises(ValueError, match="link_pattern"):
        read(PAGE, pattern)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "no HTML"),
        (b"<!-- nothing -->", "no HTML"),
        (b"<a " + b" x='1'" * 1_300 + b">", "attributes"),
        (b"<a href='" + b"x" * 70_000 + b"'>", "a tag of over"),
    ],
    ids=["no bytes", "a comment alone", "many attributes", "a long tag"],
)
def test_what_is_no_page_is_refused(body: bytes, cause: str) -> None:
    with pytest.raises(FeedError, match=cause):
        read(body)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('<a href="/2026/a-1">Łódź</a>'.encode(), "Łódź"),
        (
            '<meta charset="iso-8859-2"><a href="/2026/a-1">Łódź</a>'.encode("l2"),
            "Łódź",
        ),
        ('<meta charset="utf-8"><a href="/2026/a-1">Café</a>'.encode("l1"), "Café"),
        ('<a href="/2026/a-1">It’s</a>'.encode("cp1252"), "It’s"),
    ],
    ids=["UTF-8 unlabelled", "labelled", "wrongly labelled", "western unlabelled"],
)
def test_pages_are_decoded_as_browsers_do(body: bytes, title: str) -> None:
    assert [entry.title for entry in read(body).entries] == [title]


@pytest.mark.parametrize(
    ("body", "header", "want"),
    [
        (b"\xef\xbb\xbf<meta charset=koi8-r>", "text/html; charset=koi8-r", "utf-8"),
        (b"<meta charset=koi8-r>", "text/html; charset=Latin2", "iso-8859-2"),
        (b"<meta charset=koi8-r>", "text/html; charset=bogus", "koi8-r"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=gbk>", None, "gbk"),
        (b"<!--><meta charset=gbk>", None, "gbk"),
        (b"</meta charset=koi8-r><!x><?y><meta charset=gbk>", None, "gbk"),
        (b"<!-- never closed <meta charset=gbk>", None, "windows-1252"),
        (b"<meta charset=utf-16>", None, "utf-8"),
    ],
    ids=[
        "a byte order mark beats all",
        "the header beats the page",
        "a header that nobody knows",
        "comments say nothing",
        "a comment closed at once",
        "end tags and declarations say nothing",
        "a comment to the end",
        "a label that cannot be true",
    ],
)
def test_labels(body: bytes, header: str | None, want: str) -> None:
    assert sniff_html(body, header) == want


def test_labels_have_one_name_each() -> None:
    assert find_label("UTF8") == "utf-8"
    assert find_label("gb2312") == "gbk"
    assert find_label("iso-8859-9") == "windows-1254"


@pytest.mark.parametrize(
    "piece", [b"<!--", b"<!", b"<p a='", b"<p a=", b"<meta "], ids=repr
)
def test_sniffing_is_linear(piece: bytes) -> None:
    assert sniff_html(piece * 100_000) == "windows-1252"


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (
            ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"],
            ["2026-03-01", "2026-03-02", "2026-02-28"],
        ),
        (["2026/02", "2026/03", "2026/04"], ["2026/03"]),
        (["posts-202603", "pages-202512", "news"], ["posts-202603", "news"]),
        (["2024", "2025", "2026"], ["2026"]),
        (["map-1", "news-map", "map-2"], ["news-map"]),
        ([f"map-{n}" for n in range(1, 21)], [f"map-{n}" for n in (1, 2, 3, 4, 5)]),
        (["2019-01", "2020-05"], []),
    ],
    ids=[
        "days",
        "months",
        "months and a news map",
        "years",
        "a news map alone",
        "numbers: both ends",
        "none of that time",
    ],
)
def test_children_of_an_index(names: list[str], want: list[str]) -> None:
    chosen, left = choose_children(
        [f"https://hill.example/{name}.xml" for name in names], date(2026, 3, 1)
    )
    assert len(left) == {20: 10, 3: 2 if "map-1" in names else 0}.get(len(names), 0)
    found = [url.removeprefix("https://hill.example/")[:-4] for url in chosen]
    assert found[: len(want)] == want
    assert len(found) == (10 if len(names) == 20 else len(want))


@pytest.mark.parametrize(
    ("changed", "wanted", "left"),
    [
        ({"post-2": "2026-03-01T20:00:00Z"}, ["post-2"], []),
        ({"post-2": "2026-03-01", "post-1": "2026-02-28"}, ["post-2", "post-1"], []),
        ({"post-1": None}, ["post-1"], []),
        ({"post-2": "2026-03-01", "page": None}, ["post-2", "page"], []),
        ({"news": "2020-01-01", "post-2": "2026-03-01"}, ["news"], ["post-2"]),
        ({f"new-{n}": "2026-03-01" for n in range(12)},
         [f"new-{n}" for n in range(10)], ["new-10", "new-11"]),
        ({}, [], []),
    ],
    ids=[
        "one that changed that night, in the middle of the index",
        "the nearest to the night first",
        "one that says nothing of a change",
        "both",
        "a news map, and one that may tell as well",
        "more than are read",
        "none has changed since",
    ],
)  # fmt: skip
def test_children_of_an_index_by_their_last_change(
    changed: dict[str, str | None], wanted: list[str], left: list[str]
) -> None:
    """Beside them: two that state no change since the week before."""
    stated = {"author": "2026-02-20", **changed, "tag": "2026-02-20T00:00:00Z"}
    body = "".join(
        f"<sitemap><loc>https://hill.example/{name}.xml</loc>"
        + (f"<lastmod>{at}</lastmod>" if at else "")
        + "</sitemap>"
        for name, at in stated.items()
    )
    index = parse_feed(
        f"<sitemapindex>{body}</sitemapindex>".encode(), url="https://hill.example/"
    )
    found = choose_children(index.children, date(2026, 3, 1), changed=index.changed)
    names = [[u.rpartition("/")[2][:-4] for u in urls] for urls in found]
    assert names == [wanted, left]
