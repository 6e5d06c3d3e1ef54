"""Text of an XML document to an element tree, within bounds.

With `page` (HTML) and `stream`, the only module of the package that imports lxml. What
makes XML dangerous is taken out before the parser sees it: the DOCTYPE with every
entity it declares, tags long enough to hang libxml2, and items beyond the limit. What
makes real feeds fail is mended by `mend`, where a strict reading fails.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, AnyStr
from urllib.parse import urljoin

from lxml import etree

from nightdesk.errors import FeedError
from nightdesk.feeds.mend import quote_attributes
from nightdesk.feeds.names import Names

# Walking n attributes is O(n^2) in lxml and feedparser: 200,000 of a tag take minutes.
# In 148 real feeds no tag has over 11 attributes or 1,025 characters.
MAX_TAG = 64 * 1024
MAX_ATTRIBUTES = 1_000  # of a tag that is let in: the look for fewer is slower
MAX_WALKED = 100  # of a tag whose attributes are walked

CDATA_OR_COMMENT = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.S)
_MANY_ATTRIBUTES = re.compile(
    r"<[^\s<>\"'=/]++(?:\s++[^\s=<>\"']++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))"
    rf"{{{MAX_ATTRIBUTES}}}"
)
_MANY_IN_BYTES = re.compile(_MANY_ATTRIBUTES.pattern.encode("ascii"))
_PROLOG = re.compile(r"(?:\s*(?:<\?[^<>]*>|<!--.*?-->))*\s*", re.S)
_DOCTYPE = re.compile(r"<![Dd][Oo][Cc][Tt][Yy][Pp][Ee]\b")
_DECLARED = re.compile(r"<!ENTITY\s+([\w.:-]+)\s")
_NAMED = re.compile(r"&([\w.:-]+);")
_QUOTED_OR_END = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.S)
_CONTROL_BYTES = bytes(n for n in range(32) if n not in b"\t\n\r")  # no XML holds them
_HAS_DOCTYPE = re.compile(rb"<![Dd][Oo][Cc][Tt][Yy][Pp][Ee]")
# Without its "&": a search for one literal byte is much faster than for two.
_C1_REFERENCE = re.compile(rb"#(?:0*1(?:2[89]|[345]\d)|[xX]0*[89][0-9a-fA-F]);")
# An address that joining to any other leaves as it is.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?/[^;\[\]\s]*(?<![?#])\Z")
_XMLNS = re.compile(r"\sxmlns(?::[\w.-]+)?=(?:\"[^\"]*\"|'[^']*')")
_HTML_PREFIX = re.compile(r"(</?)(?:xhtml|html|h|x|ns\d+):(?=[a-zA-Z])")
ITEM_TAG = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)(?=[\s/>])", re.I)


_ITEM_TAGS = tuple(
    f"{{*}}{name}" for name in ("item", "Item", "ITEM", "entry", "Entry", "ENTRY")
)


class TooDeepError(FeedError):
    """Elements nest beyond what libxml2 reads, and what anybody should try."""


@dataclass(slots=True)
class Tree:
    """A parsed document: its root element and the address that links are relative to.

    Elements are lxml's; readers get at them through the methods here, and through
    `.text`, `.get` and iteration.
    """

    root: Any
    url: str
    names: Names = field(default_factory=Names)
    is_strict: bool = False  # it was well-formed
    n_passed: int = 0  # items that `walk_items` came by, wanted or not

    def name(self, element: Any) -> str:
        """Return the short name of an element, "" for comments and the like."""
        tag = element.tag
        return self.names[tag] if isinstance(tag, str) else ""

    def resolve(self, element: Any, href: str | None) -> str | None:
        """Return an address made absolute by xml:base and the document's address."""
        if href and _ABSOLUTE.match(href):
            return href
        href = (href or "").replace("\n", "").replace("\t", "").strip()
        if not href:
            return None
        try:
            base: str = urljoin(self.url, element.base or "")
            return urljoin(base, href).replace(" ", "%20")
        except ValueError:  # "http://[": no address at all, but keep what was stated
            return href

    def walk(self, *names: str) -> Iterator[Any]:
        """Yield elements with one of the short names, in document order."""
        for element in self.root.iter():
            if self.name(element) in names:
                yield element

    def walk_items(self, *names: str) -> Iterator[Any]:
        """Yield the same as `walk`, for names of items and entries.

        In a well-formed document lxml looks for them by itself, in the cases that feeds
        use, and `n_passed` counts what bears such a name in any namespace.
        """
        short = self.names
        for element in self.root.iter(*(_ITEM_TAGS if self.is_strict else ())):
            self.n_passed += 1
            tag = element.tag
            if tag.__class__ is str and short[tag] in names:
                yield element


def inner_text(element: Any) -> str:
    """Return all text within an element, without markup, as stated."""
    return "".join(element.itertext()) if len(element) else element.text or ""


def inner_markup(element: Any) -> str:
    """Return what is within an element as markup, without namespace declarations."""
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        parts.append(etree.tostring(child, encoding="unicode", with_tail=True))
    markup = "".join(parts)
    if "xmlns:" in markup:  # only then is there a prefix
        markup = _HTML_PREFIX.sub(r"\1", markup)
    return _XMLNS.sub("", markup) if "xmlns" in markup else markup


def count_items(text: str) -> int:
    """Return how many item and entry tags a document opens outside CDATA, comments."""
    if "<!" in text:
        text = CDATA_OR_COMMENT.sub("", text)
    return sum(1 for _ in ITEM_TAG.finditer(text))


def guard_xml(text: str, url: str) -> str:
    """Return the text without DOCTYPE, and refuse what would hang a parser.

    Raises:
        FeedError: a tag is longer than `MAX_TAG` or has over `MAX_ATTRIBUTES`.
    """
    text = _drop_doctype(text)
    _refuse_long_tags(text, url)
    return text


def find_unexpanded(text: str, guarded: str) -> str | None:
    """Return the first entity that stays a name, of those that a DOCTYPE declares.

    Args:
        text: the document as decoded.
        guarded: the same after `guard_xml`.

    >>> text = '<!DOCTYPE a [<!ENTITY lol "x"><!ENTITY eacute "y">]><a>caf&eacute; %s'
    >>> find_unexpanded(text % "&lol;", "<a>caf&eacute; &lol;")
    'lol'
    >>> find_unexpanded(text % "", "<a>caf&eacute; ")
    """
    if "<!ENTITY" not in text:
        return None
    head = text[: max(len(text) - len(guarded), 0)]
    names = {name for name in _DECLARED.findall(head) if not _is_known(name)}
    bare = CDATA_OR_COMMENT.sub("", guarded) if names else ""
    return next((m[1] for m in _NAMED.finditer(bare) if m[1] in names), None)


def _is_known(name: str) -> bool:
    return f"{name};" in html.entities.html5


def cut_items(text: str, pattern: re.Pattern[str], limit: int) -> tuple[str, int]:
    """Return the text up to the item after `limit`, and how many matches it has.

    The count goes to `limit` + 1 where the text was cut; it includes what only looks
    like an item, within CDATA and comments.
    """
    n_found = 0
    for match in pattern.finditer(text):
        n_found += 1
        if n_found > limit:
            return text[: match.start()], n_found
    return text, n_found


def parse_strict(data: bytes, url: str) -> Tree | None:
    """Return the tree of UTF-8 bytes that need no mending, None for any others.

    Nine real feeds in ten are well-formed, and mending costs more than parsing. Of
    what is not, only control characters are dropped.
    """
    data = data.lstrip()
    if has_long_tag(data, b"<", b">", MAX_TAG):
        return None
    if may_have_many(data, b"<", b"=") and _MANY_IN_BYTES.search(data):
        return None
    if _HAS_DOCTYPE.search(data, 0, 4096) or has_c1_controls(data):
        return None
    root = _parse_whole(data)
    if root is None and len(bare := data.translate(None, _CONTROL_BYTES)) < len(data):
        root = _parse_whole(bare)
    return None if root is None else Tree(root, url, is_strict=True)


def _parse_whole(data: bytes) -> Any:
    """Return the root element of well-formed bytes, None of any others.

    Pushed, since libxml2 then takes CDATA by the section; else by the character, with
    which trees of real feeds cost a tenth more.
    """
    parser = _make_parser(recover=False)
    try:
        parser.feed(data)
        return parser.close()
    except etree.XMLSyntaxError:
        return None


def parse_tree(text: str, url: str) -> Tree:
    """Return the tree of a mended text.

    Raises:
        TooDeepError: elements nest beyond libxml2's limit.
        FeedError: there is no element in it.
    """
    if _MANY_ATTRIBUTES.search(text):
        raise FeedError(_too_many(url), url)
    root, complaints = _parse_once(text, url)
    if any("AttValue" in line for line in complaints):  # drops the element's content
        root, complaints = _parse_once(quote_attributes(text), url)
    if any("xcessive depth" in line for line in complaints):
        raise TooDeepError(f"feed: {url or '-'}: elements nest too deep", url)
    if root is None:
        raise FeedError(f"feed: {url or '-'}: no element in the document", url)
    return Tree(root, url)


def _parse_once(text: str, url: str) -> tuple[Any, list[str]]:
    """Return the root element and what libxml2 complained of."""
    parser = _make_parser(recover=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise FeedError(f"feed: {url or '-'}: not XML: {error}", url) from error
    return root, [entry.message for entry in parser.error_log]


def has_c1_controls(data: bytes) -> bool:
    """Return whether UTF-8 bytes hold what XML allows but means windows-1252.

    >>> has_c1_controls(b"it&#146;s"), has_c1_controls("it’s".encode())
    (True, False)
    """
    start = data.find(b"\xc2")
    while start >= 0:  # by hand, as a pattern takes five times as long over all bytes
        if b"\x80" <= data[start + 1 : start + 2] < b"\xa0":
            return True
        start = data.find(b"\xc2", start + 2)
    return _C1_REFERENCE.search(data) is not None


def _make_parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _drop_doctype(text: str) -> str:
    """Return the text from its first tag, without prolog and DOCTYPE."""
    start = text.find("<")
    text = text[start:] if start > 0 else text
    if prolog := _PROLOG.match(text):  # "<?xml?xml ... ??>" stops libxml2
        text = text[prolog.end() :]
    head = _DOCTYPE.search(text, 0, 64 * 1024)
    if head is None or ITEM_TAG.search(text, 0, head.start()):
        return text
    depth = 0
    for token in _QUOTED_OR_END.finditer(text, head.end()):
        mark = token[0]
        if mark == "[":
            depth += 1
        elif mark == "]":
            depth -= 1
        elif mark == ">" and depth <= 0:
            return text[: head.start()] + text[token.end() :]
    return text[: head.start()]


def _refuse_long_tags(text: str, url: str) -> None:
    """Raise FeedError for a tag that would hang the parser; linear in the text."""
    if has_long_tag(text, "<", ">", MAX_TAG):
        bare = CDATA_OR_COMMENT.sub("", text)
        for chunk in bare.split(">"):
            if len(chunk) > MAX_TAG and len(chunk) - chunk.find("<") > MAX_TAG > 0:
                if "<" not in chunk:
                    continue
                raise FeedError(
                    f"feed: {url or '-'}: a tag of over {MAX_TAG} characters", url
                )
    if may_have_many(text, "<", "=") and _MANY_ATTRIBUTES.search(text):
        raise FeedError(_too_many(url), url)


def _too_many(url: str) -> str:
    return f"feed: {url or '-'}: a tag of over {MAX_ATTRIBUTES} attributes"


def may_have_many(text: AnyStr, opening: AnyStr, equals: AnyStr) -> bool:
    """Return whether a stretch without "<" holds "=" for `MAX_ATTRIBUTES`.

    What this misses has a "<" in a value, which no XML parser takes for well-formed;
    `parse_tree` looks again before it mends.
    """
    start, least = 0, 5 * MAX_ATTRIBUTES  # a tag of so many is longer: " a=''"
    while start + least < len(text):
        found = text.rfind(opening, start, start + least)
        if found > start:
            start = found
            continue
        end = text.find(opening, start + 1)
        end = len(text) if end < 0 else end
        if text.count(equals, start, end) >= MAX_ATTRIBUTES:
            return True
        start = end
    return False


def has_long_tag(text: AnyStr, opening: AnyStr, closing: AnyStr, limit: int) -> bool:
    """Return whether over `limit` characters lead from "<" to the next ">".

    >>> has_long_tag("<a><bc>text", "<", ">", 3), has_long_tag("<a><bc>", "<", ">", 2)
    (False, True)
    """
    start = 0
    while start + limit < len(text):
        end = text.rfind(closing, start, start + limit + 1)
        if end < 0:
            end = text.find(closing, start + limit)
            end = len(text) if end < 0 else end
            opened = text.find(opening, start, end)
            if opened >= 0 and end - opened > limit:
                return True
        start = end + 1
    return False
