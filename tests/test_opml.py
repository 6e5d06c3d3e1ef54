"""Subscription lists of others become sources; ours can be read by others."""

from __future__ import annotations

import pytest

from nightdesk.errors import FeedError
from nightdesk.model import Source
from nightdesk.opml import find_damage, make_source, read_opml, write_opml

LIST = b"""<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>
<outline text="Europe"><outline type="RSS" text="Hill &amp; Dale"
  xmlUrl=" http://hill.example/f " htmlUrl="http://hill.example/" language="en-GB"
  category="/News/Local, weather"/>
 <outline title="Atom only" xmlurl="feed://dale.example/atom" type="atom"/></outline>
<outline text="no address"/><outline text="empty" xmlUrl=" "/>
<outline text="R & D" xmlUrl="https://rd.example/"></body></opml>"""


def test_outlines_are_read_as_stated() -> None:
    hill, dale, rd = read_opml(LIST)
    assert (hill.text, hill.feed_url) == ("Hill & Dale", " http://hill.example/f ")
    assert hill.folders == ("News", "Local", "weather", "Europe")
    assert (hill.home_url, hill.lang, hill.kind) == (
        "http://hill.example/",
        "en-GB",
        "rss",
    )
    assert (dale.text, dale.key, dale.folders) == ("Atom only", "xmlurl", ("Europe",))
    assert rd.text == "R & D"


def test_outlines_become_sources() -> None:
    hill, dale, _ = read_opml(LIST)
    assert make_source(hill, {"hill-dale"}) == Source(
        id="hill-dale-2",
        name="Hill & Dale",
        kind="rss",
        url="http://hill.example/f",
        lang="en",
        tags=("news", "local", "weather", "europe"),
    )
    source = make_source(dale, ())
    assert (source.kind, source.url) == ("atom", "http://dale.example/atom")


@pytest.mark.parametrize(
    ("text", "want"),
    [("", "dale-example"), ("新闻", "dale-example"), ("x" * 90, "x" * 58)],
    ids=["no text", "a script without ASCII", "a long name"],
)
def test_ids_are_always_valid(text: str, want: str) -> None:
    (outline,) = read_opml(
        f'<opml><outline text="{text}" xmlUrl="http://dale.example/f"/></opml>'.encode()
    )
    assert make_source(outline, ()).id == want


def test_an_address_that_nobody_fetches_is_refused() -> None:
    (outline,) = read_opml(b'<opml><outline text="a" xmlUrl="ftp://a/b"/></opml>')
    with pytest.raises(ValueError, match="not http"):
        make_source(outline, ())


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"<rss><channel/></rss>", b"\x89PNG", b'{"a": 1}'],
    ids=["nothing", "text", "a feed", "a picture", "JSON"],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(FeedError, match="opml"):
        read_opml(body)


ONE = '<outline text="One" xmlUrl="http://one.example/f"/>'


@pytest.mark.parametrize(
    ("text", "n_read", "want"),
    [
        (f"<opml><body>{ONE}</body></opml>", 1, None),
        (LIST.decode(), 3, None),
        (f"<opml>\n<body>\n{ONE}\n", 1, "cut at line 3"),
        (f'<opml><body>{ONE}\n<outline text="Two" xmlUrl="http://tw', 1,
         "cut at line 2, 1 of 2 subscriptions are lost"),
        (f"<opml><body>{ONE}<!-- </opml>", 1, "cut at line 1"),
        (f'<opml><body>{ONE}<outline xmlUrl="http://two.example/" text="a < b " c" '
         "</body></opml>", 2, None),
    ],
    ids=["whole", "mended, and whole", "cut between two", "cut in an address",
         "its end is in a comment", "mended, with nothing lost"],
)  # fmt: skip
def test_what_a_list_lacks_is_said(text: str, n_read: int, want: str | None) -> None:
    outlines = read_opml(text.encode())
    assert len(outlines) == n_read
    found = find_damage(text.encode(), len(outlines))
    assert found == (want and f"not well-formed: {want}")


def test_entities_of_a_list_are_not_expanded() -> None:
    body = (
        b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body>'
        b'<outline text="&x;" xmlUrl="http://a.example/"/></body></opml>'
    )
    assert [o.text for o in read_opml(body)] == ["&x;"]


def test_what_is_written_reads_the_same() -> None:
    sources = [
        Source("a", "Tag <b>\"&'\n\x01", "rss", "http://a.example/?x=1&y=2", lang="en"),
        Source(
            "b",
            "ب",
            "jsonfeed",
            "http://b.example/",
            tags=("asia", "wire"),
            is_enabled=False,
        ),
        Source("c", "Page", "page", "http://c.example/", link_pattern="x"),
    ]
    back = [make_source(o, ()) for o in read_opml(write_opml(sources).encode())]
    assert [(s.kind, s.url, s.lang, s.tags, s.is_enabled) for s in back] == [
        ("rss", "http://a.example/?x=1&y=2", "en", (), True),
        ("jsonfeed", "http://b.example/", None, ("asia", "wire"), False),
    ]
    assert [s.name for s in back] == ["Tag <b>\"&'", "ب"]
