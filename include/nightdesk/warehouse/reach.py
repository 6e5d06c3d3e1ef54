"""What a load touches: articles that hang together with it by pairs or by people.

`spread` goes as far as pairs lead, for copies; `walk` as far as a story can reach. Both
fill the temporary table `reach` (night, article_id).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from nightdesk.model import Pair
from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.links import Touch, put_ids, span_nights

_ENDS = (("a", "b"), ("b", "a"))
_CYCLES_TOLD, _CYCLES_READ = 1, 2  # on either side of what is touched


class Life(NamedTuple):
    """How far stories reach."""

    cycle_nights: int  # none outlives the ends of two cycles
    gap_nights: int  # between two articles that follow each other in one
    late_nights: int  # between a late copy and the one whose story it is put into

    @property
    def cycle(self) -> str:
        """The SQL expression for the cycle of a `night`."""
        return f"((date_diff('day', DATE '0001-01-01', night) + 1) // {self[0]})"


def spread(con: Connection, touch: Touch, table: str, seed: str) -> None:
    """Fill `reach` with all articles in a component of pairs with what is touched."""
    _begin(con, touch, seed)
    con.execute("CREATE OR REPLACE TEMP TABLE frontier AS FROM reach")
    steps = " UNION ALL ".join(
        f"SELECT p.{far}_night AS night, p.{far}_id AS article_id FROM {table} AS p "
        f"JOIN frontier AS f ON p.{near}_night = f.night AND p.{near}_id = f.article_id"
        for near, far in _ENDS
    )
    while True:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE found AS (SELECT DISTINCT * FROM ({steps})) "
            "EXCEPT FROM reach"
        )
        con.execute("INSERT INTO reach FROM found")
        tied = _add_named(con, _find_tied(con, touch.ties))
        n_found = con.execute("SELECT count(*) FROM found").fetchall()[0][0]
        if not n_found and not tied:
            return
        con.execute("CREATE OR REPLACE TEMP TABLE frontier AS FROM found")
        if tied:
            con.execute("INSERT INTO frontier FROM named")


def walk(con: Connection, touch: Touch, life: Life, seed: str) -> None:
    """Fill `reach` with what may tell one story with what is touched.

    Stories reach from one cycle into the next and no further. What a night changes is
    told in its own cycle and those beside it (`inner_reach`); to tell it, one more on
    either side is read. However long a matter is in the news, a load costs the same.
    """
    _begin(con, touch, seed)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE walked AS "
        f"SELECT *, {life.cycle} AS cycle FROM reach"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE frontier AS FROM walked")
    named: set[int] = set()
    while con.execute("FROM frontier LIMIT 1").fetchall():
        con.execute(
            "CREATE OR REPLACE TEMP TABLE found AS (SELECT DISTINCT * FROM "
            f"({_step(life)}) WHERE abs({life.cycle} - cycle) <= {_CYCLES_READ}) "
            "EXCEPT FROM walked",
            _widen(span_nights(con, "frontier"), life.gap_nights),
        )
        con.execute("INSERT INTO walked FROM found")
        if touch.ties:
            named |= _add_tied(con, touch.ties, named, life)
        con.execute("CREATE OR REPLACE TEMP TABLE frontier AS FROM found")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE inner_reach AS SELECT DISTINCT night, article_id "
        f"FROM walked WHERE abs({life.cycle} - cycle) <= {_CYCLES_TOLD}"
    )
    _use_walked(con)


def _begin(con: Connection, touch: Touch, seed: str) -> None:
    """Fill `reach` with what is touched itself."""
    put_ids(con, "own", touch.ids)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE reach AS FROM {seed} "
        "UNION SELECT $1, article_id FROM own",
        [touch.night],
    )
    _add_named(con, set(touch.decided))


def _use_walked(con: Connection) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE reach AS "
        "SELECT DISTINCT night, article_id FROM walked"
    )


def _step(life: Life) -> str:
    """Return the query for what is next to `frontier`; takes two nights."""
    pairs = " UNION ALL ".join(
        f"SELECT p.{far}_night AS night, p.{far}_id AS article_id, f.cycle "
        "FROM story_pair AS p "
        f"JOIN frontier AS f ON p.{near}_night = f.night AND p.{near}_id = f.article_id"
        for near, far in _ENDS
    )
    copies = (
        "SELECT c.night, c.article_id, f.cycle FROM frontier AS f "
        "JOIN cluster_member AS o ON o.night = f.night AND o.article_id = f.article_id "
        "JOIN cluster_member AS c ON c.cluster_id = o.cluster_id "
        f"AND abs(date_diff('day', c.night, o.night)) <= {life.gap_nights} "
        "WHERE c.night BETWEEN $1 AND $2"
    )
    return f"{pairs} UNION ALL {copies}"


def _widen(nights: Sequence[date | None], days: int) -> list[date | None]:
    first, last = nights
    step = timedelta(days=days)
    return [first - step if first else None, last + step if last else None]


def _add_tied(
    con: Connection, ties: Mapping[int, frozenset[int]], named: set[int], life: Life
) -> set[int]:
    """Add to `walked` and `found` what people put with it, each with its own cycle.

    Like `_add_named` it looks at all nights, where people decided something.

    Returns:
        The articles, without those that are `named` already.
    """
    _use_walked(con)
    tied = _find_tied(con, ties)
    tied = tied.union(*(ties[i] for i in tied)) - named
    if tied:
        put_ids(con, "wanted", tied)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE named AS (SELECT night, article_id, "
            f"{life.cycle} AS cycle FROM article SEMI JOIN wanted USING (article_id)) "
            "EXCEPT FROM walked"
        )
        con.execute("INSERT INTO walked FROM named")
        con.execute("INSERT INTO found FROM named")
    return tied


def narrow(con: Connection, stored: str, condition: str) -> None:
    """Keep in `reach` and `grouped` what `walk` was for, and all that is told with it.

    Args:
        con: the warehouse; `grouped` has night, article_id and group_id of what was
            reached.
        stored: the table of members, as stored.
        condition: of the members that lead to others.
    """
    name = stored.removesuffix("_member")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE told AS FROM grouped UNION ALL "
        f"SELECT night, article_id, {name}_id FROM reach "
        f"JOIN {stored} USING (night, article_id) WHERE {condition}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE reach AS FROM inner_reach UNION "
        "SELECT night, article_id FROM told WHERE group_id IN "
        "(SELECT group_id FROM told SEMI JOIN inner_reach USING (night, article_id))"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS "
        "FROM grouped SEMI JOIN reach USING (night, article_id)"
    )


def _find_tied(con: Connection, ties: Mapping[int, frozenset[int]]) -> set[int]:
    """Return the articles that people put with one of `reach`."""
    if not ties:
        return set()
    put_ids(con, "tied", ties)
    rows = con.execute(
        "SELECT article_id FROM reach SEMI JOIN tied USING (article_id)"
    ).fetchall()
    return {other for (article_id,) in rows for other in ties[article_id]}


def _add_named(con: Connection, ids: set[int]) -> bool:
    """Add articles of unknown night to `reach`; return whether any was new.

    The one query that looks at all nights; it runs where people decided something.
    """
    if not ids:
        return False
    put_ids(con, "wanted", ids)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE named AS (SELECT night, article_id FROM article "
        "SEMI JOIN wanted USING (article_id)) EXCEPT FROM reach"
    )
    con.execute("INSERT INTO reach FROM named")
    return bool(con.execute("FROM named LIMIT 1").fetchall())


def pairs_within(con: Connection, table: str) -> list[Pair]:
    """Return the pairs of two articles in `reach`."""
    rows = con.execute(
        f"SELECT p.a_id, p.b_id, p.kind, p.score, p.rule FROM {table} AS p "
        "JOIN reach AS a ON p.a_night = a.night AND p.a_id = a.article_id "
        "JOIN reach AS b ON p.b_night = b.night AND p.b_id = b.article_id "
        "ORDER BY 1, 2"
    ).fetchall()
    return [Pair(*row) for row in rows]


def keep_linked(
    con: Connection, pairs: Iterable[Pair], ties: Mapping[int, frozenset[int]]
) -> str:
    """Return a table of those of `reach` that a pair or a person links to another."""
    put_ids(con, "wanted", {i for p in pairs for i in (p.a_id, p.b_id)} | set(ties))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE linked AS "
        "FROM reach SEMI JOIN wanted USING (article_id)"
    )
    return "linked"
