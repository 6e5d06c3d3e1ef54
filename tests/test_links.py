"""What nights share: canonicals that move, stories that grow, what people decided."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from engines import connect_at
from linkworld import START, load_night, make_document

from nightdesk.decisions import Decision
from nightdesk.deduplicate import Document, cluster_pairs
from nightdesk.deduplicate.stories import (
    CYCLE_NIGHTS,
    GAP_NIGHTS,
    LATE_NIGHTS,
    limit_stories,
)
from nightdesk.model import Pair
from nightdesk.warehouse.connect import load_in_turn, open_warehouse
from nightdesk.warehouse.content import hash_tables

pytestmark = pytest.mark.slow

FISH = """\
Ministers of Ghana and Togo met in Accra on Thursday to settle a quarrel over fish.
Trade Minister Ama Sample said the two countries would share their catch evenly.
Fishing crews in Lome had blocked the harbour for 9 days before the 14 hour meeting.
The agreement runs until the end of the year and can be renewed by both sides."""
FIRE = """\
A fire destroyed 40 market stalls in Kumasi before dawn and hurt 3 people, police say.
Traders had asked the city for a second fire engine in 2024, Kofi Madeup said.
The cause is not known; an inquiry by the regional council begins its work on Monday.
Insurance covers only part of the loss, which their union puts at 2 million cedi."""
#: The same events in words of their own.
FISH_RETOLD = """\
Togo and Ghana have ended their quarrel over fish after ministers talked in Accra.
Ama Sample, trade minister of Ghana, promised that the catch will be shared evenly.
The fishing crews of Lome lifted their blockade of the harbour when they heard of it.
Both sides may renew the agreement over fish, which lasts until the year ends."""


@pytest.fixture
def con(tmp_path: Path):
    with open_warehouse(connect_at(tmp_path / "w.duckdb")) as connection:
        yield connection


def night(n: int) -> date:
    return (START + timedelta(days=n)).date()


def at(n: int, hour: int = 12) -> datetime:
    return START + timedelta(days=n, hours=hour)


def doc(source: str, n: int, text: str = FISH, **more: object) -> Document:
    return make_document(f"https://{source}.example/{n}", text, at(n), **more)


def edit(text: str, n: int) -> str:
    return (
        f"{text}\nAn observer from Benin, the {n}th to arrive, called it a beginning."
    )


def load_all(con, *documents: Document, decisions: Sequence[Decision] = ()) -> None:
    """Load the articles, each night once, the nights in the order of first mention."""
    nights: dict[date, list[Document]] = {}
    for document in documents:
        nights.setdefault(document.published_at.date(), []).append(document)
    for day, group in nights.items():
        load_night(con, day, group, decisions)


def other_news(n: int) -> list[Document]:
    """Return articles on other matters, beside which the words of one are rare."""
    return [
        doc(f"s{k}", n, " ".join(f"w{k}x{i}" for i in range(60))) for k in range(10, 18)
    ]


def read_clusters(con, table: str = "cluster") -> set[frozenset[str]]:
    """Return the groups as sets of addresses, without https:// and .example."""
    rows = con.execute(
        f"SELECT list(replace(canonical_url[9:], '.example/', '')) "
        f"FROM {table}_member JOIN article USING (night, article_id) "
        f"GROUP BY {table}_id"
    ).fetchall()
    return {frozenset(row[0]) for row in rows}


def read_log(con, table: str = "cluster") -> list[tuple]:
    return con.execute(
        f"SELECT night, kind, n_articles FROM {table}_change ORDER BY rowid"
    ).fetchall()


def test_an_older_night_moves_the_canonical_and_the_log_says_so(con) -> None:
    later, latest = doc("s1", 10), doc("s2", 12)
    load_all(con, later, latest)
    moved = load_night(con, night(3), [doc("s3", 3)])
    assert moved == {night(3), night(10), night(12)}
    rows = con.execute("SELECT night, cluster_id, n_articles FROM cluster").fetchall()
    first = doc("s3", 3).article_id
    assert rows == [(night(3), first, 3)]
    change = con.execute(
        "SELECT night, old_id, new_id, kind, n_articles, first_night, last_night, "
        "run_id FROM cluster_change"
    ).fetchall()
    assert change == [
        (night(3), later.article_id, first, "moved", 2, night(10), night(12), "test")
    ]


def test_a_chain_longer_than_the_window_moves_as_a_whole(con) -> None:
    links = [doc(f"s{n}", 20 * n + 5, edit(FISH, n)) for n in range(5)]
    load_all(con, *links)
    assert len(read_clusters(con)) == 1
    moved = load_night(con, night(0), [doc("s9", 0)])
    assert moved == {night(n) for n in (0, 5, 25, 45, 65, 85)}


def test_a_night_loaded_again_changes_and_logs_nothing(con) -> None:
    load_all(con, doc("s1", 1), doc("s2", 2), doc("s3", 3, FIRE))
    before, log = hash_tables(con), read_log(con)
    assert load_night(con, night(2), [doc("s2", 2)]) == set()
    assert (hash_tables(con), read_log(con)) == (before, log)


def test_a_new_title_reaches_the_nights_that_show_it(con) -> None:
    load_all(con, doc("s1", 1), doc("s2", 2), doc("s3", 3, FIRE))
    moved = load_night(con, night(1), [doc("s1", 1, title="Quarrel settled")])
    assert moved == {night(1), night(2)}


@pytest.mark.parametrize(
    ("again", "kind", "clusters"),
    [
        ([], "ended", set()),
        ([doc("s2", 15, FIRE)], "ended", set()),
        ([doc("s2", 15)], None, {frozenset({"s10", "s215", "s330"})}),
    ],
    ids=["is gone", "has another text", "is the same"],
)
def test_a_cluster_breaks_when_the_link_of_its_chain(
    con, again, kind, clusters
) -> None:
    load_all(con, doc("s1", 0), doc("s3", 31), doc("s2", 15))
    assert len(read_clusters(con)) == 1
    load_night(con, night(15), again)
    assert {k for _, k, _ in read_log(con)} == ({kind} if kind else set())
    assert len(read_clusters(con)) == len(clusters)


def test_two_clusters_that_become_one_are_logged_as_merged(con) -> None:
    load_all(con, doc("s1", 0), doc("s2", 1), doc("s3", 40), doc("s4", 41))
    assert len(read_clusters(con)) == 2
    load_night(con, night(20), [doc("s5", 20)])
    assert read_log(con) == [(night(20), "merged", 2)]


def test_a_story_keeps_its_id_as_it_grows_over_nights(con) -> None:
    load_all(con, doc("s1", 1), doc("s2", 2, FISH_RETOLD), *other_news(1))
    story = "SELECT story_id, n_articles, n_texts, n_sources FROM story"
    first = doc("s1", 1).article_id
    assert con.execute(story).fetchall() == [(first, 2, 2, 2)]
    load_night(con, night(3), [doc("s3", 3), doc("s4", 3, FIRE)])
    assert con.execute(story).fetchall() == [(first, 3, 2, 2)]
    assert read_log(con, "story") == []


def test_an_agency_is_the_origin_of_what_it_sent(con) -> None:
    wire = FISH.replace("Ministers of", "ACCRA, Ghana (KNA) - Ministers of")
    load_night(con, night(1), [doc("s1", 1, wire), doc("s2", 1, wire)])
    rows = con.execute(
        "SELECT origin_id, via, n_articles, origin_article_id FROM cluster"
    ).fetchall()
    assert rows == [("agency:kna", "dateline", 2, None)]
    counted = "SELECT count(DISTINCT text_id), count(DISTINCT origin_id) FROM carried"
    assert con.execute(counted).fetchall() == [(1, 1)]


A, B, C = doc("s1", 1), doc("s2", 2), doc("s3", 2, FIRE)
LATE = doc("s4", 2)
RETOLD, RETOLD_COPY = doc("s2", 2, FISH_RETOLD), doc("s5", 2, FISH_RETOLD)


def decide(kind: str, *documents: Document, hour: int = 1) -> Decision:
    ids = tuple(sorted(d.article_id for d in documents))
    return Decision(at(9, hour), kind, ids, "ama", "because")


@pytest.mark.parametrize(
    ("decisions", "clusters"),
    [
        ([], {frozenset({"s11", "s22", "s42"})}),
        ([decide("cluster_merge", B, C)], {frozenset({"s11", "s22", "s32", "s42"})}),
        ([decide("cluster_split", A)], {frozenset({"s22", "s42"})}),
        (
            [decide("cluster_split", A, C)],
            {frozenset({"s11", "s32"}), frozenset({"s22", "s42"})},
        ),
        (
            [decide("cluster_split", B), decide("cluster_merge", B, C, hour=2)],
            {frozenset({"s11", "s42"}), frozenset({"s22", "s32"})},
        ),
        (
            [decide("cluster_merge", B, C), decide("cluster_split", C, hour=2)],
            {frozenset({"s11", "s22", "s42"})},
        ),
        ([decide("story_split", A)], {frozenset({"s11", "s22", "s42"})}),
    ],
    ids=[
        "nothing",
        "two texts are one",
        "one copy is none",
        "two articles are one text, apart from the rest",
        "a copy of another text",
        "the later of two that disagree",
        "stories only",
    ],
)
def test_what_people_decided_holds_in_every_order(
    decisions, clusters, tmp_path
) -> None:
    hashes = []
    for order in ([A, B, C, LATE], [LATE, C, B, A]):
        with open_warehouse(connect_at(tmp_path / str(len(hashes)))) as con:
            load_all(con, *order, decisions=sorted(decisions))
            assert read_clusters(con) == clusters
            hashes.append(hash_tables(con))
    assert hashes[0] == hashes[1]


def test_a_decision_is_applied_and_withdrawn_by_the_next_load_of_any_night(con) -> None:
    load_all(con, A, B, C)
    before, other = hash_tables(con), doc("s7", 300, FIRE[40:])
    merge = decide("cluster_merge", A, C)
    moved = load_night(con, night(300), [other], [merge])
    assert {night(1), night(2)} <= moved
    assert read_clusters(con) == {frozenset({"s11", "s22", "s32"})}
    load_night(con, night(300), [], [])
    assert hash_tables(con)["cluster_member"] == before["cluster_member"]


@pytest.mark.parametrize(
    ("kind", "documents", "stories"),
    [
        ("story_merge", (A, C), {frozenset({"s11", "s22", "s32"})}),
        ("story_split", (A,), set()),
        ("story_split", (RETOLD,), set()),
        ("story_merge", (RETOLD_COPY, C), {frozenset({"s11", "s22", "s52", "s32"})}),
    ],
    ids=[
        "two events are one",
        "a report of another event",
        "a report of another event takes its copies along",
        "a copy stands for its text",
    ],
)
def test_people_say_what_one_story_is(con, kind, documents, stories) -> None:
    has_copy = RETOLD in documents or RETOLD_COPY in documents
    rest = [RETOLD, C, *([RETOLD_COPY] if has_copy else [])]
    load_all(con, A, *rest, *other_news(1))
    before = {"s11", "s22", *(["s52"] if has_copy else [])}
    assert read_clusters(con, "story") == {frozenset(before)}
    load_night(con, night(2), rest, [decide(kind, *documents)])
    assert read_clusters(con, "story") == stories
    shown = con.execute("SELECT article_id, text_id, story_id FROM carried").fetchall()
    assert len({(text, story) for _, text, story in shown}) == len(
        {text for _, text, _ in shown}
    ), "a text and its copies tell one story"


@pytest.mark.file_only("the two of a lake are in test_engines")
def test_loads_of_two_connections_take_turns(tmp_path: Path) -> None:
    connect, entered = connect_at(tmp_path / "w.duckdb"), threading.Event()
    order: list[str] = []

    def load_second() -> None:
        with open_warehouse(connect) as other:
            entered.set()
            load_in_turn(other, lambda: order.append("second"))

    def load_first() -> None:
        second.start()
        assert entered.wait(30)
        order.append("first")

    second = threading.Thread(target=load_second)
    with open_warehouse(connect) as first:
        load_in_turn(first, load_first)
    second.join(30)
    assert order == ["first", "second"]


TOLD = (doc("s1", 0), doc("s2", 0, FISH_RETOLD))
TOLD_LATER = doc("s3", 6, FISH_RETOLD)


@pytest.mark.parametrize("again", [[], [doc("s4", 6, FIRE)]], ids=["gone", "changed"])
@pytest.mark.parametrize(
    "rest",
    [(*TOLD, doc("s5", 12)), (doc("s1", 0), doc("s5", 1), TOLD_LATER)],
    ids=["a later copy", "earlier copies"],
)
def test_a_copy_leaves_the_story_with_the_one_that_kept_it_there(
    con, tmp_path, rest, again
) -> None:
    kept = [d for d in rest if d.published_at == TOLD_LATER.published_at]
    load_all(con, *rest, doc("s4", 6), *other_news(0))
    assert any({"s46"} < story for story in read_clusters(con, "story"))
    load_night(con, night(6), [*kept, *again])
    with open_warehouse(connect_at(tmp_path / "at once")) as once:
        load_all(once, *rest, *again, *other_news(0))
        assert read_clusters(con, "story") == read_clusters(once, "story")
        found, asked = hash_tables(con), hash_tables(once)
    assert found["cluster"] == asked["cluster"]
    assert found["story"] == asked["story"]


#: Documents, decisions -> the stories: what comes when a story is over.
LATE_COPIES: dict[str, tuple[list[Document], list[Decision], set[frozenset[str]]]] = {
    "a copy a week late": (
        [*TOLD, doc("s3", 7)], [], {frozenset({"s10", "s20", "s37"})},
    ),
    "a chain of late copies": (
        [*TOLD, doc("s3", 12), doc("s4", 24)], [],
        {frozenset({"s10", "s20", "s312", "s424"})},
    ),
    "too late for the story, not for the cluster": (
        [*TOLD, doc("s3", 20), doc("s4", 31)], [],
        {frozenset({"s10", "s20", "s320"})},
    ),
    "a report in words of its own brings its copies along, too": (
        [*TOLD, doc("s3", 13, FISH_RETOLD), doc("s4", 14, FISH_RETOLD)], [],
        {frozenset({"s10", "s20", "s313", "s414"})},
    ),
    "of two stories the nearest": (
        [*TOLD, doc("s3", 13), doc("s4", 13, FISH_RETOLD), doc("s5", 21)], [],
        {frozenset({"s10", "s20"}), frozenset({"s313", "s413", "s521"})},
    ),
    "whom people took out stays out": (
        [*TOLD, doc("s3", 7), doc("s4", 8)],
        [decide("story_split", doc("s3", 7))],
        {frozenset({"s10", "s20"})},
    ),
    "the original was taken out": (
        [*TOLD, doc("s3", 7)], [decide("story_split", TOLD[0])], set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("documents", "decisions", "stories"), LATE_COPIES.values(), ids=LATE_COPIES.keys()
)
def test_a_late_copy_is_told_with_its_story(
    documents, decisions, stories, tmp_path
) -> None:
    hashes = []
    for n, order in enumerate((documents, documents[::-1], documents[1::-1])):
        with open_warehouse(connect_at(tmp_path / str(n))) as con:
            news = other_news(0)
            load_all(con, *order, *news, decisions=decisions)
            if n == 2:  # the first nights come again after the later ones
                load_all(con, *documents[2:], decisions=decisions)
                load_night(con, night(0), news, decisions)
                load_night(con, night(0), [*documents[:2], *news], decisions)
            assert read_clusters(con, "story") == stories
            hashes.append({t: hash_tables(con)[t] for t in ("story", "story_member")})
            counted = con.execute(
                "SELECT (SELECT sum(n_articles) FROM story), count(*) FROM story_member"
            ).fetchall()[0]
            assert (counted[0] or 0) == counted[1]
    assert hashes[0] == hashes[1] == hashes[2]


def read_stories(con) -> dict[int, int]:
    return dict(con.execute("SELECT article_id, story_id FROM story_member").fetchall())


def tell_at_once(con) -> dict[int, int]:
    """Return the stories that the rule makes of all pairs of the warehouse at once."""
    rows = con.execute(
        "SELECT article_id, night, coalesce(cluster_id, article_id), published_at, "
        "canonical_url FROM article LEFT JOIN cluster_member USING (night, article_id) "
        "ORDER BY 3, 2, 1"
    ).fetchall()
    nights = {row[0]: row[1] for row in rows}
    texts = {row[0]: row[2] for row in rows}
    ranks = {row[0]: (row[3], row[4]) for row in rows}
    pairs = [Pair(*row, "near", 1.0, "") for row in con.execute(
        "SELECT a_id, b_id FROM story_pair").fetchall()]  # fmt: skip
    for one, other in pairwise(row[0] for row in rows):
        days = (nights[other] - nights[one]).days
        if texts[one] == texts[other] and days <= GAP_NIGHTS:
            pairs.append(Pair(min(one, other), max(one, other), "near", 1.0, ""))
    stories = cluster_pairs(limit_stories(pairs, nights), ranks)
    told = {s: {texts[i] for i, of in stories.items() if of == s} for s in nights}
    core = {i: story for i, story in stories.items() if len(told[story]) > 1}
    late: dict[int, int] = {}
    for i in nights.keys() - core.keys():
        mates = [
            j for j in core
            if texts[i] == texts[j] and 1 <= (nights[i] - nights[j]).days <= LATE_NIGHTS
        ]  # fmt: skip
        if mates:
            late[i] = core[max(mates, key=lambda j: (nights[j], j))]
    return core | late


#: A matter that is in the papers for two months, in two texts.
SAGA = [
    doc(f"s{n % 9}", n, edit(FISH if n % 4 else FISH_RETOLD, n))
    for n in range(0, 63, 3)
]  # fmt: skip


@pytest.mark.parametrize("order", ["forwards", "backwards", "mixed, some again"])
def test_a_matter_of_months_is_told_as_if_all_nights_came_at_once(con, order) -> None:
    documents = [*SAGA, doc("s10", 29), doc("s11", 30, FISH_RETOLD)]
    documents.sort(key=lambda d: d.published_at, reverse=order == "backwards")
    if order == "mixed, some again":
        chance = random.Random(7)
        documents = chance.sample(documents, len(documents))
        documents += documents[:4]
    nights: dict[date, list[Document]] = {}
    for document in [*documents, *SAGA]:
        nights.setdefault(document.published_at.date(), []).append(document)
    for document in documents:
        day = document.published_at.date()
        load_night(con, day, list(dict.fromkeys(nights[day])))
    found = read_stories(con)
    assert found == tell_at_once(con)
    assert len(set(found.values())) > 2
    spans = con.execute(
        "SELECT max(n) FROM (SELECT max(night) - min(night) AS n FROM story_member "
        "WHERE NOT is_late GROUP BY story_id)"
    ).fetchall()
    assert spans[0][0] <= 21


def test_a_night_reads_no_more_of_a_matter_of_months_than_a_month(con) -> None:
    load_all(con, *SAGA)
    last = SAGA[-1].published_at.date()
    (first,) = con.execute("SELECT min(night) FROM walked").fetchall()[0]
    assert (last - first).days <= 3 * CYCLE_NIGHTS
    (told,) = con.execute("SELECT min(night) FROM reach").fetchall()[0]
    assert first <= told
