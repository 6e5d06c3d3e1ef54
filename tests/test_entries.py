"""What a feed says of an entry, from its bytes to the warehouse: field by field."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpworld import World, reply
from nightworld import MORNING, NIGHT, Desk, write_feed, write_item, write_page

from nightdesk.feeds import feed_row, parse_feed
from nightdesk.model import Coverage, Credit, Listing

ALPHA = "https://alpha.example"
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
CREDITS = (
    '<media:credit role="photographer">Pia Sample</media:credit>'
    "<media:credit>Wire Photos</media:credit>"
)
BOTH = (Credit("Pia Sample", "photographer"), Credit("Wire Photos"))


@pytest.mark.parametrize(
    ("inner", "credits"),
    [
        pytest.param(CREDITS, BOTH, id="in the item"),
        pytest.param(
            f'<media:content url="/a.jpg">{CREDITS}</media:content>',
            BOTH,
            id="in media",
        ),
        pytest.param(
            f'<media:group><media:content url="/a.jpg">{CREDITS}</media:content>'
            f"{CREDITS}</media:group>",
            BOTH,
            id="in a group, each once",
        ),
        pytest.param("<media:credit> </media:credit>", (), id="an empty one"),
        pytest.param("", (), id="none"),
    ],
)
def test_credits_are_kept_with_their_roles(
    inner: str, credits: tuple[Credit, ...]
) -> None:
    rss = (
        f'<rss version="2.0" {MEDIA}><channel><item>{{}}{inner}</item></channel></rss>'
    )
    atom = f"<feed {ATOM} {MEDIA}><entry>{{}}{inner}</entry></feed>"
    link = f"<link>{ALPHA}/a</link>", f'<link href="{ALPHA}/a"/>'
    for text, stated in zip((rss, atom), link, strict=True):
        (entry,) = parse_feed(text.format(stated).encode(), url=ALPHA).entries
        assert entry.credits == credits


@pytest.mark.parametrize(
    ("stated", "title", "url"),
    [
        pytest.param(
            '<source url="https://w.example/f">The Wire</source>',
            "The Wire", "https://w.example/f", id="RSS",
        ),
        pytest.param("<source>The Wire</source>", "The Wire", None, id="no address"),
        pytest.param('<source url="/f"/>', None, f"{ALPHA}/f", id="RSS, no title"),
        pytest.param('<source url="mailto:a@b"/>', None, None, id="no web address"),
        pytest.param("", None, None, id="RSS, none"),
    ],
)  # fmt: skip
def test_where_an_item_was_taken_from(
    stated: str, title: str | None, url: str | None
) -> None:
    item = f"<item><link>{ALPHA}/a</link>{stated}</item>"
    text = f"<rss version='2.0'><channel>{item}</channel></rss>"
    (entry,) = parse_feed(text.encode(), url=ALPHA).entries
    assert (entry.origin_title, entry.origin_url) == (title, url)


@pytest.mark.parametrize(
    ("stated", "url"),
    [
        pytest.param(
            '<link href="https://w.example/"/>', "https://w.example/", id="link"
        ),
        pytest.param("<id>https://w.example/id</id>", "https://w.example/id", id="id"),
        pytest.param("<id>urn:x</id>", None, id="an id that is no address"),
    ],
)
def test_where_an_atom_entry_was_taken_from(stated: str, url: str | None) -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'
        f'<link href="{ALPHA}/a"/><title>A</title>'
        f"<source>{stated}<title>The &lt;Wire</title></source></entry></feed>"
    )
    (entry,) = parse_feed(text.encode(), url=ALPHA).entries
    assert (entry.title, entry.url) == ("A", f"{ALPHA}/a")
    assert (entry.origin_title, entry.origin_url) == ("The <Wire", url)


def test_rows_of_json_have_them_too() -> None:
    item = f"<item><source url='/f'>W</source>{CREDITS}</item>"
    text = f"<rss {MEDIA}><channel>{item}</channel></rss>"
    row = {"id": 1, "body_b64": base64.b64encode(text.encode()).decode(), "url": ALPHA}
    (entry,) = feed_row(row)["entries"]
    assert entry["source"] == {"title": "W", "url": f"{ALPHA}/f"}
    assert entry["credits"][0] == {"name": "Pia Sample", "role": "photographer"}


# as far as the warehouse ----------------------------------------------------

FULL = f"""\
<rss version="2.0" {MEDIA} xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>F</title><item>
<title>Fish</title><link>{ALPHA}/fish</link><guid isPermaLink="false">f-1</guid>
<description>In short.</description><content:encoded>At length.</content:encoded>
<pubDate>Thu, 05 Mar 2026 12:00:00 GMT</pubDate>
<atom:updated>2026-03-05T13:00:00Z</atom:updated>
<dc:creator>Ama Sample</dc:creator><dc:creator>Kofi Example</dc:creator>
<category>Trade</category><category>Sea</category><dc:language>en</dc:language>
<source url="https://w.example/f">The Wire</source>
<media:content url="{ALPHA}/a.jpg" medium="image">{CREDITS}</media:content>
</item></channel></rss>"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.serve("/fish", reply(write_page("Fish")))
        yield desk


@pytest.mark.slow
def test_every_field_gets_there(desk: Desk) -> None:
    desk.serve("/feed", reply(FULL, kind="application/rss+xml"))
    desk.collect()
    (row,) = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    assert row.summary == "In short."
    desk.build()
    columns = (
        "title, url, guid, stated_at, updated_at, authors, categories, lang, "
        "image_url, credits, origin_title, origin_url, bin"
    )
    assert desk.query(f"SELECT {columns} FROM entry") == [
        (
            "Fish", f"{ALPHA}/fish", "f-1", datetime(2026, 3, 5, 12, tzinfo=UTC),
            datetime(2026, 3, 5, 13, tzinfo=UTC), ["Ama Sample", "Kofi Example"],
            ["Trade", "Sea"], "en", f"{ALPHA}/a.jpg",
            [{"name": "Pia Sample", "role": "photographer"},
             {"name": "Wire Photos", "role": None}],
            "The Wire", "https://w.example/f", "loaded",
        )
    ]  # fmt: skip


@pytest.mark.slow
def test_a_date_that_is_still_to_come_is_refused_and_its_entry_counted(
    desk: Desk,
) -> None:
    far = MORNING + timedelta(days=10)
    desk.serve(
        "/feed",
        write_feed(
            write_item("Fish", f"{ALPHA}/fish", far),
            write_item("Gone", f"{ALPHA}/gone", far),
        ),
    )
    desk.collect(None)
    today = NIGHT + timedelta(days=1)
    desk.build(today)
    rows = desk.query(
        "SELECT night, title, bin, reason, future_at FROM entry ORDER BY 2"
    )
    assert rows == [
        (today, "Fish", "loaded", None, far),
        (today, "Gone", "failed", "not_found", far),
    ]
    (candidates,) = desk.query("SELECT date_candidates FROM article")[0]
    assert candidates[-1] == {
        "via": "entry",
        "raw": far.isoformat(),
        "rejected": "future",
    }


@pytest.mark.parametrize(
    ("hours", "is_asked"),
    [pytest.param(1, True, id="an hour later"), pytest.param(37, False, id="too late")],
)
def test_an_old_article_that_has_changed_is_owed_for_a_while(
    desk: Desk, hours: float, is_asked: bool
) -> None:
    desk.serve("/feed", write_feed(write_item("Fish", f"{ALPHA}/fish")))
    desk.collect(None)
    desk.moment += timedelta(days=3)
    desk.serve("/feed", write_feed(write_item("Fish, corrected", f"{ALPHA}/fish")))
    desk.serve("/fish", reply("?", 500))
    assert desk.collect(None)["server_error"] == 1
    desk.serve("/fish", reply(write_page("Fish, corrected")))
    desk.moment += timedelta(hours=hours)
    assert desk.collect(None).get("ok", 0) == is_asked
    assert "ok" not in desk.collect(None)  # and once is enough
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    assert len({row.digest for row in rows if row.file}) == 1 + is_asked


@pytest.mark.parametrize(
    ("n_children", "reason"),
    [(10, None), (12, "read 10 of 12 sitemaps")],
    ids=["all are read", "two are left"],
)
def test_sitemaps_of_an_index_that_are_left_are_counted(
    tmp_path: Path, n_children: int, reason: str | None
) -> None:
    child = "<sitemap><loc>https://alpha.example/map-{}.xml</loc></sitemap>"
    page = "<url><loc>https://alpha.example/{}</loc><lastmod>{}</lastmod></url>"
    with World() as world:
        desk = Desk(tmp_path, world)
        children = "".join(map(child.format, range(n_children)))
        desk.serve("/feed", reply(f"<sitemapindex>{children}</sitemapindex>"))
        for n in range(n_children):
            urls = f"<urlset>{page.format(n, NIGHT)}</urlset>"
            desk.serve(f"/map-{n}.xml", reply(urls, kind="text/xml"))
        desk.collect()
        (look,) = desk.landing.read_folder(f"coverage/night={NIGHT}", Coverage)
    assert (look.status, look.reason, look.n_entries) == ("ok", reason, 10)
