"""OPML subscription lists: bytes -> outlines, sources -> text.

Read with the patience that feed readers' exports need (bare ampersands, unclosed
elements, another spelling of `xmlUrl`); written as OPML 2.0. Left out: lists that
include other lists by address, since reading them would mean fetching.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from nightdesk.errors import FeedError
from nightdesk.feeds.charset import decode_document
from nightdesk.feeds.mend import mend_xml
from nightdesk.feeds.reader import find_root
from nightdesk.feeds.tree import CDATA_OR_COMMENT, Tree, guard_xml, parse_tree
from nightdesk.model import BY_HAND, Source, SourceKind
from nightdesk.urls import host

_KINDS: dict[str, SourceKind] = {
    "rss": "rss",
    "atom": "atom",
    "jsonfeed": "jsonfeed",
    "json": "jsonfeed",
    "sitemap": "sitemap",
}
_MAX_NAME, _MAX_ID = 200, 63
_OWN = "urn:nightdesk:opml"  # namespace of what only we write
_SUBSCRIPTION = re.compile(
    r"<(?:[\w.-]+:)?outline\s[^<]*?\bxmlUrl\s*=\s*[\"']?\s*[^\s\"'<>]", re.I
)


@dataclass(frozen=True, slots=True)
class Outline:
    """A subscription: its text as stated, the address, and the folders it lies in."""

    text: str
    feed_url: str
    home_url: str | None = None
    lang: str | None = None
    kind: str | None = None  # `type` as stated, lower case
    folders: tuple[str, ...] = ()
    key: str = "xmlUrl"  # as it is spelled
    is_enabled: bool = True


def read_opml(body: bytes, url: str = "") -> tuple[Outline, ...]:
    """Return the subscriptions of a list, in the order stated, nothing removed.

    Raises:
        FeedError: the document is no OPML.

    >>> read_opml(b'<opml><body><outline text="Hill" xmlUrl="http://hill.example/f"/>'
    ...           b'</body></opml>')[0].feed_url
    'http://hill.example/f'
    """
    text = mend_xml(guard_xml(decode_document(body).text.replace("\0", ""), url))
    if "<" not in text:
        raise FeedError(f"opml: {url or '-'}: no element in the document", url)
    tree = parse_tree(text, url)
    outlines = tuple(_read_outlines(tree))
    root = tree.name(tree.root).rpartition(":")[2]
    if not outlines and root not in ("opml", "outlinedocument"):
        raise FeedError(f"opml: {url or '-'}: XML, but no OPML: <{root[:60]}>", url)
    return outlines


def find_damage(body: bytes, n_read: int) -> str | None:
    """Return what a list lacks: its end, or some that it states; None: nothing.

    Args:
        body: of the list.
        n_read: how many subscriptions `read_opml` has found in it.

    >>> find_damage(b'<opml><body><outline xmlUrl="http://hill.example/f"/>', 1)
    'not well-formed: cut at line 1'
    """
    text = decode_document(body).text.replace("\0", "")
    bare = CDATA_OR_COMMENT.sub("", guard_xml(text, ""))
    root = re.escape(find_root(bare))
    problems = []
    if not re.search(rf"</(?:[\w.-]+:)?{root}\s*>|<{root}[^<>]*/>", bare, re.I):
        problems.append(f"cut at line {text.rstrip().count(chr(10)) + 1}")
    n_stated = sum(1 for _ in _SUBSCRIPTION.finditer(bare))
    if n_stated > n_read:
        problems.append(f"{n_stated - n_read} of {n_stated} subscriptions are lost")
    return f"not well-formed: {', '.join(problems)}" if problems else None


def _read_outlines(tree: Tree) -> Iterator[Outline]:
    for element in tree.root.iter():
        if tree.name(element).rpartition(":")[2] != "outline":
            continue
        stated = _attributes(element)
        key = next((k for k in stated if k.lower() == "xmlurl"), None)
        if key is None or not stated[key].strip():
            continue
        lowered = {k.lower(): v for k, v in stated.items()}
        yield Outline(
            text=lowered.get("text") or lowered.get("title") or "",
            feed_url=stated[key],
            home_url=lowered.get("htmlurl") or None,
            lang=lowered.get("language") or None,
            kind=(lowered.get("type") or "").strip().lower() or None,
            folders=_read_folders(tree, element, lowered.get("category") or ""),
            key=key,
            is_enabled=stated.get(f"{{{_OWN}}}enabled") != "false",
        )


def _attributes(element: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in element.attrib.items()}


def _read_folders(tree: Tree, element: Any, category: str) -> tuple[str, ...]:
    """Return the words of `category` ("/a/b,c") and the titles of what is around."""
    found = [word.strip() for word in re.split(r"[,/]", category)]
    parent = element.getparent()
    while parent is not None and tree.name(parent).rpartition(":")[2] == "outline":
        found.append((parent.get("text") or parent.get("title") or "").strip())
        parent = parent.getparent()
    return tuple(dict.fromkeys(filter(None, found)))


def make_source(outline: Outline, taken: Collection[str]) -> Source:
    """Return the source that an outline names, with an id that is not taken.

    Raises:
        ValueError: its address is no http(s) address.
    """
    url = outline.feed_url.strip()
    if url.lower().startswith("feed:"):  # Safari's and NetNewsWire's scheme
        url = url[5:] if "://" in url[5:] else f"http://{url[5:].lstrip('/')}"
    outlet = host(url)
    name = " ".join(outline.text.split())[:_MAX_NAME] or outlet
    lang = (outline.lang or "").partition("-")[0].lower()
    return Source(
        id=make_id(name, outlet, taken),
        name=name,
        kind=_KINDS.get(outline.kind or "", "rss"),
        url=url,
        lang=lang if re.fullmatch(r"[a-z]{2,3}", lang) else None,
        tags=tuple(dict.fromkeys(filter(None, map(make_slug, outline.folders)))),
        is_enabled=outline.is_enabled,
    )


def make_id(name: str, outlet: str, taken: Collection[str]) -> str:
    """Return an id for a name, else for its host, with a number if it is taken.

    >>> make_id("The Hill, Daily", "hill.example", {"the-hill-daily"})
    'the-hill-daily-2'
    """
    base = make_slug(name) or make_slug(outlet.removeprefix("www.")) or "source"
    base = base[: _MAX_ID - 5].strip("-")
    found, number = base, 2
    while found in taken or found == BY_HAND:
        found, number = f"{base}-{number}", number + 1
    return found


def make_slug(text: str) -> str:
    """Return lower-case ASCII words joined by hyphens, "" if nothing is left.

    >>> make_slug("Łódź: Świat & Kraj"), make_slug("新闻")
    ('lodz-swiat-kraj', '')
    """
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode()).strip(
        "-"
    )


def write_opml(sources: Iterable[Source], title: str = "nightdesk sources") -> str:
    """Return a subscription list of the sources that have a feed.

    A source that is not polled says so in an attribute of ours, which others pass over.

    >>> print(write_opml([]), end="")
    <?xml version="1.0" encoding="UTF-8"?>
    <opml version="2.0" xmlns:nightdesk="urn:nightdesk:opml">
      <head><title>nightdesk sources</title></head>
      <body>
      </body>
    </opml>
    """
    head = title.replace("&", "&amp;").replace("<", "&lt;")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:nightdesk="{_OWN}">',
        f"  <head><title>{_printable(head)}</title></head>",
        "  <body>",
        *(f"    {_write_outline(s)}" for s in sources if s.kind != "page"),
        "  </body>",
        "</opml>",
        "",
    ]
    return "\n".join(lines)


def _write_outline(source: Source) -> str:
    values = {
        "type": source.kind,
        "text": source.name,
        "title": source.name,
        "xmlUrl": source.url,
        "language": source.lang,
        "category": ",".join(source.tags),
        "nightdesk:enabled": None if source.is_enabled else "false",
    }
    words = [f"{k}={quoteattr(_printable(v))}" for k, v in values.items() if v]
    return f"<outline {' '.join(words)}/>"


def _printable(text: str) -> str:
    """Return text without the characters that XML forbids."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
