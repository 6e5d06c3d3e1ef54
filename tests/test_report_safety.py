"""The brief as a file: hostile text stays text, it loads nothing, it never varies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html
from test_report_rows import (
    make_article,
    make_brief,
    make_cluster,
    make_copy,
    make_marts,
    make_sample,
    make_story,
    parse_page,
    read_texts,
)

from nightdesk.report import Row

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return parse_page(make_sample())


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; } </style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "</svg><script>alert(1)</script>",
    "&lt;b&gt; &amp; \\u003cscript\\u003e",
)


def make_hostile(row: Row, text: str) -> Row:
    """Put a text where an outlet, a page or a person could have put it."""
    fixed = ("type", "role", "scheme", "status", "url", "region_id", "parent_id")
    return {
        column: text if isinstance(value, str) and column not in fixed else value
        for column, value in row.items()
    }


def test_hostile_text_stays_text(page: html.HtmlElement) -> None:
    everywhere = " ".join(HOSTILE)
    marts = {
        mart: [make_hostile(row, everywhere) for row in rows]
        for mart, rows in make_marts().items()
    }
    copy = make_copy("post", "https://post.test/8")
    marts["top_clusters"] = [
        make_hostile(make_cluster(copies=[make_hostile(copy, text)]), text)
        for text in HOSTILE
    ]
    marts["top_stories"] = [
        make_hostile(make_story(reports=[make_hostile(copy, text)]), text)
        for text in HOSTILE
    ]
    written = make_brief(marts)
    hostile = parse_page(written)
    assert "<script" not in written
    assert not hostile.xpath("//script | //img | //@onerror")
    assert len(hostile.xpath("//style")) == 1
    assert {n.tag for n in hostile.iter()} == {n.tag for n in page.iter()}
    said = [" ".join(text.split()) for text in HOSTILE]
    assert read_texts(hostile, "//ol/li//h3") == said * 2
    assert read_texts(hostile, "//ol/li//p/a/bdi") == said * 2
    assert hostile.xpath("//ol//a/@title") == list(HOSTILE) * 2
    for section in ("world", "entities", "sources", "missing", "articles"):
        assert everywhere in hostile.xpath(f"string(//*[@id='{section}'])")
    for picture in hostile.xpath("//*[@id='regions']//figure"):
        assert HOSTILE[0] in picture.text_content(), "charts shorten what is too long"
        spoken = picture.xpath("concat(figcaption, div/@aria-label)")
        assert everywhere in " ".join(spoken.split())


ADDRESSES = [
    ("script", "javascript:alert(1)"),
    ("script in mixed case", "JaVaScRiPt:alert(1)"),
    ("script behind a blank", " javascript:alert(1)"),
    ("script with a tab inside", "java\tscript:alert(1)"),
    ("script behind a control character", "\x01javascript:alert(1)"),
    ("data", "data:text/html,<script>alert(1)</script>"),
    ("another script", "vbscript:x"),
    ("a file", "file:///etc/passwd"),
    ("no scheme", "//evil.test/x"),
    ("no host", "https:"),
    ("no address at all", "https://[bad"),
    ("a place in the page", "#top"),
    ("nothing", ""),
]


@pytest.fixture(scope="module")
def unlinked() -> html.HtmlElement:
    marts = make_marts()
    marts["top_clusters"] = [
        make_cluster(url=url, title=name, copies=[make_copy("post", url)])
        for name, url in ADDRESSES[:10]
    ]
    marts["top_stories"] = [
        make_story(url=url, title=name, reports=[make_copy("post", url)])
        for name, url in ADDRESSES[:10]
    ]
    marts["article_list"] = [make_article(url=u, title=n) for n, u in ADDRESSES]
    return parse_page(make_brief(marts))


@pytest.mark.parametrize("name", [name for name, _ in ADDRESSES])
def test_hostile_address_is_no_link(unlinked: html.HtmlElement, name: str) -> None:
    assert name in read_texts(unlinked, "//*[@id='articles']//bdi")
    links = unlinked.xpath("//section//a/@href[not(starts-with(., '#'))]")
    assert links == []


def test_links_lead_to_the_originals(page: html.HtmlElement) -> None:
    links = [link for link in page.xpath("//a/@href") if not link.startswith("#")]
    told = ["https://wire.test/7", "https://post.test/8", "https://daily.test/9"]
    assert links == [*told, *told, "https://wire.test/7"]
    assert set(page.xpath("//a[starts-with(@href, 'http')]/@rel")) == {
        "noopener noreferrer"
    }
    targets = {link[1:] for link in page.xpath("//a/@href") if link.startswith("#")}
    assert targets <= set(page.xpath("//@id"))


def test_page_loads_nothing(page: html.HtmlElement) -> None:
    loading = "//script | //link | //img | //iframe | //object | //embed | //base"
    assert page.xpath(loading) == []
    assert (
        page.xpath("//@src | //@srcset | //@action | //@*[name()='xlink:href']") == []
    )
    written = make_sample()
    assert not re.search(r"url\(|@import|@font-face", written)
    addresses = set(re.findall(r"https?://[^\"'<> ]+", written))
    shown = set(page.xpath("//a/@href"))
    assert addresses - shown == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_ids_are_unique(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_titles_state_their_direction() -> None:
    marts = {**make_marts(), "top_clusters": [make_cluster(title="انتهاء الإضراب")]}
    [title] = parse_page(make_brief(marts)).xpath("//*[@id='stories']//h3")
    assert title.get("dir") == "auto"
    assert title.text_content() == "انتهاء الإضراب"


def test_same_rows_same_bytes() -> None:
    code = (
        "import sys, test_report as t; sys.stdout.buffer.write(t.make_brief().encode())"
    )
    path = os.pathsep.join([str(ROOT / "include"), str(ROOT / "tests")])
    setting = {"PYTHONHASHSEED": "7", "TZ": "Asia/Karachi", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **setting},
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert make_brief() == make_sample()
    assert done.stdout == make_sample().encode()
