"""Atom 0.3 and 1.0, single entry documents, and Atom without a namespace.

Differs from RSS in that text says what it is (`type`, and `mode` in 0.3), links have
relations, and people have parts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup, plain_text, squeeze
from nightdesk.feeds.tree import Tree, inner_markup, inner_text
from nightdesk.model import Credit

_PUBLISHED = ("published", "issued", "created", "pubdate", "dc:date")
_UPDATED = ("updated", "modified", "dcterms:modified")
_MEDIA = ("media:credit", "media:content", "media:group")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Fields = dict[str, list[Any]]


def read_atom(tree: Tree, *, limit: int) -> Document:
    """Return the document of a tree whose root is feed or entry."""
    document = Document("atom")
    head = next(tree.walk("feed", "atom:feed"), None)
    if head is not None:
        _read_head(tree, head, document)
    for element in tree.walk_items("entry", "atom:entry"):
        if len(document.items) >= limit:
            break
        document.items.append(_read_entry(tree, element))
    return document


def read_person(tree: Tree, element: Any) -> str | None:
    """Return `name (mail)`, or the part that is stated, of a person construct."""
    return _state_person(*_read_parts(tree, element))


def read_credits(tree: Tree, fields: Fields) -> list[Credit]:
    """Return who is credited in the media elements of an entry, each part once."""
    if fields.keys().isdisjoint(_MEDIA):
        return []
    found = [
        Credit(name, credit.get("role") or None)
        for key in _MEDIA
        for media in fields.get(key, ())
        for credit in (media.iter() if len(media) else (media,))
        if tree.name(credit) == "media:credit" and (name := squeeze(inner_text(credit)))
    ]
    return list(dict.fromkeys(found))


def find_older(tree: Tree, links: Iterable[Any]) -> str | None:
    """Return where the entries before those of a feed are (RFC 5005, 3 and 4).

    `prev-archive` leads to an archive document, which does not change any more; `next`
    to the next page of a list whose newest entries stand first.
    """
    found: dict[str, str | None] = {}
    for link in links:
        rel = (link.get("rel") or "").strip().lower()
        found.setdefault(rel, tree.resolve(link, link.get("href")))
    return found.get("prev-archive") or found.get("next")


def _read_head(tree: Tree, head: Any, document: Document) -> None:
    fields = _group(tree, head)
    document.title = _read_text(fields, ("title",))
    document.link = _read_link(tree, fields)
    subtitle = _read_text(fields, ("subtitle", "tagline", "info", "description"))
    document.description = subtitle.value if subtitle else None
    document.lang = head.get(_LANG) or _stated(fields, ("language", "dc:language"))
    author = next(iter(fields.get("author", ())), None)
    document.author = read_person(tree, author) if author is not None else None
    document.older_url = find_older(tree, fields.get("link", ()))
    document.generator = _stated(fields, ("generator",))
    document.published = _read_dates(fields, _PUBLISHED)
    document.updated = _read_dates(fields, _UPDATED)


def _read_entry(tree: Tree, element: Any) -> Item:
    fields = _group(tree, element)
    item = Item()
    item.guid = _stated(fields, ("id", "guid"))
    item.link = _read_link(tree, fields)
    if item.link is None and (item.guid or "").startswith(("http://", "https://")):
        is_stated = any(link.get("href") for link in fields.get("link", ()))
        item.link = item.guid if is_stated or "link" not in fields else None
    item.title = _read_text(fields, ("title", "dc:title", "media:title"))
    summary = _read_text(fields, ("summary", "description", "media:description"))
    item.summary = summary.value if summary else None
    content = _read_text(fields, ("content", "content:encoded"))
    item.content = content.value if content else None
    item.author, item.authors = _read_authors(tree, fields)
    item.categories = _read_categories(fields)
    item.lang = element.get(_LANG) or None
    item.image_url = _read_image(tree, fields)
    item.credits = read_credits(tree, fields)
    for origin in fields.get("source", ()):
        inner = _group(tree, origin)
        title = _read_text(inner, ("title",))
        item.origin_title = plain_text(title) or squeeze(origin.text or "") or None
        item.origin_url = _read_link(tree, inner) or _stated(inner, ("id",))
    item.published = _read_dates(fields, _PUBLISHED)
    item.updated = _read_dates(fields, _UPDATED)
    return item


def _name(tree: Tree, element: Any) -> str:
    return tree.name(element).removeprefix("atom:")


def _group(tree: Tree, element: Any) -> Fields:
    fields: Fields = {}
    _add_children(tree, element, fields)
    for group in fields.get("media:group", ()):
        _add_children(tree, group, fields)
    return fields


def _add_children(tree: Tree, element: Any, fields: Fields) -> None:
    names = tree.names
    for child in element:
        tag = child.tag
        name = names[tag].removeprefix("atom:") if tag.__class__ is str else ""
        if name in fields:
            fields[name].append(child)
        else:
            fields[name] = [child]


def _stated(fields: Fields, names: tuple[str, ...]) -> str | None:
    for name in names:
        for element in fields.get(name, ()):
            if value := inner_text(element).strip():
                return value
    return None


def _read_text(fields: Fields, names: tuple[str, ...]) -> Markup | None:
    """Return the first stated text construct among the names, decoded by its type."""
    for name in names:
        for element in fields.get(name, ()):
            markup = _decode_construct(element)
            if markup.value:
                return markup
    return None


def _decode_construct(element: Any) -> Markup:
    if len(element):
        return Markup(inner_markup(element).strip(), is_html=True)
    kind = (element.get("type") or "text").lower()
    mode = (element.get("mode") or "").lower()
    value = (element.text or "").strip()
    if mode == "base64" or kind == "application/octet-stream":
        value = _decode_base64(value)
        return Markup(value, is_html="<" in value)
    # Whoever says type="text" means it: no such title of 148 real feeds holds markup.
    # Without a type it is the default too, but there publishers write HTML.
    is_plain = element.get("type") == "text" and not mode
    return Markup(value, is_html="html" in kind, is_plain=is_plain)


def _decode_base64(value: str) -> str:
    try:
        return base64.b64decode(value, validate=False).decode("utf-8").strip()
    except (binascii.Error, UnicodeDecodeError):
        return value


def _read_link(tree: Tree, fields: Fields) -> str | None:
    """Return the alternate link, HTML before other types, the first before others."""
    best: tuple[int, str] | None = None
    for link in fields.get("link", ()):
        if (link.get("rel") or "alternate").strip().lower() != "alternate":
            continue
        href = tree.resolve(link, link.get("href") or inner_text(link))
        rank = 0 if "html" in (link.get("type") or "text/html") else 1
        if href and (best is None or rank < best[0]):
            best = (rank, href)
    return best[1] if best else None


def _read_authors(tree: Tree, fields: Fields) -> tuple[str | None, list[str]]:
    """Return the first author as stated and the names of all."""
    authors = [_read_parts(tree, e) for e in fields.get("author", ())]
    others = [_read_parts(tree, e) for e in fields.get("contributor", ())]
    creators = [squeeze(inner_text(e)) for e in fields.get("dc:creator", ())]
    stated = [*(_state_person(*parts) for parts in authors + others), *creators]
    names = [*(name for name, _ in authors), *creators]
    return (
        next(filter(None, stated), None),
        list(dict.fromkeys(filter(None, names))),
    )


def _state_person(name: str | None, mail: str | None) -> str | None:
    return f"{name} ({mail})" if name and mail else name or mail


def _read_parts(tree: Tree, element: Any) -> tuple[str | None, str | None]:
    """Return the name, or the bare text, and the mail of a person construct."""
    name = mail = None
    for child in element:
        part = _name(tree, child)
        if part == "name":
            name = name or squeeze(inner_text(child))
        elif part == "email":
            mail = mail or squeeze(inner_text(child))
    return name or squeeze(element.text or "") or None, mail or None


def _read_categories(fields: Fields) -> list[str]:
    found = [
        squeeze(e.get("label") or e.get("term") or e.text or "")
        for e in [*fields.get("category", ()), *fields.get("dc:subject", ())]
    ]
    return list(dict.fromkeys(filter(None, found)))


def _read_image(tree: Tree, fields: Fields) -> str | None:
    for element in [
        *fields.get("media:thumbnail", ()),
        *fields.get("media:content", ()),
    ]:
        kind = element.get("medium") or element.get("type") or "image"
        if kind.startswith("image") and (href := element.get("url")):
            return tree.resolve(element, href)
    for link in fields.get("link", ()):
        if link.get("rel") != "enclosure":
            continue
        if (link.get("type") or "").lower().startswith("image"):
            return tree.resolve(link, link.get("href"))
    return None


def _read_dates(fields: Fields, names: tuple[str, ...]) -> list[str]:
    return [
        value
        for name in names
        for element in fields.get(name, ())
        if (value := inner_text(element).strip())
    ]
