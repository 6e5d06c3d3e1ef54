"""Late copies: who reprints a text when its story is over is told with that story.

A copy without a story of its own joins that of the nearest earlier copy of its text
which has one, if that is near enough. It leads to no other article, and is no reason to
tell a story longer: what is late is a function of clusters and of stories without it.
"""

from __future__ import annotations

from datetime import date, timedelta

from nightdesk.warehouse.connect import Connection
from nightdesk.warehouse.links import Touch, put_ids, span_nights
from nightdesk.warehouse.reach import Life

_CYCLES_HELD = 2  # nights of a story without its late copies are in so many cycles


def note_copies(con: Connection, touch: Touch) -> None:
    """Keep in `cluster_end` the members of clusters that the last swap has changed.

    And all copies of those about which people decided something, however late.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE cluster_end AS "
        "SELECT DISTINCT night, article_id, cluster_id FROM "
        "(SELECT * FROM come UNION ALL SELECT * FROM gone)"
    )
    if touch.decided:
        put_ids(con, "wanted", touch.decided)
        con.execute(
            "INSERT INTO cluster_end SELECT night, article_id, cluster_id "
            "FROM cluster_member WHERE cluster_id IN (SELECT cluster_id "
            "FROM cluster_member SEMI JOIN wanted USING (article_id))"
        )


def add_late(con: Connection, life: Life) -> None:
    """Add late copies to `grouped`, and to `reach` what they change.

    Call it when `told` has the stories of `reach` without them. `grouped` says of each
    article whether it `is_late`; it has the whole of every story that it names.
    """
    first, last = _span(con)
    step = timedelta(days=life.late_nights)
    held = timedelta(days=_CYCLES_HELD * life.cycle_nights)
    wide: list[date | None] = [None, None]
    whole = wide
    if first and last:
        wide = [first - step, last + step]
        whole = [first - step - held, last + step + held]
    _use_mates(con, wide, first)
    _use_late(con, life, wide)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE reach AS FROM reach UNION "
        "SELECT night, article_id FROM (FROM copy UNION FROM cluster_end) "
        "ANTI JOIN core USING (night, article_id)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE kept AS "
        "SELECT night, article_id, story_id AS group_id, is_late FROM story_member "
        "ANTI JOIN reach USING (night, article_id) WHERE night BETWEEN $1 AND $2 "
        "AND story_id IN (SELECT group_id FROM late UNION "
        "SELECT story_id FROM story_member JOIN reach USING (night, article_id) "
        "WHERE is_late AND night BETWEEN $1 AND $2)",
        whole,
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS "
        "SELECT night, article_id, group_id, false AS is_late FROM grouped "
        "ANTI JOIN late USING (night, article_id) "
        "UNION ALL SELECT night, article_id, group_id, true FROM late "
        "UNION ALL SELECT night, article_id, group_id, is_late FROM kept"
    )
    con.execute(
        "INSERT INTO reach SELECT night, article_id FROM kept "
        "EXCEPT SELECT night, article_id FROM reach"
    )


def _span(con: Connection) -> tuple[date | None, date | None]:
    """Return the first and last night of what is touched."""
    spans = [span_nights(con, keys) for keys in ("reach", "cluster_end")]
    nights = [night for span in spans for night in span if night]
    return (min(nights), max(nights)) if nights else (None, None)


def _use_mates(con: Connection, nights: list[date | None], first: date | None) -> None:
    """Fill `copy`, whose story may be another now, and `mate`: these and earlier ones.

    What is touched changes nothing for copies before it.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE mate AS "
        "SELECT night, article_id, cluster_id FROM cluster_member "
        "WHERE night BETWEEN $1 AND $2 AND cluster_id IN ("
        "SELECT cluster_id FROM cluster_end UNION "
        "SELECT cluster_id FROM cluster_member JOIN reach USING (night, article_id) "
        "WHERE night BETWEEN $1 AND $2)",
        nights,
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE copy AS FROM mate WHERE night >= $1", [first]
    )


def _use_late(con: Connection, life: Life, nights: list[date | None]) -> None:
    """Fill `core`, the articles of stories, and `late`, which copies they bring along.

    A text that people have taken out of a story brings none along.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE apart AS SELECT DISTINCT unnest(articles) "
        "AS article_id FROM decision WHERE kind = 'story_split'"
    )
    if con.execute("FROM apart LIMIT 1").fetchall():
        con.execute(
            "CREATE OR REPLACE TEMP TABLE apart AS SELECT DISTINCT cluster_id "
            "FROM cluster_member SEMI JOIN apart USING (article_id)"
        )
        con.execute("DELETE FROM copy WHERE cluster_id IN (FROM apart)")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE core AS "
        "SELECT night, article_id, group_id FROM told "
        "UNION ALL SELECT night, article_id, story_id FROM story_member "
        "ANTI JOIN reach USING (night, article_id) "
        "WHERE is_late IS NOT TRUE AND night BETWEEN $1 AND $2",
        nights,
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE late AS "
        "SELECT copy.night, copy.article_id, "
        "arg_max(core.group_id, (core.night, core.article_id)) AS group_id "
        "FROM (FROM copy ANTI JOIN core USING (night, article_id)) AS copy "
        "JOIN mate AS earlier ON earlier.cluster_id = copy.cluster_id "
        "AND date_diff('day', earlier.night, copy.night) "
        f"BETWEEN 1 AND {life.late_nights} "
        "JOIN core ON core.night = earlier.night "
        "AND core.article_id = earlier.article_id GROUP BY ALL"
    )
