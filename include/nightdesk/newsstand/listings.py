"""Feeds and sitemaps of the newsstand, as bytes.

Each format is written by hand, as publishers do, so that what reads them is tested
against something that it did not write itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from nightdesk.newsstand.outlets import Outlet
from nightdesk.newsstand.plan import Item
from nightdesk.newsstand.texts import make_author, make_summary

Listed = Sequence[tuple[Item, str]]

_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "jsonfeed": "application/feed+json",
    "sitemap": "application/xml",
}
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def content_type(outlet: Outlet) -> str:
    """Return the content type under which an outlet serves its feed."""
    return "text/xml" if outlet.is_broken_xml else _TYPES[outlet.kind]


def write_feed(outlet: Outlet, listed: Listed) -> bytes:
    """Return the feed of an outlet, the newest item first."""
    newest_first = list(reversed(listed))
    if outlet.kind == "rss":
        return _write_rss(outlet, newest_first)
    if outlet.kind == "atom":
        return _write_atom(outlet, newest_first)
    if outlet.kind == "jsonfeed":
        return _write_jsonfeed(outlet, newest_first)
    return write_sitemap(outlet, newest_first)


def _write_rss(outlet: Outlet, listed: Listed) -> bytes:
    encoding = "windows-1254" if outlet.is_broken_xml else "utf-8"
    # A broken one forgets to escape the ampersand that its own name brings.
    name = f"{outlet.name} & Liman" if outlet.is_broken_xml else escape(outlet.name)
    parts = [
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{name}</title><link>{outlet.root}/</link>"
        f'<atom:link href="{outlet.feed_url}" rel="self"/>'
        f"<description>{name}</description><language>{outlet.lang}</language>"
        "<ttl>30</ttl>\n"
    ]
    for item, path in listed:
        url = outlet.root + path
        parts.append(
            f"<item><title>{escape(item.title)}</title><link>{escape(url)}</link>"
            f'<guid isPermaLink="false">{_make_guid(item, path)}</guid>'
            f"<dc:creator>{escape(make_author(item))}</dc:creator>"
            f"<pubDate>{format_datetime(item.stated_at)}</pubDate>"
            f"<category>{item.section}</category>"
            f"<description><![CDATA[<p>{escape(make_summary(item))}</p>]]>"
            "</description></item>\n"
        )
    parts.append("</channel></rss>\n")
    return "".join(parts).encode(encoding, "xmlcharrefreplace")


def _make_guid(item: Item, path: str) -> str:
    """Return an id that differs for the second listing: some outlets count clicks."""
    again = "-again" if "?" in path else ""
    return f"{item.outlet.id}-{item.story.day}-{item.index}{again}"


def _write_atom(outlet: Outlet, listed: Listed) -> bytes:
    newest = listed[0][0].stated_at.isoformat() if listed else "1970-01-01T00:00:00Z"
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">'
        f"<title>{escape(outlet.name)}</title><id>{outlet.feed_url}</id>"
        f'<link rel="self" href="{outlet.feed_url}"/>'
        f'<link rel="alternate" href="{outlet.root}/"/>'
        f"<updated>{newest}</updated>\n"
    ]
    for item, path in listed:
        stated = item.stated_at.isoformat()
        parts.append(
            f"<entry><title>{escape(item.title)}</title>"
            f'<link rel="alternate" href="{escape(outlet.root + path)}"/>'
            f"<id>tag:{outlet.host},{item.story.day}:{_make_guid(item, path)}</id>"
            f"<published>{stated}</published><updated>{stated}</updated>"
            f"<author><name>{escape(make_author(item))}</name></author>"
            f'<category term="{item.section}"/>'
            f"<summary>{escape(make_summary(item))}</summary></entry>\n"
        )
    parts.append("</feed>\n")
    return "".join(parts).encode()


def _write_jsonfeed(outlet: Outlet, listed: Listed) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{outlet.root}/",
        "feed_url": outlet.feed_url,
        "language": outlet.lang,
        "items": [
            {
                "id": _make_guid(item, path),
                "url": outlet.root + path,
                "title": item.title,
                "summary": make_summary(item),
                "date_published": item.stated_at.isoformat(),
                "authors": [{"name": make_author(item)}],
                "tags": [item.section],
            }
            for item, path in listed
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def write_sitemap(outlet: Outlet, listed: Listed) -> bytes:
    """Return a news sitemap of what is listed."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="{_NEWS}">\n'
    ]
    for item, path in listed:
        parts.append(
            f"<url><loc>{escape(outlet.root + path)}</loc><news:news>"
            f"<news:publication><news:name>{escape(outlet.name)}</news:name>"
            f"<news:language>{outlet.lang}</news:language></news:publication>"
            f"<news:publication_date>{item.stated_at.isoformat()}"
            f"</news:publication_date><news:title>{escape(item.title)}</news:title>"
            "</news:news></url>\n"
        )
    parts.append("</urlset>\n")
    return "".join(parts).encode()


def write_robots(outlet: Outlet) -> bytes:
    """Return the robots.txt of a host."""
    lines = ["User-agent: *", f"Disallow: {outlet.closed or ''}"]
    if outlet.kind == "sitemap":
        lines.append(f"Sitemap: {outlet.feed_url}")
    return ("\n".join(lines) + "\n").encode()
