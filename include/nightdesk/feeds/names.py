"""The one namespace table: what a tag of any feed dialect is called in our readers.

Feeds name one thing in many namespaces (five for Atom, seven for RSS) and often use a
prefix that they never declared. `Names` maps all of them to `local` for RSS and
`prefix:local` for the rest, in lower case, so that a reader is a table of names.
"""

from __future__ import annotations

#: Namespace address (lower case, without a slash or hash at its end) -> prefix.
PREFIXES: dict[str, str] = {
    "": "",
    # RSS: 0.90, 1.0, 1.1, and the addresses that tools gave RSS 2.0 by mistake.
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "http://purl.org/rss/1.0": "",
    "http://purl.org/net/rss1.1": "",
    "http://purl.org/net/rss1.1/payload": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://backend.userland.com/rss091": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://cyber.law.harvard.edu/rss": "",
    "http://cyber.law.harvard.edu/rss/rss.html": "",
    "http://www.rssboard.org/rss-specification": "",
    "http://example.com/newformat": "",
    # Atom: the standard, 0.3, and the drafts before it had a name.
    "http://www.w3.org/2005/atom": "atom",
    "https://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns": "atom",
    "http://purl.org/echo": "atom",
    "http://purl.org/pie": "atom",
    "http://example.com/necho": "atom",
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/elements/1.1": "dc",
    "https://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://search.yahoo.com/mrss": "media",
    "https://search.yahoo.com/mrss": "media",
    "http://www.rssboard.org/media-rss": "media",
    "https://www.rssboard.org/media-rss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0/modules/syndication": "sy",
    "http://prismstandard.org/namespaces/basic/2.0": "prism",
    "http://prismstandard.org/namespaces/1.2/basic": "prism",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://www.sitemaps.org/schemas/sitemap/0.9": "",
    "https://www.sitemaps.org/schemas/sitemap/0.9": "",
    "http://www.google.com/schemas/sitemap/0.84": "",
    "http://www.google.com/schemas/sitemap-news/0.9": "news",
    "https://www.google.com/schemas/sitemap-news/0.9": "news",
    "http://www.google.com/schemas/sitemap-image/1.1": "image",
    "https://www.google.com/schemas/sitemap-image/1.1": "image",
}

#: Prefixes that publishers declare under another spelling, or not at all.
_ALIASES = {
    "rss": "",
    "a10": "atom",
    "atom10": "atom",
    "mrss": "media",
    "dct": "dcterms",
}


class Names(dict[str, str]):
    """The short names of the tags of one document, made as they are asked for.

    >>> Names()["{http://purl.org/dc/elements/1.1/}Date"]
    'dc:date'
    """

    def __missing__(self, tag: str) -> str:
        name = self[tag] = short_name(tag)
        return name


def short_name(tag: str) -> str:
    """Return `local` (RSS, none) or `prefix:local`, in lower case, for an lxml tag.

    A name of an unknown namespace keeps the namespace as its prefix, so that it can
    never pass for a name of ours.

    >>> short_name("{http://purl.org/dc/elements/1.1/}Date")
    'dc:date'
    >>> short_name("dc:date"), short_name("{http://purl.org/rss/1.0/}item")
    ('dc:date', 'item')
    """
    if tag.startswith("{"):
        space, _, local = tag[1:].partition("}")
        key = space.lower().strip().rstrip("/#")
        prefix = PREFIXES.get(key, key)
    elif ":" in tag:
        prefix, _, local = tag.partition(":")
        prefix = _ALIASES.get(prefix.lower(), prefix.lower())
    else:
        prefix, local = "", tag
    local = local.lower()
    return f"{prefix}:{local}" if prefix else local
