"""What a query and its filters ask for, as tantivy asks it.

A word without a field is looked for in the body (title and text); the title counts
again, three times. Sources and regions are looked up by the names that they have now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import tantivy

from nightdesk.errors import QueryError
from nightdesk.search.fold import Unit, compose_text, split_units
from nightdesk.search.index import Opened, number_night
from nightdesk.search.query import Node, Not, Words
from nightdesk.search.snippet import find_marks

_TITLE = 3.0  # what a word in the title weighs more than one in the text

_Occur = tantivy.Occur
_Query = tantivy.Query


@dataclass(frozen=True)
class Filters:
    """What an article must be beside matching; empty: no matter."""

    first: date | None = None  # night
    last: date | None = None
    regions: Sequence[str] = ()  # any of these it is about: ids, codes or names
    langs: Sequence[str] = ()
    sources: Sequence[str] = ()  # ids or names, present or past


def match_all(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return what all of the queries match."""
    return _Query.boolean_query([(_Occur.Must, query) for query in queries])


class Compiler:
    """Turns what a query asks for into what tantivy asks."""

    def __init__(self, opened: Opened) -> None:
        self._schema = opened.schema
        self._snapshot = opened.snapshot

    def compile(self, node: Node) -> tantivy.Query:
        """Return what matches a query."""
        if isinstance(node, Words):
            return self._ask_words(node)
        if isinstance(node, Not):
            return self._ask_all((node,))
        if node.kind == "all":
            return self._ask_all(node.parts)
        return _Query.boolean_query(
            [(_Occur.Should, self.compile(part)) for part in node.parts]
        )

    def _ask_all(self, parts: Sequence[Node]) -> tantivy.Query:
        clauses = [
            (_Occur.MustNot, self.compile(part.part))
            if isinstance(part, Not)
            else (_Occur.Must, self.compile(part))
            for part in parts
        ]
        if all(occur == _Occur.MustNot for occur, _ in clauses):
            everything = _Query.term_query(self._schema, "kind", "article")
            clauses.append((_Occur.Must, _Query.const_score_query(everything, 0.0)))
        return _Query.boolean_query(clauses)

    def _ask_words(self, words: Words) -> tantivy.Query:
        if words.field == "source":
            found = [
                row["source_id"]
                for row in self._snapshot.sources
                if any(find_marks(u, (words,)) for u in _read_names(row))
            ]
            return self._ask_any("source", found)
        if words.field == "lang":
            return self._ask_any("lang", ["-".join(u.text for u in words.units)])
        if words.field is not None:
            return self._ask_field(words.field, words)
        clauses = [
            (_Occur.Must, self._ask_field("body", words)),
            (
                _Occur.Should,
                _Query.boost_query(self._ask_field("title", words), _TITLE),
            ),
        ]
        return _Query.boolean_query(clauses)

    def _ask_field(self, field: str, words: Words) -> tantivy.Query:
        terms, is_prefix = pair_units(words)
        if is_prefix:
            patterns = [re.escape(term) for term in terms]
            patterns[-1] += ".*"
            if len(terms) == 1:
                return _Query.regex_query(self._schema, field, patterns[0])
            return _Query.regex_phrase_query(self._schema, field, list(patterns))
        if len(terms) == 1:
            return _Query.term_query(self._schema, field, terms[0])
        return _Query.phrase_query(self._schema, field, list(terms))

    def _ask_any(self, field: str, values: Sequence[str]) -> tantivy.Query:
        """Ask for one of several values, without a score."""
        query = _Query.term_set_query(self._schema, field, list(values))
        return _Query.const_score_query(query, 0.0)

    def restrict(self, query: tantivy.Query, filters: Filters) -> tantivy.Query:
        """Return the query with its filters, which do not count for the rank."""
        asked = [query]
        if filters.first or filters.last:
            nights = _Query.range_query(
                self._schema,
                "night",
                tantivy.FieldType.Integer,
                number_night(filters.first or date.min),
                number_night(filters.last or date.max),
            )
            asked.append(_Query.const_score_query(nights, 0.0))
        if filters.langs:
            asked.append(self._ask_any("lang", filters.langs))
        for kind, wanted in (("region", filters.regions), ("source", filters.sources)):
            if wanted:
                asked.append(self._ask_any(kind, self._resolve(kind, wanted)))
        return match_all(asked)

    def _resolve(self, kind: str, wanted: Sequence[str]) -> list[str]:
        """Return the ids of regions or sources that people name by id, code or name."""
        rows = self._snapshot.regions if kind == "region" else self._snapshot.sources
        ids: dict[str, list[str]] = {}
        for row in rows:
            row_id = row[f"{kind}_id"]
            known = {row_id, row_id.partition(":")[2], row["name"], *_past(row)}
            for name in known - {""}:
                ids.setdefault(name.casefold(), []).append(row_id)
        for name in wanted:
            if name.casefold() not in ids:
                raise QueryError(f"there is no {kind} {name!r} in what is published")
        return [row_id for name in wanted for row_id in ids[name.casefold()]]


def _past(row: Any) -> Sequence[str]:
    return row.get("was") or ()


def _read_names(row: Any) -> list[list[Unit]]:
    """Return the words of each name that a source has or had."""
    names = (row["source_id"], row["name"], *_past(row))
    return [split_units(compose_text(name)) for name in names]


def pair_units(words: Words) -> tuple[list[str], bool]:
    """Return the terms of the index that words stand for.

    Also whether the last one is but the start of a term: of a word that was asked for
    by prefix, or of the pair that begins with a single character.
    """
    units = words.units
    follows = [*units[1:], None]
    terms = [
        unit.text + (after.text if after is not None and after.is_joined else "")
        for unit, after in zip(units, follows, strict=True)
    ]
    last = units[-1]
    if last.is_joined:
        return terms[:-1], False  # the pair before it holds it
    return terms, words.is_prefix or last.is_solo
