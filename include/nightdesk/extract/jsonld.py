"""What a page's JSON-LD says of its article (schema.org), and nothing of the rest.

There is an article object on 78 % of news pages, and it is the most reliable source of
dates and authors. Reads @graph, lists, several scripts and authors given by @id.
Leaves out microdata and RDFa.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from nightdesk.extract.scripts import load_scripts
from nightdesk.text import unescape

_MAX_NODES = 20_000
_ARTICLE = re.compile(r"(Article|Posting|Report|Review|Newscast)$|^(?:Recipe|Report)$")
_PAGE = re.compile(r"^(WebPage|ItemPage|VideoObject|ImageGallery|PodcastEpisode)$")

Node = Mapping[str, Any]


@dataclass(frozen=True)
class JsonLd:
    """The statements of a page's best article object; empty where there is none."""

    types: tuple[str, ...] = ()  # of every object at the top, for the gates
    article_types: tuple[str, ...] = ()
    is_article: bool = False  # or a page, video or gallery that states a date
    headline: str | None = None
    description: str | None = None
    body: str | None = None
    section: str | None = None
    image_url: str | None = None
    publisher: str | None = None
    published: str | None = None
    modified: str | None = None
    authors: tuple[str, ...] = ()
    is_free: bool | None = None


def read_jsonld(tree: HtmlElement) -> JsonLd:
    """Return what the JSON-LD of a parsed page states; a broken script is left out."""
    nodes = list(_walk(load_scripts(tree)))
    by_id = {n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 1}
    types = tuple(dict.fromkeys(t for n in nodes for t in _types(n)))
    best = _best_node(nodes)
    if best is None:
        return JsonLd(types=types)
    return JsonLd(
        types=types,
        article_types=_types(best),
        is_article=any(map(_ARTICLE.search, _types(best))),
        headline=_text(best.get("headline")) or _text(best.get("name")),
        description=_text(best.get("description")),
        body=_text(best.get("articleBody"), keep_lines=True),
        section=_text(best.get("articleSection")),
        image_url=_url(best.get("image"), by_id),
        publisher=next(iter(_names(best.get("publisher"), by_id)), None),
        published=_text(best.get("datePublished")) or _text(best.get("uploadDate")),
        modified=_text(best.get("dateModified")),
        authors=tuple(dict.fromkeys(_names(best.get("author"), by_id)))
        or tuple(dict.fromkeys(_names(best.get("creator"), by_id))),
        is_free=_flag(best.get("isAccessibleForFree")),
    )


def _walk(values: Iterator[Any]) -> Iterator[Node]:
    """Yield the objects at the top: of scripts, lists, @graph and mainEntity."""
    stack = list(values)[::-1]
    seen = 0
    while stack and seen < _MAX_NODES:
        value = stack.pop()
        seen += 1
        if isinstance(value, list):
            stack.extend(value[::-1])
        elif isinstance(value, dict):
            yield value
            stack.extend(
                value[key]
                for key in ("mainEntity", "mainEntityOfPage", "@graph")
                if isinstance(value.get(key), dict | list)
            )


def _types(node: Node) -> tuple[str, ...]:
    stated = node.get("@type")
    listed = stated if isinstance(stated, list) else [stated]
    return tuple(t.rpartition("/")[2] for t in listed if isinstance(t, str))


def _best_node(nodes: list[Node]) -> Node | None:
    """The article object that states most; else a page object with a date."""
    articles = [n for n in nodes if any(_ARTICLE.search(t) for t in _types(n))]
    if articles:
        return max(articles, key=_worth)  # the first of equals
    pages = [n for n in nodes if any(_PAGE.match(t) for t in _types(n))]
    dated = [n for n in pages if n.get("datePublished") or n.get("uploadDate")]
    return max(dated, key=_worth, default=None)


def _worth(node: Node) -> int:
    return sum(
        bool(node.get(key))
        for key in ("headline", "datePublished", "author", "articleBody", "description")
    )


def _text(value: object, *, keep_lines: bool = False) -> str | None:
    if isinstance(value, list):
        value = next((v for v in value if isinstance(v, str)), None)
    if not isinstance(value, str):
        return None
    text = unescape(value).encode("utf-8", "replace").decode("utf-8")
    if not keep_lines:
        text = " ".join(text.split())
    return text.strip() or None


def _names(value: object, by_id: Mapping[str, Node], depth: int = 0) -> Iterator[str]:
    """Yield the names of people or organisations, in every shape that was met."""
    if depth > 4:
        return
    if isinstance(value, list):
        for item in value:
            yield from _names(item, by_id, depth + 1)
    elif isinstance(value, dict):
        name = _name(value)
        if not name and isinstance(value.get("@id"), str):
            name = _name(by_id.get(value["@id"], {}))
        yield from _names(name, by_id, depth + 1)
    elif (text := _text(value)) is not None:
        yield text


def _name(node: Node) -> object:
    """The name of a person or organisation, which may be stated in two halves."""
    halves = (node.get("givenName"), node.get("familyName"))
    return node.get("name") or " ".join(h for h in halves if isinstance(h, str))


def _url(value: object, by_id: Mapping[str, Node]) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        node = by_id.get(str(value.get("@id")), value)
        value = value.get("url") or node.get("url") or node.get("contentUrl")
    return _text(value)


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(word)
