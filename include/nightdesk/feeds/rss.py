"""RSS 0.90 to 2.0, RSS 1.0 and 1.1 (RDF) and CDF: one reader, as they differ by names.

Publishers mix dialects freely, so every field is a list of names in order of trust and
the first one that says anything wins. Items count wherever they stand: RSS 1.0 puts
them beside the channel, broken feeds outside of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nightdesk.feeds.atom import find_older, read_credits, read_person
from nightdesk.feeds.document import Document, Item
from nightdesk.feeds.markup import Markup, squeeze
from nightdesk.feeds.tree import MAX_WALKED, Tree, inner_markup, inner_text

_TITLE = ("title", "dc:title", "atom:title", "media:title", "itunes:title")
_SUMMARY = (
    "summary",
    "description",
    "dc:description",
    "abstract",
    "atom:summary",
    "dcterms:abstract",
    "itunes:summary",
    "media:description",
)
_CONTENT = ("content:encoded", "fullitem", "body", "xhtml:body", "atom:content")
_CREATORS = ("dc:creator", "author", "atom:author", "itunes:author", "dc:author")
_PODCASTER = "itunes:author"  # as often the name of the show: only if nobody is named
_CATEGORIES = ("category", "dc:subject", "media:category", "atom:category")
_PUBLISHED = (
    "pubdate",
    "atom:published",
    "atom:issued",
    "dcterms:issued",
    "dc:date",
    "dcterms:created",
    "prism:publicationdate",
    "atom:created",
    "dcterms:modified",
    "date",
)
_UPDATED = ("atom:updated", "atom:modified", "dcterms:modified")
_PICTURES = frozenset(
    {"media:content", "media:group", "media:thumbnail", "enclosure", "itunes:image"}
)
_MAIL_NAME = re.compile(r"^\S+@\S+\s*\(([^)]+)\)$|^(.*?)\s*[<(]\S+@\S+[)>]$")
_MAIL = re.compile(r"\S+@\S+")
_WRITERS = frozenset({"author", "writer", "reporter", "correspondent", "editor"})

Fields = dict[str, list[Any]]


def read_rss(tree: Tree, *, limit: int) -> Document:
    """Return the document of a tree whose root is rss, RDF or channel."""
    channel = next(tree.walk("channel"), tree.root)
    fields = group_children(tree, channel)
    document = Document("rss")
    document.title = read_markup(fields, _TITLE)
    document.link = _read_link(tree, channel, fields)
    document.description = read_value(fields, ("description", "atom:subtitle"))
    document.lang = read_value(fields, ("language", "dc:language")) or xml_lang(channel)
    author = _read_authors(tree, fields)
    editor = read_value(fields, ("managingeditor", "dc:publisher", "webmaster"))
    document.author = author[0] or (_name_of(editor) if editor else None)
    document.published = read_dates(
        fields, ("pubdate", "dcterms:issued", "dc:date", "atom:published")
    )
    document.updated = read_dates(
        fields, ("lastbuilddate", "atom:updated", "dcterms:modified", "dc:date")
    )
    if lastmod := _attribute(channel, "lastmod"):
        document.updated.append(lastmod)
    document.ttl_s = _read_ttl(fields)
    document.older_url = find_older(tree, fields.get("atom:link", ()))
    document.generator = read_value(fields, ("generator",))
    # The content module's own `content:item` is an item element too: it counts, as the
    # others do that are no entries for want of a link.
    for element in tree.walk_items("item", "content:item"):
        if len(document.items) >= limit:
            break
        document.items.append(_read_item(tree, element))
    return document


def group_children(tree: Tree, element: Any) -> Fields:
    """Return the children of an element by short name, in document order."""
    fields: Fields = {}
    names = tree.names
    for child in element:
        tag = child.tag
        if tag.__class__ is str:  # else an entity that nobody declared
            name = names[tag]
            if name in fields:
                fields[name].append(child)
            else:
                fields[name] = [child]
    return fields


def read_value(fields: Fields, names: tuple[str, ...]) -> str | None:
    """Return the first stated value among the names, as stated but stripped."""
    for name in names:
        if name not in fields:
            continue
        for element in fields[name]:
            value = inner_markup(element) if len(element) else element.text
            if value and (value := value.strip()):
                return value
    return None


def read_markup(fields: Fields, names: tuple[str, ...]) -> Markup | None:
    """Return the first stated value among the names, with what is known of it."""
    for name in names:
        if name not in fields:
            continue
        for element in fields[name]:
            has_markup = len(element) > 0
            value = inner_markup(element) if has_markup else element.text
            if value and (value := value.strip()):
                return Markup(value, has_markup)
    return None


def read_dates(fields: Fields, names: tuple[str, ...]) -> list[str]:
    """Return every stated date among the names, the most trusted first."""
    return [
        value
        for name in names
        if name in fields
        for element in fields[name]
        if (value := inner_text(element).strip())
    ]


def xml_lang(element: Any) -> str | None:
    """Return the language in force at an element by xml:lang, if stated."""
    while element is not None:
        lang = element.get("{http://www.w3.org/XML/1998/namespace}lang")
        if lang:
            return str(lang).strip() or None
        element = element.getparent()
    return None


def _read_item(tree: Tree, element: Any) -> Item:
    fields = group_children(tree, element)
    item = Item()
    item.guid = read_value(fields, ("guid", "atom:id", "dc:identifier")) or (
        _attribute(element, "about")
    )
    item.link = _read_link(tree, element, fields)
    item.title = read_markup(fields, _TITLE)
    item.summary = read_value(fields, _SUMMARY)
    item.content = read_value(fields, _CONTENT)
    item.author, item.authors = _read_authors(tree, fields)
    item.categories = _read_categories(fields)
    item.lang = read_value(fields, ("dc:language", "language"))
    item.image_url = _read_image(tree, fields)
    item.credits = read_credits(tree, fields)
    for origin in fields.get("source", ()):
        item.origin_title = squeeze(inner_text(origin)) or None
        item.origin_url = tree.resolve(origin, origin.get("url"))
    item.published = read_dates(fields, _PUBLISHED)
    item.updated = read_dates(fields, _UPDATED)
    if lastmod := _attribute(element, "lastmod"):
        item.updated = [*item.updated, lastmod]
    return item


def _attribute(element: Any, local: str) -> str | None:
    """Return an attribute by its local name, whatever its case and namespace."""
    attributes = element.attrib
    if not 0 < len(attributes) <= MAX_WALKED:
        return None
    for key, value in attributes.items():
        if key.rpartition("}")[2].rpartition(":")[2].lower() == local:
            return str(value).strip() or None
    return None


def _read_link(tree: Tree, element: Any, fields: Fields) -> str | None:
    """Return the link: link, atom:link, permalink guid, href, or rdf:about.

    Of several plain links the last counts, as in feedparser and gofeed.
    """
    for link in [*reversed(fields.get("link", ())), *fields.get("atom:link", ())]:
        if link.get("rel", "alternate") != "alternate":
            continue
        stated = inner_text(link).strip() or _attribute(link, "href")
        if stated:
            return tree.resolve(link, stated)
    for guid in fields.get("guid", ()):
        value = inner_text(guid).strip()
        is_permalink = (_attribute(guid, "ispermalink") or "true").lower() == "true"
        if is_permalink and value.startswith(("http://", "https://", "/")):
            return tree.resolve(guid, value)
    stated = _attribute(element, "href") or _attribute(element, "about")
    return tree.resolve(element, stated)


def _read_authors(tree: Tree, fields: Fields) -> tuple[str | None, list[str]]:
    """Return the first author as stated and the names of all.

    All that is said by any element, in the order of trust; an address without a name
    counts only where there is no name.
    """
    stated: list[str] = []
    for name in _CREATORS:
        if name not in fields or (stated and name == _PODCASTER):
            continue
        for element in fields[name]:
            value = read_person(tree, element) if len(element) else element.text
            if value and (line := squeeze(value)):
                stated.append(line)
    for credit in [] if stated else fields.get("media:credit", ()):
        role = (credit.get("role") or "author").lower()
        if role in _WRITERS and (line := squeeze(credit.text or "")):
            stated.append(line)
    names = [_name_of(line) for line in stated]
    if len(names) > 1:
        names = _choose_names(names)
    return (stated[0] if stated else None), names


def _choose_names(names: list[str]) -> list[str]:
    """Return each name once, as it is first written; addresses only if all are."""
    named = [name for name in names if not _MAIL.fullmatch(name)]
    each: dict[str, str] = {}
    for name in named or names:
        each.setdefault(name.casefold(), name)
    return list(each.values())


def _name_of(stated: str) -> str:
    """Return the name in `mail (name)` or `name <mail>`, else what was stated."""
    if "@" not in stated or len(stated) >= 200:
        return stated
    match = _MAIL_NAME.match(stated)
    return (match[1] or match[2] or stated).strip() if match else stated


def _read_categories(fields: Fields) -> list[str]:
    found = [
        value
        for name in _CATEGORIES
        if name in fields
        for element in fields[name]
        if (
            value := squeeze(
                element.text or element.get("label") or element.get("term") or ""
            )
        )
    ]
    return list(dict.fromkeys(found))


def _read_image(tree: Tree, fields: Fields) -> str | None:
    """Return the picture of an item: media, enclosure, then the podcast's."""
    if _PICTURES.isdisjoint(fields):
        return None
    for element in _iterate_media(tree, fields):
        kind = element.get("medium") or element.get("type") or ""
        is_picture = kind.startswith("image") or (
            not kind and tree.name(element) in ("media:thumbnail", "media:content")
        )
        if is_picture and (href := element.get("url")):
            return tree.resolve(element, href)
    for element in fields.get("itunes:image", ()):
        return tree.resolve(element, element.get("href"))
    return None


def _iterate_media(tree: Tree, fields: Fields) -> Iterator[Any]:
    """Yield what may state the picture of an item, the likeliest first."""
    media = fields.get("media:content", [])
    yield from media
    for group in fields.get("media:group", ()):
        inner = group_children(tree, group)
        found = inner.get("media:content", []) + inner.get("media:thumbnail", [])
        yield from found
        media = media + found
    thumbnails = fields.get("media:thumbnail", [])
    yield from thumbnails
    for element in media + thumbnails:
        yield from (child for child in element if tree.name(child) == "media:thumbnail")
    yield from fields.get("enclosure", ())


def _read_ttl(fields: Fields) -> int | None:
    """Return how long a poller may keep the feed, from ttl (minutes), in seconds."""
    value = read_value(fields, ("ttl",)) or ""
    return int(value) * 60 if value.isdecimal() and len(value) < 7 else None
