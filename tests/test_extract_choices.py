"""What extraction chooses: lines by their place, the deck, dates, titles, kinds."""

from __future__ import annotations

from typing import Any

import pytest

from nightdesk.calendar_words import fold_words
from nightdesk.extract import Page, extract_article
from nightdesk.extract.authors import choose_authors
from nightdesk.extract.body import parse_html
from nightdesk.extract.datelines import find_dateline, find_day
from nightdesk.extract.deck import find_deck
from nightdesk.extract.facts import find_access, read_facts
from nightdesk.extract.kinds import find_kind
from nightdesk.extract.opinions import choose_reading
from nightdesk.extract.places import drop_strays, find_places, index_blocks
from nightdesk.extract.titles import choose_title
from nightdesk.model import Article

TITLE = "Council closes swing bridge to lorries"
STORY = [
    "The harbour council closed the swing bridge to lorries on Monday after divers"
    " found cracks in two of its four bearings.",
    "Ferry crews will carry goods across the inlet until the bearings are replaced,"
    " a job that the engineer expects to take eleven weeks.",
    "Shopkeepers on the north quay asked for night crossings, and the mayor said that"
    " she would put the question to the ferry company.",
]
DECK = "Divers found cracks in the bearings, and repairs will take until the summer."
URL = "https://ledger.example/local/bridge-closed"


def read_page(html: str) -> Any:
    tree = parse_html(html)
    assert tree is not None
    return tree


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def extract(html: str, url: str = URL) -> Article:
    return extract_article(Page(html.encode(), url, url, 1, "ledger"))


STRAYS = [
    pytest.param(
        "<form><p>You must confirm your name before commenting</p></form>",
        "",
        id="what follows outside of the story",
    ),
    pytest.param(
        "",
        '<div class="newsletter-box"><p>The harbour in your inbox at dawn</p></div>',
        id="a box for sign-ups inside the story",
    ),
    pytest.param(
        "",
        '<div class="FactBox"><p>The bridge was built by two brothers</p></div>',
        id="a box of facts, named in camel case",
    ),
    pytest.param(
        "",
        '<p>Also here: <a href="/f">The ferry that would not sink at all</a></p>',
        id="a line that is little but a link",
    ),
]


@pytest.mark.parametrize(("outside", "inside"), STRAYS)
def test_line_goes_that_its_place_gives_away(outside: str, inside: str) -> None:
    body = f"<article>{paragraphs(STORY[:2])}{inside}{paragraphs(STORY[2:])}</article>"
    tree = read_page(f"<html><body>{body}{outside}</body></html>")
    index = index_blocks(tree)
    stray = next(key for key in index if key not in {"".join(s.split()) for s in STORY})
    text = next(e.text_content() for e in index[stray])
    lines = [*STORY[:2], text, STORY[2]] if inside else [*STORY, text]
    assert list(drop_strays(lines, find_places(index, lines))) == STORY


KEPT = [
    pytest.param(
        '<p><a href="/p">The engineer who found the cracks in May</a> spoke first.</p>',
        "The engineer who found the cracks in May spoke first.",
        id="a sentence that begins with a link",
    ),
    pytest.param(
        '<p><a href="/m">Ines Oakfield</a></p>',
        "Ines Oakfield",
        id="a name that is a link",
    ),
    pytest.param(
        '<div class="biology"><p>Herons nest below the bridge deck.</p></div>',
        "Herons nest below the bridge deck.",
        id="a class that only begins like a biography",
    ),
]


@pytest.mark.parametrize(("inside", "text"), KEPT)
def test_line_of_the_story_stays_in_its_place(inside: str, text: str) -> None:
    body = f"<article>{paragraphs(STORY[:2])}{inside}{paragraphs(STORY[2:])}</article>"
    tree = read_page(f"<html><body>{body}</body></html>")
    lines = [*STORY[:2], text, STORY[2]]
    assert list(drop_strays(lines, find_places(index_blocks(tree), lines))) == lines


def test_lines_stay_where_most_of_the_text_would_go() -> None:
    boxes = "".join(f'<div class="promo"><p>{line}</p></div>' for line in STORY)
    tree = read_page(f"<html><body><main>{boxes}<p>End.</p></main></body></html>")
    lines = [*STORY, "End."]
    assert list(drop_strays(lines, find_places(index_blocks(tree), lines))) == lines


@pytest.mark.parametrize(
    ("shown", "lines", "found"),
    [
        (f"<header><p>{DECK}</p></header>", STORY, DECK),
        (f"<header><p><b>Quay.</b> {DECK}</p></header>", STORY, f"Quay. {DECK}"),
        (f"<aside><p>{DECK}</p></aside>", STORY, None),
        (f"<ul><li><a href='/x'>{DECK}</a></li></ul>", STORY, None),
        (f"<header><p>{DECK}</p></header>", [DECK, *STORY], None),
        ("", STORY, None),
    ],
    ids=[
        "shown in the header",
        "shown behind a place",
        "shown in an aside only",
        "shown as a link only",
        "already in the text",
        "stated but not shown",
    ],
)
def test_deck_is_the_stated_description_where_it_is_shown(
    shown: str, lines: list[str], found: str | None
) -> None:
    tree = read_page(f"<body>{shown}<article>{paragraphs(STORY)}</article></body>")
    assert find_deck(tree, [DECK], lines) == found


DAYS = [
    ("13 Jan 2026, 22:11 GMT", "2026-01-13"),
    ("March 4th, 2026", "2026-03-04"),
    ("4. März 2026", "2026-03-04"),
    ("4 de marzo de 2026", "2026-03-04"),
    ("le 4 août 2026 à 10h05", "2026-08-04"),
    ("4 Mart 2026 Çarşamba", "2026-03-04"),
    ("4 марта 2026, 12:00", "2026-03-04"),
    ("2026年3月4日 10:00", "2026-03-04"),
    ("الأربعاء، 04 مارس 2026", "2026-03-04"),
    ("٤ مارس ٢٠٢٦", "2026-03-04"),
    ("4 مارچ 2026", "2026-03-04"),
    ("4 मार्च 2026", "2026-03-04"),
    ("۱۳ اسفند ۱۴۰۴", "2026-03-04"),
    ("۱۴۰۴/۱۲/۱۳ - ۱۰:۰۰", "2026-03-04"),
    ("13 کب 1404", "2026-03-04"),
    ("04.03.2026", "2026-03-04"),
    ("13/04/2026", "2026-04-13"),
    ("2026. március 4.", "2026-03-04"),
    ("Updated 5 March 2026 | Published 4 March 2026", "2026-03-04"),
    ("Updated 5 March 2026", "2026-03-05"),
    ("31 February 2026", None),
    ("Call 020 7946 0958", None),
    ("yesterday", None),
]


@pytest.mark.parametrize(("line", "day"), DAYS)
def test_day_is_read_in_the_words_of_many_languages(line: str, day: str | None) -> None:
    assert find_day(fold_words(line)) == day


@pytest.mark.parametrize(
    ("html", "lang", "day"),
    [
        (
            f"<h1>{TITLE}</h1><p>By I. Oakfield</p><p>4 March 2026</p>",
            "en",
            "2026-03-04",
        ),
        (f"<p>4 March 2026</p><h1>{TITLE}</h1><p>{STORY[0]}</p>", "en", "2026-03-04"),
        (
            f"<h1>{TITLE}</h1><time datetime='2026-03-04T10:00:00+02:00'>today</time>",
            "en",
            "2026-03-04",
        ),
        (f"<h1>{TITLE}</h1><p>03/04/2026</p>", "en-US", "2026-03-04"),
        (f"<h1>{TITLE}</h1><p>04/03/2026</p>", "en-GB", "2026-03-04"),
        (f"<h1>{TITLE}</h1><p>{STORY[0]} It opened on 4 May 1931.</p>", "en", None),
        ("<h1>Local</h1><h1>Sport</h1><p>4 March 2026</p>", "en", None),
        (
            "<h1>Ledger</h1><h3>The fair of 1/3/2026</h3><p>4 March 2026</p>",
            "en",
            "2026-03-04",
        ),
    ],
    ids=[
        "under the byline",
        "over the headline",
        "as an element states it",
        "month first in American English",
        "day first elsewhere",
        "not out of the story",
        "not without the headline",
        "not out of the headline",
    ],
)
def test_dateline_stands_beside_the_headline(
    html: str, lang: str, day: str | None
) -> None:
    titles = [TITLE, "The fair of 1/3/2026"]
    assert find_dateline(read_page(f"<body>{html}</body>"), titles, lang) == day


#: A headline for search engines, in the title element and again in JSON-LD.
SEARCHED = (
    "<title>Harrowmouth swing bridge shut | Ledger</title>"
    "<script type='application/ld+json'>"
    '{"@type": "NewsArticle", "headline": "Harrowmouth swing bridge shut"}</script>'
)
TITLES = [
    pytest.param(
        f"<h1><span class='kicker'>Harbour</span> {TITLE}</h1>",
        TITLE,
        id="without the kicker of its markup",
    ),
    pytest.param(
        f"<meta property='og:title' content='{TITLE}'><h1>Harbour: {TITLE}</h1>",
        TITLE,
        id="without the kicker that og:title leaves out",
    ),
    pytest.param(
        "<script type='application/ld+json'>{'@type': 'VideoObject', 'name': 'A gull',"
        " 'uploadDate': '2026-01-01'}</script>".replace("'", '"').replace(
            '"application/ld+json"', "'application/ld+json'"
        )
        + f"<h1>{TITLE}</h1><title>{TITLE} | Ledger</title>",
        TITLE,
        id="not the name of a video beside the story",
    ),
    pytest.param(
        f"<title>Ledger - Local - {TITLE}</title><h1>Ledger</h1>"
        f"<meta name='twitter:title' content='{TITLE}'>",
        TITLE,
        id="from Twitter's card before the title element",
    ),
    pytest.param(
        SEARCHED + f"<meta property='og:title' content='{TITLE}'><h1>{TITLE}</h1>",
        TITLE,
        id="what readers see, where JSON-LD only says the title element",
    ),
    pytest.param(
        SEARCHED.replace("<title>", "<title>Live: ")
        + f"<meta property='og:title' content='{TITLE}'><h1>{TITLE}</h1>",
        "Harrowmouth swing bridge shut",
        id="JSON-LD's own, where the title element says something else",
    ),
    pytest.param(
        SEARCHED + "<meta property='og:title' content='A bridge too frail'>"
        f"<h1>{TITLE}</h1>",
        "Harrowmouth swing bridge shut",
        id="JSON-LD's, where h1 and og:title do not agree",
    ),
]


@pytest.mark.parametrize(("head", "title"), TITLES)
def test_title_is_the_headline(head: str, title: str) -> None:
    tree = read_page(f"<html><body>{head}{paragraphs(STORY)}</body></html>")
    assert choose_title(read_facts(tree)) == title


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ([["Ledger"], ["By Ines Oakfield"]], ("Ines Oakfield",)),
        ([["Ines Oakfield", "ledger.example"], []], ("Ines Oakfield",)),
        ([["Ledger"], []], ("Ledger",)),
        ([["Ines Oakfield", "ines-oakfield"]], ("Ines Oakfield",)),
        (
            [["Ines Oakfield in conversation with Tom Arden"]],
            ("Ines Oakfield", "Tom Arden"),
        ),
        ([["Follow"], []], ()),
    ],
)
def test_authors_are_people_before_the_outlet(
    stated: list[list[str]], names: tuple[str, ...]
) -> None:
    assert choose_authors(stated, ["Ledger", "ledger.example"]) == names


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (
            "<meta name='twitter:label1' content='Written by'>"
            "<meta name='twitter:data1' content='Oakfield'>",
            ("Oakfield",),
        ),
        ("<a rel='author' href='/o'>Oakfield</a>", ("Oakfield",)),
    ],
    ids=["on Twitter's card", "as a link of its own"],
)
def test_author_of_one_word_is_read_where_it_is_marked(
    head: str, names: tuple[str, ...]
) -> None:
    page = f"<html><body>{head}<h1>{TITLE}</h1>{paragraphs(STORY)}</body></html>"
    assert extract(page).authors == names


ARTICLE = '<script type=\'application/ld+json\'>{"@type": "%s"}</script>'
STORIES = "".join(f"<article><h2>Part {n}</h2><p>{s * 2}</p></article>" for n, s in
                  enumerate(STORY))  # fmt: skip


@pytest.mark.parametrize(
    ("head", "url", "body", "kind"),
    [
        (ARTICLE % "NewsArticle", URL, paragraphs(STORY), "news"),
        (ARTICLE % "LiveBlogPosting", URL, paragraphs(STORY), "live"),
        (ARTICLE % "NewsArticle", f"{URL}-live-updates", paragraphs(STORY), "live"),
        ("<h1>LIVE: bridge closes</h1>", URL, paragraphs(STORY), "live"),
        ("<h1>How to live by the sea</h1>", URL, paragraphs(STORY), None),
        ("", "https://ledger.example/opinion/bridge", paragraphs(STORY), None),
        (
            ARTICLE % "NewsArticle",
            "https://ledger.example/opinion/bridge",
            paragraphs(STORY),
            "opinion",
        ),
        (ARTICLE % "OpinionNewsArticle", URL, paragraphs(STORY), "opinion"),
        (ARTICLE % "NewsArticle", URL, STORIES, "several"),
        ("<meta property='og:type' content='video.other'>", URL, "", "video"),
    ],
)
def test_kind_is_stated_or_seen(
    head: str, url: str, body: str, kind: str | None
) -> None:
    tree = read_page(f"<html><body>{head}<main>{body}</main></body></html>")
    lines = [s * 2 for s in STORY] if body == STORIES else STORY
    places = find_places(index_blocks(tree), lines)
    assert find_kind(read_facts(tree), url, lines, places) == kind


@pytest.mark.parametrize(
    ("tier", "is_free"),
    [("free", True), ("locked", False), ("metered", False), ("gold", None)],
)
def test_access_is_what_the_content_tier_says(tier: str, is_free: bool | None) -> None:
    meta = f"<meta property='article:content_tier' content='{tier}'>"
    facts = read_facts(read_page(f"<html><head>{meta}</head><body>x</body></html>"))
    assert find_access(facts) is is_free


def test_address_that_a_page_calls_its_own_is_kept_beside_ours() -> None:
    link = "<link rel='canonical' href='/local/bridge'>"
    article = extract(
        f"<html><head>{link}</head><body>{paragraphs(STORY)}</body></html>"
    )
    assert article.stated_url == "https://ledger.example/local/bridge"
    assert article.canonical_url == URL


def test_readings_that_agree_ask_for_no_other() -> None:
    tree = read_page(
        f"<html><body><article>{paragraphs(STORY)}</article></body></html>"
    )
    asked = []

    def clean(lines: Any) -> tuple[str, ...]:
        asked.append(lines)
        return tuple(lines)

    reading = choose_reading(tree, URL, clean)
    assert list(reading.lines) == STORY
    assert reading.agreement == 1.0
    assert len(asked) == 2
    assert choose_reading(tree, URL, clean, agrees=2).lines == reading.lines
    assert len(asked) == 5  # all but the fast one, which has no voice then
