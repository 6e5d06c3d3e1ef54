"""Read a query: words, phrases, prefixes, AND, OR, NOT, parentheses and fields.

    query  = and {"OR" and}
    and    = not {["AND"] not}
    not    = {"NOT" | "-"} item
    item   = [field ":"] ( word ["*"] | '"' words '"' ["*"] | "(" query ")" )
    field  = title | source | person | org | place | lang

Operators are written in capitals; what stands side by side is joined by AND. Curly
quotation marks and full-width parentheses and colons are read as the plain ones. A word
that folds to several terms (U.N., a compound, any text in a script without blanks) is a
phrase. Signs alone say nothing and are passed over. Pure; knows nothing of the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nightdesk.errors import QueryError
from nightdesk.search.fold import Unit, compose_text, split_units

FIELDS = ("title", "source", "person", "org", "place", "lang")

# Bounds, so that no query is a burden: people write ten words.
MOST_CHARACTERS = 1000
MOST_ITEMS = 50
DEEPEST = 20

_PLAIN = str.maketrans("“”„‟＂（）：", '"""""():')
_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | "(?P<phrase>[^"]*)(?P<star>"\*|"|$)
    | (?P<minus>-(?=[^\s-])) | (?P<word>[^\s()"]+) )""",
    re.VERBOSE,
)
_FIELD = re.compile(r"([A-Za-z]+):(?!//)")


@dataclass(frozen=True)
class Words:
    """Units that must follow each other; the last may be the start of a word."""

    units: tuple[Unit, ...]
    is_prefix: bool = False
    field: str | None = None  # None: title and text


@dataclass(frozen=True)
class Not:
    """Whatever the part does not match."""

    part: Node


@dataclass(frozen=True)
class Group:
    """All of the parts, or any of them."""

    kind: Literal["all", "any"]
    parts: tuple[Node, ...]


Node = Words | Not | Group


class _Token(NamedTuple):
    kind: str  # open | close | phrase | word | minus | field | AND | OR | NOT
    text: str
    place: int  # 0 is the first character of the query
    is_prefix: bool = False


def parse_query(text: str) -> Node:
    """Return what a query asks for.

    Raises:
        QueryError: it cannot be read, or asks for nothing; names the place.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"longer than {MOST_CHARACTERS} characters", MOST_CHARACTERS)
    tokens = list(_split_tokens(text.translate(_PLAIN)))
    reader = _Reader(tokens, len(text))
    node = reader.read_any(0) if tokens else None
    if reader.token is not None:
        raise QueryError('this ")" closes nothing', reader.token.place)
    if node is None:
        raise QueryError("there is no word to search for", 0)
    return node


def _split_tokens(text: str) -> Iterator[_Token]:
    place = 0
    while found := _TOKEN.match(text, place):
        kind = str(found.lastgroup) if found["phrase"] is None else "phrase"
        start, place = found.start(kind), found.end()
        if kind == "phrase":
            if not found["star"]:
                raise QueryError("this quotation mark has no second one", start - 1)
            is_prefix = f"{found[kind]}{found['star']}".rstrip('"').endswith("*")
            yield _Token(kind, found[kind], start - 1, is_prefix)
        elif kind == "word" and (field := _read_field(text, found, start)):
            yield _Token("field", field, start)
            place = start + len(field) + 1
        elif found[kind] in ("AND", "OR", "NOT"):
            yield _Token(found[kind], found[kind], start)
        else:
            yield _Token(kind, found[kind], start, found[kind].endswith("*"))


def _read_field(text: str, found: re.Match[str], start: int) -> str | None:
    """Return the field that a word begins with; None if it is a word with a colon.

    Raises:
        QueryError: it looks like a field, and there is none of that name.
    """
    name = _FIELD.match(found["word"])
    if name is None:
        return None
    if name[1] in FIELDS:
        return name[1]
    after = text[start + name.end() : start + name.end() + 1]
    if after.strip():
        raise QueryError(
            f"there is no field {name[1]!r}, only {', '.join(FIELDS)}; "
            "put it into quotation marks to search for it as it is",
            start,
        )
    return None


class _Reader:
    """Goes through the tokens of a query from left to right."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._end = end
        self._n_items = 0

    @property
    def token(self) -> _Token | None:
        """The token that comes next."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, *kinds: str) -> _Token | None:
        token = self.token
        if token is None or token.kind not in kinds:
            return None
        self._next += 1
        return token

    def read_any(self, depth: int, field: str | None = None) -> Node | None:
        """Return the parts that OR stands between; None if they say nothing."""
        parts = [self._read_all(depth, field)]
        while self._take("OR"):
            parts.append(self._read_all(depth, field))
        return _join("any", parts)

    def _read_all(self, depth: int, field: str | None) -> Node | None:
        parts = [self._read_not(depth, field)]
        while True:
            is_bound = self._take("AND") is not None
            token = self.token
            if not is_bound and (token is None or token.kind in ("close", "OR")):
                return _join("all", parts)
            parts.append(self._read_not(depth, field))

    def _read_not(self, depth: int, field: str | None) -> Node | None:
        if (token := self._take("NOT", "minus")) is None:
            return self._read_item(depth, field)
        _check_depth(depth, token)
        part = self._read_not(depth + 1, field)
        return None if part is None else Not(part)

    def _read_item(self, depth: int, field: str | None) -> Node | None:
        token = self._take("field", "open", "phrase", "word")
        if token is None:
            raise self._missing()
        if token.kind == "field":
            return self._read_field(token, depth)
        if token.kind == "open":
            _check_depth(depth, token)
            node = self.read_any(depth + 1, field)
            if self._take("close") is None:
                raise QueryError('this "(" is not closed', token.place)
            return node
        return self._read_words(token, field)

    def _read_field(self, token: _Token, depth: int) -> Node:
        if self.token is None or self.token.kind not in ("open", "phrase", "word"):
            raise QueryError(f"nothing stands after {token.text}:", token.place)
        node = self._read_item(depth, token.text)
        if node is None:
            raise QueryError(f"no word stands after {token.text}:", token.place)
        return node

    def _read_words(self, token: _Token, field: str | None) -> Words | None:
        units = tuple(split_units(compose_text(token.text)))
        if not units:
            return None
        self._n_items += 1
        if self._n_items > MOST_ITEMS:
            raise QueryError(f"more than {MOST_ITEMS} words", token.place)
        last = units[-1]
        if "*" in token.text.rstrip("*"):
            raise QueryError("a * stands at the end of a word only", token.place)
        if token.is_prefix and not last.is_solo and len(last.text) < 2:
            raise QueryError("two letters or more must stand before *", token.place)
        return Words(units, token.is_prefix and not last.is_solo, field)

    def _missing(self) -> QueryError:
        token = self.token
        if token is None:
            return QueryError("a word is missing at the end", self._end)
        shown = ")" if token.kind == "close" else token.text
        return QueryError(f"a word is missing before {shown!r}", token.place)


def _check_depth(depth: int, token: _Token) -> None:
    if depth >= DEEPEST:
        raise QueryError(f"nested more than {DEEPEST} deep", token.place)


def _join(kind: Literal["all", "any"], parts: list[Node | None]) -> Node | None:
    said = tuple(part for part in parts if part is not None)
    if len(said) > 1:
        return Group(kind, said)
    return said[0] if said else None


def list_words(node: Node) -> list[Words]:
    """Return the words that an article has to have or may have, not those under NOT."""
    if isinstance(node, Words):
        return [node]
    if isinstance(node, Not):
        return []
    return [words for part in node.parts for words in list_words(part)]
