"""Search: what a query means, in every script, and what is shown of an answer."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from test_naughty import read_strings

from nightdesk.errors import QueryError
from nightdesk.search.ask import Filters
from nightdesk.search.find import Found, count_by_night, find_stories
from nightdesk.search.fold import compose_text, fold_terms, split_units
from nightdesk.search.index import Opened, Snapshot, open_index, update_index
from nightdesk.search.query import (
    MOST_CHARACTERS,
    MOST_ITEMS,
    list_words,
    parse_query,
)
from nightdesk.search.snippet import make_snippet

NIGHT, NEXT = "2026-03-01", "2026-03-02"
SOURCES = (
    {"source_id": "harbour-ledger", "name": "Harbour Ledger", "was": ["quay-ledger"]},
    {"source_id": "hill", "name": "The Hill Café", "was": None},
)
REGIONS = (
    {"region_id": "iso:GH", "name": "Ghana"},
    {"region_id": "iso:TG", "name": "Togo"},
    {"region_id": "x-sahel", "name": "Sahel"},
    {"region_id": "desk:africa", "name": "Africa"},
)
Row = dict[str, Any]


def row(n: int, title: str | None, text: str | None = None, **more: Any) -> Row:
    facts: Row = {
        "night": date(2026, 3, 1),
        "article_id": n,
        "story_id": n,
        "source_id": "hill",
        "url": f"https://hill.example/{n}",
        "title": title,
        "lang": "en",
        "published_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "text": text,
    }
    names = dict.fromkeys(("persons", "orgs", "places", "regions"))
    return facts | names | more


def fill(
    folder: Path, nights: dict[str, list[Row]], number: int = 1, **more: Any
) -> int:
    """Bring an index to these nights; a night has changed when its rows have."""
    digests = {night: str(hash(str(rows))) for night, rows in nights.items()}
    snapshot = Snapshot(number, digests, SOURCES, REGIONS)
    return update_index(folder, snapshot, nights.__getitem__, **more)


def open_rows(folder: Path, *rows: Row) -> Opened:
    fill(folder, {NIGHT: list(rows)})
    return open_index(folder)


def ids(found: Found) -> list[int]:
    return [story.article_id for story in found.stories]


def search(opened: Opened, query: str, **filters: Any) -> list[int]:
    return ids(find_stories(opened, query, Filters(**filters)))


def marked(text: str, marks: Iterable[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in marks]


# -- what a query means

FISH = row(
    1,
    "Fish quarrel in Accra",
    "Ministers of Ghana and Togo met on Sunday.\nThe U.N. praised the harbour deal.",
    source_id="harbour-ledger",
    persons=["Ama Sample", "Q9001"],
    places=["Accra", "Ghana"],
    regions=["iso:GH", "desk:africa"],
)
CREW = row(
    2,
    "Crews return to the harbour",
    "Fishing crews in Lomé ended a strike. Fish prices fell, the union of crews said.",
    lang="fr",
    orgs=["Union of Crews"],
    places=["Lomé"],
    regions=["iso:TG", "desk:africa"],
)
RAIN = row(
    3,
    "Rain ahead",
    "A strike of lightning hit a café. Sample Ama, a baker, was not in.",
    night=date(2026, 3, 2),
    persons=["Sample Ama"],
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp("search")
    fill(folder, {NIGHT: [FISH, CREW], NEXT: [RAIN]})
    return open_index(folder)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("fish", {1, 2}, id="a word"),
        pytest.param("FISH", {1, 2}, id="in capitals"),
        pytest.param("harbour strike", {2}, id="two words are both wanted"),
        pytest.param("harbour AND strike", {2}, id="AND"),
        pytest.param("quarrel OR lightning", {1, 3}, id="OR"),
        pytest.param("quarrel or lightning", set(), id="or is a word"),
        pytest.param("strike NOT crews", {3}, id="NOT"),
        pytest.param("strike -crews", {3}, id="minus"),
        pytest.param("-crews", {1, 3}, id="minus alone"),
        pytest.param("NOT (fish OR rain)", set(), id="NOT of a group"),
        pytest.param("NOT NOT fish", {1, 2}, id="NOT twice"),
        pytest.param("lightning OR NOT fish", {3}, id="NOT inside OR"),
        pytest.param("fish quarrel OR rain", {1, 3}, id="AND binds before OR"),
        pytest.param("fish (quarrel OR union)", {1, 2}, id="parentheses"),
        pytest.param('"ama sample"', set(), id="a phrase that is in the names only"),
        pytest.param('"sample ama"', {3}, id="a phrase"),
        pytest.param('"harbour crews"', set(), id="a phrase in another order"),
        pytest.param('"accra ministers"', set(), id="no phrase from title into text"),
        pytest.param("“sample ama”", {3}, id="curly quotation marks"),
        pytest.param("（fish OR rain）", {1, 2, 3}, id="full-width parentheses"),
        pytest.param("har*", {1, 2}, id="a prefix"),
        pytest.param("strike*", {2, 3}, id="a prefix that is a word"),
        pytest.param('"of gha*"', {1}, id="a phrase that ends in a prefix"),
        pytest.param('"of gha"*', {1}, id="the star behind the phrase"),
        pytest.param("u.n.", {1}, id="a word of two parts"),
        pytest.param("title:harbour", {2}, id="title"),
        pytest.param("title: harbour", {2}, id="a blank after the colon"),
        pytest.param("title:(fish OR rain)", {1, 3}, id="a field of a group"),
        pytest.param('title:"fish quarrel"', {1}, id="a field of a phrase"),
        pytest.param("title:qua*", {1}, id="a field of a prefix"),
        pytest.param("-title:fish fish", {2}, id="minus a field"),
        pytest.param("source:harbour-ledger", {1}, id="source by id"),
        pytest.param("source:ledger", {1}, id="source by a word of its name"),
        pytest.param("source:quay", {1}, id="source by a name that it had"),
        pytest.param('source:"hill cafe"', {2, 3}, id="source by phrase, folded"),
        pytest.param("source:elsewhere", set(), id="a source that is none"),
        pytest.param("person:sample", {1, 3}, id="person"),
        pytest.param('person:"ama sample"', {1}, id="person by phrase"),
        pytest.param("person:q9001", {1}, id="person by Wikidata id"),
        pytest.param("org:union", {2}, id="org"),
        pytest.param("place:lome", {2}, id="place"),
        pytest.param("place:(accra OR lome)", {1, 2}, id="places"),
        pytest.param("lang:fr", {2}, id="lang"),
        pytest.param("fish -lang:fr", {1}, id="another lang"),
        pytest.param("fish !!! – ... 🎣", {1, 2}, id="signs say nothing"),
        pytest.param("fish - quarrel", {1}, id="a dash between blanks"),
        pytest.param("Crews: harbour", {2}, id="a colon that ends a word"),
        pytest.param("12:30", set(), id="a time of day"),
        pytest.param("https://hill.example", set(), id="an address"),
    ],
)
def test_a_query_finds(opened: Opened, query: str, wanted: set[int]) -> None:
    assert set(search(opened, query)) == wanted


@pytest.mark.parametrize(
    ("query", "problem", "place"),
    [
        ("", "no word", 0),
        ("  ", "no word", 0),
        ("!!! ( … )", "no word", 0),
        ("a AND", "missing at the end", 5),
        ("OR b", "missing before 'OR'", 0),
        ("a OR AND b", "missing before 'AND'", 5),
        ("NOT", "missing at the end", 3),
        ("()", "missing before '\\)'", 1),
        ("(rain", '"\\(" is not closed', 0),
        ("rain)", '"\\)" closes nothing', 4),
        ('big "rain', "no second one", 4),
        ("titel:rain", "no field 'titel'", 0),
        ("rain Title:fish", "no field 'Title'", 5),
        ("rain title:", "nothing stands after title:", 5),
        ("title: OR rain", "nothing stands after title:", 0),
        ("title:title:x", "nothing stands after title:", 0),
        ("lang:!!!", "no word stands after lang:", 0),
        ("big r*", "two letters or more", 4),
        ("r*in", "at the end of a word only", 0),
        ("(" * 30 + "a" + ")" * 30, "deep", 20),
        ("NOT " * 100 + "a", "deep", 80),
        ("a " * 100, f"more than {MOST_ITEMS} words", 2 * MOST_ITEMS),
        ("a" * (MOST_CHARACTERS + 1), "longer than", MOST_CHARACTERS),
    ],
)
def test_a_wrong_query_is_told_where(query: str, problem: str, place: int) -> None:
    with pytest.raises(QueryError, match=problem) as caught:
        parse_query(query)
    assert caught.value.place == place
    assert f"at character {place + 1}:" in str(caught.value)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        pytest.param({}, {1, 2, 3}, id="none"),
        pytest.param({"first": date(2026, 3, 2)}, {3}, id="from a night"),
        pytest.param({"last": date(2026, 3, 1)}, {1, 2}, id="until a night"),
        pytest.param(
            {"first": date(2026, 3, 2), "last": date(2026, 3, 2)}, {3}, id="one night"
        ),
        pytest.param({"first": date(2027, 1, 1)}, set(), id="a night to come"),
        pytest.param({"regions": ["GH"]}, {1}, id="region by code"),
        pytest.param({"regions": ["iso:TG"]}, {2}, id="region by id"),
        pytest.param({"regions": ["ghana", "togo"]}, {1, 2}, id="regions by name"),
        pytest.param({"regions": ["africa"]}, {1, 2}, id="a desk"),
        pytest.param({"regions": ["Sahel"]}, set(), id="a region without articles"),
        pytest.param({"langs": ["fr", "de"]}, {2}, id="languages"),
        pytest.param({"sources": ["Harbour Ledger"]}, {1}, id="source by name"),
        pytest.param({"sources": ["quay-ledger"]}, {1}, id="source by a former id"),
        pytest.param({"sources": ["hill"], "langs": ["en"]}, {3}, id="two filters"),
    ],
)
def test_filters(opened: Opened, filters: dict, wanted: set[int]) -> None:
    query = "fish OR rain"
    assert set(search(opened, query, **filters)) == wanted
    plain = {s.article_id: s.score for s in find_stories(opened, query).stories}
    for story in find_stories(opened, query, Filters(**filters)).stories:
        assert story.score == plain[story.article_id]


@pytest.mark.parametrize(
    ("query", "filters", "wanted"),
    [
        ("strike", {}, {NIGHT: 1, NEXT: 1}),
        ("fish", {}, {NIGHT: 2}),
        ("fish", {"langs": ["fr"]}, {NIGHT: 1}),
        ("strike", {"first": date(2026, 3, 2)}, {NIGHT: 1, NEXT: 1}),
        ("zeppelin", {}, {}),
    ],
)
def test_matches_are_counted_by_night(
    opened: Opened, query: str, filters: dict, wanted: dict[str, int]
) -> None:
    first, last = map(date.fromisoformat, (NIGHT, NEXT))
    found = count_by_night(opened, query, Filters(**filters), first, last)
    assert {str(night): n for night, n in found.items()} == wanted
    alone = count_by_night(opened, query, Filters(**filters), last, last)
    assert alone == {night: n for night, n in found.items() if night == last}


@pytest.mark.parametrize(
    "filters", [{"regions": ["atlantis"]}, {"sources": ["harbour"]}]
)
def test_a_filter_that_names_nothing_is_told(opened: Opened, filters: dict) -> None:
    with pytest.raises(QueryError, match=r"there is no (region|source) '"):
        search(opened, "fish", **filters)


# -- scripts

SCRIPTS = [
    ("Han, two characters", "北京大学今天下雨。", "北京", "北京"),
    ("Han, across what a dictionary joins", "北京大学今天下雨。", "京大", "京大"),
    ("Han, one character", "北京大学今天下雨。", "雨", "雨"),
    ("Han, one character inside", "北京大学今天下雨。", "大", "大"),
    (
        "Han, the whole run",
        "北京大学今天下雨。",
        "北京大学今天下雨",
        "北京大学今天下雨",
    ),
    ("Han, beyond the first plane", "𠮷野家开张", "𠮷野", "𠮷野"),
    ("Han and digits", "到2026年底", "2026年", "2026年"),
    ("Han, full-width digits", "到２０２６年底", "2026年", "２０２６年"),
    ("Han in a phrase", "学生说，北京 很好", '"北京 很好"', "北京 很好"),
    ("Kana", "サッカーの試合で勝った", "サッカー", "サッカー"),
    ("Kana, half-width", "ｶﾞｽ料金が上がる", "ガス", "ガｽ"),
    ("Kana with marks of their own", "がっこうへ行く", "がっこう", "がっこう"),
    ("Hangul with a particle", "대통령은 서울에서 말했다", "대통령", "대통령"),
    ("Hangul, decomposed", "서울에서", "서울", "서울"),
    ("Thai", "นายกรัฐมนตรีไทยเดินทางไปเชียงใหม่", "เชียงใหม่", "เชียงใหม่"),
    ("Thai digits", "ปี ๒๕๖๙", "2569", "๒๕๖๙"),
    ("Lao", "ນາຍົກລັດຖະມົນຕີລາວ", "ລາວ", "ລາວ"),
    ("Khmer", "នាយករដ្ឋមន្ត្រីកម្ពុជា", "កម្ពុជា", "កម្ពុជា"),
    ("Myanmar", "မြန်မာနိုင်ငံတွင်", "နိုင်ငံ", "နိုင်ငံ"),
    ("Arabic with vowel points", "قالَ الوَزيرُ أمس", "الوزير", "الوَزيرُ"),
    ("Arabic, hamza left out", "إعلان أمس", "اعلان", "إعلان"),
    ("Persian in Arabic letters", "گفت که کشور", "كشور", "کشور"),
    ("Persian with a joiner", "می‌خواهم بروم", "میخواهم", "می‌خواهم"),
    ("Urdu", "وزیر اعظم نے کہا", "وزیر اعظم", "وزیر|اعظم"),
    ("Hebrew with points", "שָׁלוֹם עולם", "שלום", "שָׁלוֹם"),
    ("Devanagari", "प्रधानमंत्री ने कहा", "प्रधानमंत्री", "प्रधानमंत्री"),
    ("Devanagari, nukta left out", "बाढ़ आई", "बाढ", "बाढ़"),
    ("Bengali", "প্রধানমন্ত্রী বলেছেন", "প্রধানমন্ত্রী", "প্রধানমন্ত্রী"),
    ("Tamil", "முதலமைச்சர் கூறினார்", "முதலமைச்சர்", "முதலமைச்சர்"),
    ("Greek", "Ο πρωθυπουργός ΤΗΣ ΧΏΡΑΣ", "της χωρας", "ΤΗΣ|ΧΏΡΑΣ"),
    ("Cyrillic", "Ещё один Йод", "еще иод", "Ещё|Йод"),
    ("Turkish", "IŞIK ve İzmir", "ışık izmir", "IŞIK|İzmir"),
    ("Vietnamese", "Thủ tướng Việt Nam", "viet nam", "Việt|Nam"),
    ("Polish", "Łódź i Kraków", "lodz", "Łódź"),
    ("German", "Straße in Köln", "STRASSE koln", "Straße|Köln"),
    ("Georgian", "საქართველო დღეს", "საქართველო", "საქართველო"),
    ("Amharic", "ኢትዮጵያ ዛሬ", "ኢትዮጵያ", "ኢትዮጵያ"),
    ("Latin, decomposed", "cafe\u0301 noir", "café", "café"),
    ("Latin with a soft hyphen", "har\u00adbour wall", "harbour", "har\u00adbour"),
]


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [s[1:] for s in SCRIPTS],
    ids=[s[0] for s in SCRIPTS],
)
def test_scripts(tmp_path: Path, text: str, query: str, wanted: str) -> None:
    opened = open_rows(tmp_path, row(1, text, f"…\n{text}"), row(2, "Else", "Other"))
    (story,) = find_stories(opened, query).stories
    assert marked(story.title, story.title_marks) == wanted.split("|")
    assert marked(story.snippet, story.snippet_marks) == wanted.split("|")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param("北、京", "北京", id="a sign stands between"),
        pytest.param("京北", "北京", id="the other way round"),
        pytest.param("がく", "かく", id="another kana"),
        pytest.param("harbours", "harbour", id="part of a word"),
        pytest.param("foo bar", "foobar", id="two words"),
    ],
)
def test_what_only_looks_alike_is_not_found(
    tmp_path: Path, text: str, query: str
) -> None:
    assert search(open_rows(tmp_path, row(1, text, text)), query) == []


@pytest.mark.parametrize("text", ["北京大学", "ABC 下雨 x", "กำลัง ไทย", "a\u0301e ½ ﷺ"])
def test_terms_and_units_are_the_same_reading(text: str) -> None:
    units = split_units(compose_text(text))
    after = [*units[1:], None]
    terms = [
        u.text + (a.text if a and a.is_joined else "")
        for u, a in zip(units, after, strict=True)
    ]
    assert " ".join(terms) == fold_terms(text)


# -- rank, stories, snippets


def test_the_title_stands_above_the_text(tmp_path: Path) -> None:
    opened = open_rows(
        tmp_path,
        row(1, "News", "flood flood flood flood flood"),
        row(2, "A flood in the north of the old country, says the mayor", "x " * 300),
        row(3, "News", "a flood " + "y " * 300),
    )
    assert search(opened, "flood") == [2, 1, 3]


def test_without_words_the_newest_come_first(opened: Opened) -> None:
    found = find_stories(opened, "source:hill OR lang:en")
    assert ids(found) == [3, 1, 2]
    assert {story.score for story in found.stories} == {None}


def test_a_story_stands_once_with_its_best_article(tmp_path: Path) -> None:
    rows = [row(n, f"Dam {n}", "the dam broke", story_id=10 + n % 3) for n in range(30)]
    rows += [row(40, "Dam, dam: dam", "dam", story_id=11), row(41, "Fair", "a fair")]
    opened = open_rows(tmp_path, *rows)
    found = find_stories(opened, "dam")
    assert found.n_articles == 31
    assert ids(found)[0] == 40
    assert {s.story_id: s.n_others for s in found.stories} == {10: 9, 11: 10, 12: 9}
    pages = [find_stories(opened, "dam", limit=1, offset=n) for n in range(4)]
    assert [ids(page) for page in pages] == [[n] for n in ids(found)] + [[]]


def test_a_large_story_does_not_hide_the_others(tmp_path: Path) -> None:
    rows = [row(n, "Dam dam", "dam", story_id=1) for n in range(1, 300)]
    rows += [row(n, "x", f"a dam far away {n}") for n in range(300, 305)]
    found = find_stories(open_rows(tmp_path, *rows), "dam", limit=6)
    assert [s.n_others for s in found.stories] == [298, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("more", [{"limit": 0}, {"offset": -1}, {"offset": 1000}])
def test_pages_that_cannot_be(opened: Opened, more: dict) -> None:
    with pytest.raises(QueryError, match="stories 1 to 1000"):
        find_stories(opened, "fish", **more)


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [
        pytest.param("One.\nTwo fish.", "fish", "Two [fish].", id="its paragraph"),
        pytest.param(
            "A fish.\nA big fish.",
            "big fish",
            "A [big] [fish].",
            id="most of the words",
        ),
        pytest.param(
            "big, not fish\nbig fish",
            '"big fish"',
            "[big fish]",
            id="where the phrase is",
        ),
        pytest.param("One.\nTwo.", "fish", "One.", id="the start where it is not"),
        pytest.param("", "fish", "", id="no text"),
        pytest.param("a\tfish\x1b[2J", "fish", "a [fish] [2J", id="control signs"),
        pytest.param("fish fishing", "fis*", "[fish] [fishing]", id="a prefix"),
        pytest.param("fish", "-fish x", "fish", id="not what must not be there"),
        pytest.param("fish", "title:fish", "fish", id="not what is asked of the title"),
        pytest.param("Ama Sample", "person:ama", "[Ama] Sample", id="names are"),
        pytest.param(
            "w " * 200 + "fish " + "w " * 200,
            "fish",
            f"… {'w ' * 29}[fish] {'w ' * 87}w …",
            id="cut on both sides",
        ),
        pytest.param("字" * 300 + "雨", "雨", f"… {'字' * 239}[雨]", id="cut in Han"),
        pytest.param("x" * 400, "x" * 400, f"[{'x' * 240}] …", id="one long word"),
    ],
)
def test_snippets(text: str, query: str, wanted: str) -> None:
    words = [w for w in list_words(parse_query(query)) if w.field != "title"]
    snippet, marks = make_snippet(text, words)
    drawn, place = "", 0
    for start, end in marks:
        drawn += f"{snippet[place:start]}[{snippet[start:end]}]"
        place = end
    assert drawn + snippet[place:] == wanted


# -- hostile queries and texts

HOSTILE = [
    *("*", "**", "a**", "-", "--", "---a", "- -", '""', '"', '"*', '""*', ":", "a:"),
    *(":a", "title::a", "a^2", "a~2", "[a TO b]", "{a}", "/a.*/", "\\", "a\\", "+a"),
    *("\x00", "a\x00b", "\ud800", "a\udfffb", "\u202eabc", "a\u0300" * 400, "ﷺ" * 300),
    *(
        "'; DROP TABLE article; --",
        "<script>alert(1)</script>",
        "%s%n",
        "${x}",
        "日" * 900,
    ),
    *(
        "(((((",
        ")))))",
        "((a) OR",
        "NOT OR",
        "AND AND",
        "a OR OR b",
        "title:(",
        "👩‍👩‍👧‍👧",
    ),
    *("aa* " * 40, "OR " * 300, "x" * 1000, '"' + "a b " * 200 + '"', "aa*" * 300),
]


def refuse(opened: Opened, query: str) -> QueryError | None:
    """Ask, and return what is said against the query."""
    try:
        find_stories(opened, query)
    except QueryError as error:
        return error
    return None


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_does_harm(opened: Opened, query: str) -> None:
    started = time.process_time()
    error = refuse(opened, query)
    assert error is None or str(error).startswith("query:")
    assert time.process_time() - started < 2


def test_made_up_queries_do_no_harm(opened: Opened) -> None:
    chance = random.Random(7)
    parts = ["fish", "har*", "AND", "OR", "NOT", "-", "(", ")", '"', "title:", "lang:"]
    parts += ["person:", "source:hill", "北京", "雨", "u.n.", " ", " ", " ", "*", ":"]
    n_read = 0
    for _ in range(1500):
        query = "".join(chance.choices(parts, k=chance.randint(1, 14)))
        error = refuse(opened, query)
        assert error is None or 0 <= (error.place or 0) <= len(query)
        n_read += error is None
    assert n_read > 200


LONE = re.compile("[\ud800-\udfff]")  # half a character, which Parquet cannot hold


@pytest.mark.shared
def test_naughty_strings_are_texts_and_queries(shared: Path, tmp_path: Path) -> None:
    texts = [text for text in read_strings(shared) if not LONE.search(text)]
    rows = [row(n, text, f"{text}\n{text}") for n, text in enumerate(texts)]
    opened = open_rows(tmp_path, *rows)
    n_found = 0
    for n, text in enumerate(texts):
        quoted = '"' + text.replace('"', " ").replace("“", " ").replace("”", " ") + '"'
        try:
            found = find_stories(opened, quoted[:MOST_CHARACTERS], limit=300)
        except QueryError:
            continue
        n_found += n in ids(found)
        for story in found.stories:
            assert story.title == compose_text(texts[story.article_id])
            assert all(0 <= a < b <= len(story.title) for a, b in story.title_marks)
    assert n_found > len(texts) / 2


def test_a_phrase_whose_prefix_is_too_wide_is_told(tmp_path: Path) -> None:
    text = "fish " + " ".join(f"co{n}" for n in range(17_000))
    opened = open_rows(tmp_path, row(1, "Words", text))
    with pytest.raises(QueryError, match="too many words begin as the last one"):
        search(opened, '"fish co*"')
    assert search(opened, '"fish co0*"') == search(opened, "fish co*") == [1]


def test_large_and_empty_texts(tmp_path: Path) -> None:
    rows = [
        row(1, None, None, lang=None, published_at=None),
        row(2, "", ""),
        row(3, "Long", "word " * 400_000 + "end"),
        row(4, "One word", "x" * 2_000_000),
        row(5, "Han", "字" * 300_000),
    ]
    opened = open_rows(tmp_path, *rows)
    assert search(opened, "end") == [3]
    assert search(opened, "字") == [5]
    assert set(search(opened, "-nothing")) == {1, 2, 3, 4, 5}
