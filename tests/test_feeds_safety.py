"""Documents made to hang, fill or trick a parser: each ends soon, within bounds."""

from __future__ import annotations

import gzip
import resource
import sys
import time

import pytest

from nightdesk.errors import FeedError
from nightdesk.feeds import feed_row, parse_feed
from nightdesk.model import Feed

URL = "https://hostile.example/feed"
# CPU seconds, not wall time. The slowest takes 0.3 s on a busy two-core machine; what
# these guard against takes minutes.
MAX_CPU_S = 4.0
MAX_BYTES = 60 * 1024 * 1024
ITEM = "<item><title>T {}</title><link>http://x.example/1</link></item>"


def rss(items: str, head: str = "") -> bytes:
    return f"{head}<rss><channel><title>c</title>{items}</channel></rss>".encode()


def lol(n: int) -> str:
    inner = f"&lol{n - 1};" * 10 if n else "lol"
    return f'<!ENTITY lol{n} "{inner}">'


def attributes(value: str, n: int = 50_000, n_items: int = 1) -> bytes:
    stated = " ".join(f'a{i}="{value}"' for i in range(n))
    return rss(f"<item {stated}><title>t</title></item>" * n_items)


LAUGHS = f"<!DOCTYPE lolz [{''.join(map(lol, range(10)))}]>"
QUADRATIC = f'<!DOCTYPE q [<!ENTITY a "{"A" * 100_000}">]>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">%x;]>'
REMOTE = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/canary.dtd">'

#: name -> (document, title of its first entry; None: refused or no entry)
READ = {
    "billion laughs stay unexpanded": (rss(ITEM.format("&lol9;"), LAUGHS), "T &lol9;"),
    "one big entity stays unexpanded": (
        rss(ITEM.format("&a;" * 30_000), QUADRATIC),
        "T " + "&a;" * 30_000,
    ),
    "an external entity is not read": (rss(ITEM.format("&x;"), OUTSIDE), "T &x;"),
    "a remote DTD is not fetched": (rss(ITEM.format("x"), REMOTE), "T x"),
    "100,000 ampersands": (rss(ITEM.format("&" * 10**5)), "T " + "&" * 10**5),
    "a character of thousands of digits": (
        rss(ITEM.format(f"&#{'9' * 5000};")),
        "T \ufffd",
    ),
    "the same, packed twice": (rss(ITEM.format(f"&amp;#{'9' * 5000};")), "T \ufffd"),
    "unclosed scripts in a title": (
        rss(ITEM.format("&lt;script &gt;" * 50_000)),
        "T " + ("<script >" * 50_000),
    ),
    "200 items of 900 attributes": (attributes("1", 900, 200), "t"),
    "50,000 items are cut": (rss(ITEM.format("x") * 50_000), "T x"),
}
REFUSED = {
    "deep nesting": (rss("<a>" * 200_000), "too deep"),
    "nested items": (rss(ITEM.format("x") + "<item><b>" * 30_000), "too deep"),
    "many attributes": (attributes("1"), "tag of over"),
    "attributes that hold a closing mark": (attributes(">"), "tag of over"),
    "attributes that hold both marks": (attributes("<>"), "tag of over"),
    "a tag of blanks": (rss("<item" + " " * 10**6), "tag of over"),
    "a tag without an end": (b"<" * 10**6, "tag of over"),
    "DOCTYPE without an end": (b"<!DOCTYPE x [" * 50_000, "no"),
    "instructions without an end": (b"<?a" * 200_000, "tag of over"),
    "JSON lists 200,000 deep": (b"[" * 200_000, "too deep"),
    "JSON objects 200,000 deep": (b'{"items":' * 200_000, "too deep"),
    "gzip that grows 1,000 times": (gzip.compress(b" " * 50_000_000), "bytes when"),
}
HARMLESS = {
    "comments without an end": rss("<!--" * 200_000),
    "CDATA without an end": rss("<![CDATA[" * 200_000),
    "50,000 names of elements": rss("".join(f"<x{i}/>" for i in range(50_000))),
    "a date of a megabyte": rss(f"<item><pubDate>{'1:' * 500_000}</pubDate></item>"),
    "an author of a megabyte": rss(f"<item><author>{'a@b ' * 250_000}</author></item>"),
    "every byte": bytes(range(256)) * 1000,
    "bytes of no encoding": b"\xe9\x80" * 50_000 + rss(""),
    "a sitemap 200,000 deep": b"<urlset>" + b"<url>" * 200_000,
}


def read_bounded(body: bytes) -> Feed:
    """Return the feed; fail when it takes longer or more memory than allowed."""
    started, before = time.process_time(), peak_memory()
    try:
        return parse_feed(body, url=URL, keep_unlinked=True)
    finally:
        assert time.process_time() - started < MAX_CPU_S
        assert peak_memory() - before < MAX_BYTES


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@pytest.mark.parametrize(("body", "title"), READ.values(), ids=READ.keys())
def test_read_without_harm(body: bytes, title: str) -> None:
    assert read_bounded(body).entries[0].title == title


@pytest.mark.parametrize(("body", "cause"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_its_reason(body: bytes, cause: str) -> None:
    with pytest.raises(FeedError, match=cause):
        read_bounded(body)


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_read_or_refused_but_within_bounds(body: bytes) -> None:
    try:
        n_entries = len(read_bounded(body).entries)
    except FeedError:
        n_entries = 0
    assert n_entries <= 1


def test_inline_pictures_are_no_long_tags() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 100_000}"/>'
    body = rss(ITEM.format(f"<![CDATA[{picture}]]>") + ITEM.format("y"))
    assert len(read_bounded(body).entries) == 2


def test_naughty_rows_do_not_raise() -> None:
    for body_b64 in ("", "====", "PD94", "AAAA", "PGE+"):
        assert feed_row({"id": 1, "body_b64": body_b64})["status"] == "error"


@pytest.mark.parametrize("headers", ["text/xml", 7, [["content-type", "text/xml"]]])
def test_headers_that_are_no_object_are_an_error_of_the_row(headers: object) -> None:
    out = feed_row({"id": 1, "body_b64": "PHJzcy8+", "headers": headers})
    assert (out["status"], out["error"]) == ("error", "headers: no JSON object")
