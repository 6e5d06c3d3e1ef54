"""Clusters and stories: the groups that pairs make, and the log of how they change.

A group is a function of all the pairs round it. What a night touches is computed anew
as a whole, and only rows that differ are written. How a group is made is not known
here: `pipeline` brings the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from nightdesk.model import Pair
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.late import add_late, note_copies
from nightdesk.warehouse.links import (
    KEYS,
    StoredText,
    Touch,
    put_ids,
    put_rows,
    read_texts,
    span_nights,
    swap_rows,
)
from nightdesk.warehouse.reach import (
    Life,
    keep_linked,
    narrow,
    pairs_within,
    spread,
    walk,
)

#: Of a pair that stands for a text and its copy.
COPY_RULE = "cluster"


class OriginRow(NamedTuple):
    """Who wrote the text of an article, and what the article made of it."""

    article_id: int
    origin_id: str  # source_id, or agency:...
    origin_name: str | None
    via: str
    evidence: str | None
    role: str  # origin | copy | edit
    own_share: float


_ORIGIN_COLUMNS = {
    **dict.fromkeys(OriginRow._fields, "VARCHAR"),
    "article_id": "BIGINT",
    "own_share": "DOUBLE",
}

_CLUSTER_ROWS = (
    "SELECT min(m.night) FILTER (WHERE m.article_id = m.group_id) AS night, "
    "m.group_id AS cluster_id, count(*) AS n_articles, "
    "count(DISTINCT a.source_id) AS n_sources, "
    "min(m.night) AS first_night, max(m.night) AS last_night, "
    "any_value(m.origin_id) AS origin_id, any_value(m.origin_name) AS origin_name, "
    "any_value(m.article_id) FILTER (WHERE m.role = 'origin') "
    "AS origin_article_id, "
    "any_value(m.via) AS via, count(*) FILTER (WHERE m.role = 'copy') AS n_copies, "
    "count(*) FILTER (WHERE m.role = 'edit') AS n_edits "
    "FROM made AS m JOIN article AS a USING (night, article_id) "
    "WHERE m.group_id IS NOT NULL GROUP BY m.group_id"
)

#: Pairs of whole components, and their articles -> article_id: group_id.
GroupRule = Callable[[Sequence[Pair], Sequence[StoredText]], Mapping[int, int]]
#: All articles of one cluster, or one that is in none -> a row for each.
OriginRule = Callable[[Sequence[StoredText]], Sequence[OriginRow]]


def replace_clusters(
    con: Connection, touch: Touch, rule: GroupRule, find_origin: OriginRule, life: Life
) -> set[date]:
    """Compute anew the clusters that the night touches.

    Call it after `replace_pairs` of duplicate_pair. What stories have to know is left
    in the temporary table `text_end`; `life` is theirs.

    Returns:
        The nights whose rows, or whose neighbours' articles, are not what they were.
    """
    spread(con, touch, "duplicate_pair", "duplicate_pair_end")
    pairs = pairs_within(con, "duplicate_pair")
    texts = read_texts(con, "reach")
    linked = {i for pair in pairs for i in (pair.a_id, pair.b_id)} | set(touch.ties)
    members = rule(pairs, [text for text in texts if text.article_id in linked])
    _use_groups(con, members)
    _use_origins(con, _find_origins(members, texts, find_origin))
    moved = _replace_rows(
        con,
        "cluster_member",
        "SELECT night, group_id AS cluster_id, article_id, "
        "article_id = group_id AS is_canonical FROM grouped",
    )
    note_copies(con, touch)
    moved |= _find_shown(con, "cluster", touch)
    _log_changes(con, "cluster", touch)
    con.execute("CREATE OR REPLACE TEMP TABLE text_end AS FROM reach LIMIT 0")
    _note_texts(con, "cluster_id")
    _note_left(con, life)
    moved |= _replace_rows(con, "article_origin", "SELECT * EXCLUDE group_id FROM made")
    _note_texts(con, "origin_id")
    return moved | _replace_rows(con, "cluster", _CLUSTER_ROWS)


def _note_texts(con: Connection, key: str) -> None:
    """Add to `text_end` the articles of the last change whose key is another."""
    for one, other in (("come", "gone"), ("gone", "come")):
        con.execute(
            "INSERT INTO text_end SELECT night, article_id FROM ("
            f"SELECT night, article_id, {key} FROM {one} "
            f"EXCEPT SELECT night, article_id, {key} FROM {other})"
        )


def _note_left(con: Connection, life: Life) -> None:
    """Add to `text_end` the copies that one which has left them stood next to.

    It may have been all that kept them in a story, and leads to none of them now.
    """
    con.execute(
        "INSERT INTO text_end SELECT DISTINCT b.night, b.article_id FROM before AS b "
        "JOIN (SELECT night, article_id, cluster_id FROM gone "
        "EXCEPT SELECT night, article_id, cluster_id FROM come) AS g "
        "USING (cluster_id) "
        f"WHERE abs(date_diff('day', b.night, g.night)) <= {life.gap_nights}"
    )


def replace_stories(
    con: Connection, touch: Touch, rule: GroupRule, life: Life
) -> set[date]:
    """Compute anew the stories that the night touches.

    Call it after `replace_clusters`, and `replace_pairs` of story_pair. The rule gets
    a pair of COPY_RULE for every copy and the one before it as well, since copies are
    in one story; its articles come without text, and reach further than what is told.

    Returns:
        The nights whose rows, or whose neighbours' articles, are not what they were.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE seed AS FROM story_pair_end UNION FROM text_end"
    )
    walk(con, touch, life, "seed")
    pairs = pairs_within(con, "story_pair") + _copies_within(con, life)
    texts = read_texts(con, keep_linked(con, pairs, touch.ties), has_text=False)
    _use_groups(con, rule(pairs, texts))
    narrow(con, "story_member", "is_late IS NOT TRUE")
    _use_told(con)
    add_late(con, life)
    _use_told(con)
    moved = _replace_rows(
        con,
        "story_member",
        "SELECT night, group_id AS story_id, article_id, "
        "article_id = group_id AS is_first, is_late FROM told",
    )
    moved |= _find_shown(con, "story", touch)
    _log_changes(con, "story", touch)
    return moved | _replace_rows(
        con,
        "story",
        "SELECT min(night) FILTER (WHERE article_id = group_id) AS night, "
        "group_id AS story_id, count(*) AS n_articles, "
        "count(DISTINCT text_id) AS n_texts, count(DISTINCT origin_id) AS n_sources, "
        "min(night) AS first_night, max(night) AS last_night "
        "FROM told GROUP BY group_id",
    )


def _use_told(con: Connection) -> None:
    """Fill `told`: the articles of stories, each with its text and who wrote it."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE told AS WITH copy AS (SELECT night, article_id, "
        "cluster_id FROM cluster_member WHERE night BETWEEN $1 AND $2), "
        "wrote AS (SELECT night, article_id, origin_id FROM article_origin "
        "WHERE night BETWEEN $1 AND $2) "
        "SELECT g.*, coalesce(c.cluster_id, g.article_id) AS text_id, "
        "coalesce(w.origin_id, a.source_id) AS origin_id "
        "FROM grouped AS g JOIN article AS a USING (night, article_id) "
        "LEFT JOIN copy AS c USING (night, article_id) "
        "LEFT JOIN wrote AS w USING (night, article_id) "
        "WHERE a.night BETWEEN $1 AND $2",
        span_nights(con, "grouped"),
    )
    con.execute(  # a text and its copies alone are a cluster, and no story yet
        "DELETE FROM told WHERE group_id IN (SELECT group_id FROM told "
        "GROUP BY group_id HAVING count(DISTINCT text_id) = 1)"
    )


def _copies_within(con: Connection, life: Life) -> list[Pair]:
    """Return a pair for each copy and the one before it, if that is near enough."""
    rows = con.execute(
        "SELECT least(article_id, other_id), greatest(article_id, other_id) FROM ("
        "SELECT m.night, m.article_id, lag(m.article_id) OVER copies AS other_id, "
        "lag(m.night) OVER copies AS other_night "
        "FROM reach JOIN cluster_member AS m USING (night, article_id) WINDOW copies "
        "AS (PARTITION BY m.cluster_id ORDER BY m.night, m.article_id)) "
        f"WHERE date_diff('day', other_night, night) <= {life.gap_nights} ORDER BY ALL"
    ).fetchall()
    return [Pair(a, b, "near", 1.0, COPY_RULE) for a, b in rows]


def _use_groups(con: Connection, groups: Mapping[int, int]) -> None:
    columns = {"article_id": "BIGINT", "group_id": "BIGINT"}
    put_rows(con, "member", columns, groups.items())
    con.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS SELECT r.night, m.* "
        "FROM reach AS r JOIN member AS m USING (article_id)"
    )


def _find_origins(
    members: Mapping[int, int], texts: Iterable[StoredText], find_origin: OriginRule
) -> list[OriginRow]:
    clusters: dict[int, list[StoredText]] = {}
    for text in texts:
        key = members.get(text.article_id, text.article_id)
        clusters.setdefault(key, []).append(text)
    return [row for group in clusters.values() for row in find_origin(group)]


def _use_origins(con: Connection, rows: Iterable[OriginRow]) -> None:
    """Fill `made`: the origin of every article in `reach` that has a text."""
    put_rows(con, "origin", _ORIGIN_COLUMNS, rows)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE made AS SELECT r.night, o.*, g.group_id "
        "FROM origin AS o JOIN reach AS r USING (article_id) "
        "LEFT JOIN grouped AS g USING (night, article_id)"
    )


def _replace_rows(con: Connection, table: str, query: str) -> set[date]:
    """Put the query's rows in the place of those that the articles in `reach` have."""
    _, key = KEYS[table]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE before AS SELECT t.* FROM {table} AS t "
        f"JOIN reach AS r ON t.night = r.night AND t.{key} = r.article_id "
        "WHERE t.night BETWEEN $1 AND $2",
        span_nights(con, "reach"),
    )
    con.execute("CREATE OR REPLACE TEMP TABLE after AS FROM before LIMIT 0")
    con.execute(f"INSERT INTO after BY NAME {query}")
    return swap_rows(con, table)


def _log_changes(con: Connection, name: str, touch: Touch) -> None:
    """Log what became of the articles that have left the group that they were in."""
    con.execute(
        f"INSERT INTO {name}_change BY NAME "
        "WITH step AS (SELECT old.night, "
        f"old.{name}_id AS old_id, new.{name}_id AS new_id FROM before AS old "
        "LEFT JOIN after AS new USING (night, article_id)), "
        "move AS (SELECT old_id, new_id, count(*) AS n_articles, "
        "min(night) AS first_night, max(night) AS last_night FROM step GROUP BY ALL) "
        "SELECT $1 AS night, move.*, CASE "
        "WHEN count(*) OVER (PARTITION BY old_id) > 1 THEN 'split' "
        "WHEN new_id IS NULL THEN 'ended' "
        "WHEN count(*) OVER (PARTITION BY new_id) > 1 THEN 'merged' "
        "ELSE 'moved' END AS kind, $2 AS run_id, $3 AS changed_at "
        "FROM move QUALIFY old_id IS DISTINCT FROM new_id",
        [touch.night, touch.run_id, touch.at],
    )


def _find_shown(con: Connection, name: str, touch: Touch) -> set[date]:
    """Return the nights of groups whose members, or an article of them, have changed.

    Every night of a group shows the whole of it.
    """
    put_ids(con, "wanted", touch.changed)
    rows = con.execute(
        "SELECT DISTINCT night FROM grouped WHERE group_id IN ("
        "SELECT group_id FROM grouped SEMI JOIN wanted USING (article_id) "
        f"UNION SELECT {name}_id FROM come UNION SELECT {name}_id FROM gone)"
    ).fetchall()
    return {row[0] for row in rows}
