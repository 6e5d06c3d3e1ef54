"""Find articles: what matches, ranked, grouped by story, with the words marked.

Where nothing in a query is about words (only a language, a source, or what shall not be
there), the newest come first and there is no score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import tantivy

from nightdesk.errors import QueryError
from nightdesk.search.ask import Compiler, Filters, match_all
from nightdesk.search.fold import compose_text, split_units
from nightdesk.search.index import Opened, name_failure
from nightdesk.search.query import Words, list_words, parse_query
from nightdesk.search.snippet import Mark, find_marks, make_snippet

MOST_STORIES = 1000  # that can be paged through
_NAMES = ("person", "org", "place")  # fields of names, which stand in the text too

_Hit = tuple[float, tantivy.DocAddress]


@dataclass(frozen=True)
class FoundStory:
    """The best match of a story; marks are character offsets into title and snippet."""

    story_id: int
    article_id: int
    night: str
    source_id: str
    source: str  # its name
    url: str
    title: str
    title_marks: list[Mark]
    snippet: str  # of the text, one line; "" where there is none to show
    snippet_marks: list[Mark]
    lang: str | None
    published_at: str | None
    score: float | None  # None: ordered by night
    n_others: int  # articles of the story that match as well


@dataclass(frozen=True)
class Found:
    """The answer to a search."""

    catalogue: int  # number of the catalogue that it stands for
    n_articles: int  # that match, on all pages
    stories: list[FoundStory]  # of this page, best first


def find_stories(
    opened: Opened,
    text: str,
    filters: Filters | None = None,
    *,
    limit: int = 10,
    offset: int = 0,
) -> Found:
    """Return the stories that match a query, the best first.

    Args:
        opened: the index.
        text: the query; its grammar is in `query`.
        filters: what else an article must be.
        limit: stories on the page.
        offset: stories before it.

    Raises:
        QueryError: the query or a filter cannot be read.
        SearchError: the index is damaged.
    """
    if limit < 1 or offset < 0 or offset + limit > MOST_STORIES:
        raise QueryError(f"stories 1 to {MOST_STORIES} can be shown, no others")
    node = parse_query(text)
    compiler = Compiler(opened)
    query = compiler.compile(node)
    whole = compiler.restrict(query, filters or Filters())
    words = list_words(node)
    is_ranked = any(w.field not in ("source", "lang") for w in words)
    with name_failure("index"):
        with _name_wide_phrase():
            n_articles, best = _rank_stories(opened, whole, offset + limit, is_ranked)
        page = best[offset : offset + limit]
        sizes = _count_articles(opened, whole, [story for story, _ in page])
        stories = [
            _show_story(
                opened,
                story,
                hit[1],
                words,
                sizes[story] - 1,
                hit[0] if is_ranked else None,
            )
            for story, hit in page
        ]
    return Found(opened.snapshot.number, n_articles, stories)


def count_by_night(
    opened: Opened, text: str, filters: Filters, first: date, last: date
) -> dict[date, int]:
    """Return how many articles of each night match a query; a night of none is not in.

    Args:
        opened: the index.
        text: the query; its grammar is in `query`.
        filters: what else an article must be; their nights do not count here.
        first: the first night that is counted.
        last: the last one.

    Raises:
        QueryError: the query or a filter cannot be read.
        SearchError: the index is damaged.
    """
    compiler = Compiler(opened)
    query = compiler.compile(parse_query(text))
    whole = compiler.restrict(query, replace(filters, first=first, last=last))
    n_nights = (last - first).days + 1
    by_night = {"nights": {"terms": {"field": "night", "size": n_nights}}}
    with name_failure("index"), _name_wide_phrase():
        counted = opened.searcher.aggregate(whole, by_night)
    return {
        date.fromordinal(int(bucket["key"])): int(bucket["doc_count"])
        for bucket in counted["nights"]["buckets"]
    }


@contextmanager
def _name_wide_phrase() -> Iterator[None]:
    """Tell a phrase whose prefix stands for more words than tantivy takes: 16,384."""
    try:
        yield
    except ValueError as error:
        if "max expansions" in str(error):
            problem = "too many words begin as the last one of the phrase does"
            raise QueryError(problem) from error
        raise


def _rank_stories(
    opened: Opened, query: tantivy.Query, n_stories: int, is_ranked: bool
) -> tuple[int, list[tuple[int, _Hit]]]:
    """Return how many articles match, and the best one of each of the first stories."""
    depth = 2 * n_stories + 20
    while True:
        result = opened.searcher.search(
            query, depth, order_by_field=None if is_ranked else "night"
        )
        hits: list[_Hit] = result.hits
        n_articles = int(result.count)  # type: ignore[attr-defined] # not in its stub
        addresses = [address for _, address in hits]
        columns = (
            opened.searcher.fast_field_values(name, addresses)
            for name in ("story", "night", "article")
        )
        rows = sorted(
            zip(hits, *columns, strict=True), key=lambda r: (-r[0][0], -r[2], r[3])
        )
        best: dict[int, _Hit] = {}
        for hit, story, _, _ in rows:
            best.setdefault(int(story), hit)
        if len(best) >= n_stories or len(hits) == n_articles:
            return n_articles, list(best.items())[:n_stories]
        depth *= 4


def _count_articles(
    opened: Opened, query: tantivy.Query, stories: Sequence[int]
) -> dict[int, int]:
    """Return how many articles of each story match."""
    if not stories:
        return {}
    of_these = tantivy.Query.term_set_query(opened.schema, "story", list(stories))
    counted = opened.searcher.aggregate(
        match_all((query, of_these)),
        {"stories": {"terms": {"field": "story", "size": len(stories)}}},
    )
    buckets = counted["stories"]["buckets"]
    return {int(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}


def _show_story(
    opened: Opened,
    story: int,
    address: tantivy.DocAddress,
    words: Sequence[Words],
    n_others: int,
    score: float | None,
) -> FoundStory:
    card = opened.read_card(address)
    shown = [w for w in words if w.field in (None, "title", *_NAMES)]
    in_text = [w for w in shown if w.field != "title"]
    title = compose_text(card["title"] or "")
    snippet, marks = make_snippet(card["text"] or "", in_text)
    return FoundStory(
        story_id=story,
        article_id=card["article_id"],
        night=card["night"],
        source_id=card["source_id"],
        source=opened.source_names.get(card["source_id"], card["source_id"]),
        url=card["url"],
        title=title,
        title_marks=find_marks(split_units(title), shown),
        snippet=snippet,
        snippet_marks=marks,
        lang=card["lang"],
        published_at=card["published_at"],
        score=None if score is None else round(score, 4),
        n_others=n_others,
    )
