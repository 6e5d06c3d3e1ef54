"""What somebody decides on the page: who may, from where, and what is written down."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pageworld
import pytest
from lxml import html
from pageworld import COPY, DECIDED_AT, ECHO, FOREIGN, LEAD, NASTY, NIGHT

from nightdesk.corrections import load_corrections, record_correction
from nightdesk.decisions import load_decisions, load_merges
from nightdesk.page.deciding import CHOICES, Person
from nightdesk.page.site import HEADERS, Answer, Site
from nightdesk.pipeline.decide_task import DecisionBook
from nightdesk.settings import SHIPPED, Settings

ROOT = "/news/nightdesk"
EDITOR = Person("ama", "a session of ama's", may_decide=True)
READER = Person("vera", "a session of vera's", may_decide=False)
ENTITY = "nd:per:ama sample"
FORMS = {
    f"/articles/{LEAD}": 3,
    f"/articles/{LEAD}/beside/{COPY}": 1,
    f"/stories/{LEAD}": 1,
    "/names/" + quote(ENTITY, safe=":"): 1,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, few_cities: Path) -> Settings:
    settings = pageworld.publish_world(tmp_path_factory.mktemp("page"))
    return replace(settings, shipped=few_cities)


def morning() -> datetime:
    return datetime(2026, 3, 10, 8, tzinfo=UTC)


@pytest.fixture
def site(world: Settings) -> Site:
    for path in world.decisions.glob("*.jsonl"):
        path.unlink()
    book = DecisionBook(world)
    return Site(world.published, SHIPPED / "geo", morning, book)


def send(site: Site, person: Person, *pairs: tuple[str, object]) -> Answer:
    return site.decide([(name, str(value)) for name, value in pairs], ROOT, person)


def say(site: Site, **fields: object) -> Answer:
    """Send a form of the editor's, with its token."""
    token = fields.pop("token", EDITOR.token)
    return send(site, EDITOR, ("token", token), *fields.items())


def look(site: Site, address: str, person: Person | None) -> html.HtmlElement:
    path, _, words = address.partition("?words=")
    pairs = [("words", words)] if words else []
    answer = site.respond(unquote(path), pairs, ROOT, person)
    assert answer.status == 200
    return html.document_fromstring(answer.body.decode())


def lines(world: Settings) -> list[dict[str, object]]:
    found = sorted(world.decisions.glob("*.jsonl"))
    texts = [text for path in found for text in path.read_text().splitlines()]
    return [json.loads(text) for text in texts]


# the forms --------------------------------------------------------------------


@pytest.mark.parametrize(("address", "n_forms"), FORMS.items())
def test_who_may_decide_finds_the_form_where_the_thing_is_shown(
    site: Site, address: str, n_forms: int
) -> None:
    page = look(site, address, EDITOR)
    forms = page.xpath("//form[@method='post']")
    assert [form.get("action") for form in forms] == [f"{ROOT}/decide"] * n_forms
    for form in forms:
        assert form.xpath(".//input[@name='token']/@value") == [EDITOR.token]
        assert len(form.xpath(".//select[@name='kind']")) == 1
        assert form.xpath(".//input[@name='why']/@required")
        fields = form.xpath(".//select | .//input[not(@type='hidden')]")
        assert all(field.getparent().tag == "label" for field in fields)
    assert EDITOR.session not in page.text_content()
    assert page.xpath("//*[@style] | //script") == []
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize(
    ("person", "said"),
    [(READER, "Your login may look, and decide nothing here."), (None, "")],
    ids=["who may only look", "nobody"],
)
def test_who_may_not_is_told_the_command(
    site: Site, address: str, person: Person | None, said: str
) -> None:
    page = look(site, address, person)
    (aside,) = page.xpath("//aside")
    assert "nightdesk " in aside.text_content()
    assert said in aside.text_content()
    assert page.xpath("//form[@method='post']") == []


def test_a_closed_folder_is_said_and_the_command_shown(
    world: Settings, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    book = DecisionBook(replace(world, data=tmp_path / "data"))
    site = Site(world.published, SHIPPED / "geo", morning, book)
    aside = look(site, f"/articles/{LEAD}", EDITOR).xpath("string(//aside)")
    assert "its folder is closed to the web server" in aside
    assert f"nightdesk correct tag {LEAD} --surface Ghana" in aside
    fields = {"kind": "tag_none", "article": LEAD, "surface": "Accra", "why": "so"}
    assert say(site, **fields).status == 503


def test_a_tag_leads_to_its_form(site: Site) -> None:
    page = look(site, f"/articles/{LEAD}", EDITOR)
    links = page.xpath("//*[@id='tags']//td[last()]/a/@href")
    words = ("Ghana", "Accra", "Ama+Sample")
    assert links == [f"{ROOT}/articles/{LEAD}?words={w}#correct" for w in words]
    page = look(site, f"/articles/{LEAD}?words=Accra", EDITOR)
    assert page.xpath("//details[@open]//input[@name='surface']/@value") == ["Accra"]
    (asked,) = page.xpath("//details[@open]//select[@name='kind']")
    assert asked.value == "tag_place"
    page = look(site, f"/articles/{LEAD}?words=Ama Sample", EDITOR)
    (asked,) = page.xpath("//details[@open]//select[@name='kind']")
    assert asked.value == "tag_entity"
    spelled = page.xpath("//datalist/option/@value")
    assert spelled == ["Ghana", "Accra", "Ama Sample"]


# what is written down ---------------------------------------------------------

ABOUT = {"article": LEAD}
WRITTEN = [
    (
        {**ABOUT, "kind": "tag_none", "surface": " Accra ", "value": "", "nth": ""},
        {**ABOUT, "kind": "tag_none", "surface": "Accra"},
    ),
    (
        {**ABOUT, "kind": "tag_place", "surface": "Accra", "value": "TG", "nth": "1"},
        {
            **ABOUT,
            "kind": "tag_place",
            "surface": "Accra",
            "place": "TG",
            "nth": 1,
        },
    ),
    (
        {
            **ABOUT,
            "kind": "tag_entity",
            "surface": "Ama Sample",
            "value": "nd:per:ama-sample-of-keta",
            "type": "",
        },
        {
            **ABOUT,
            "kind": "tag_entity",
            "surface": "Ama Sample",
            "entity": "nd:per:ama-sample-of-keta",
        },
    ),
    (
        {**ABOUT, "kind": "as_found", "surface": "Accra", "value": "x", "type": "PER"},
        {**ABOUT, "kind": "as_found", "surface": "Accra"},
    ),
    (
        {**ABOUT, "kind": "date", "published": "2026-03-05"},
        {**ABOUT, "kind": "date", "published": "2026-03-05"},
    ),
    (
        {**ABOUT, "kind": "as_found", "published": "2026-03-05"},
        {**ABOUT, "kind": "as_found"},
    ),
    (
        {"article": COPY, "kind": "cluster_split", "others": ""},
        {"articles": [COPY], "kind": "cluster_split"},
    ),
    (
        {"article": LEAD, "kind": "story_merge", "others": f" {ECHO} "},
        {"articles": [LEAD, ECHO], "kind": "story_merge"},
    ),
]


@pytest.mark.parametrize(("fields", "line"), WRITTEN)
def test_a_form_becomes_a_line_that_the_next_build_takes(
    site: Site, world: Settings, fields: dict, line: dict
) -> None:
    answer = say(site, **fields, why=" so it is ")
    assert answer.status == 200, answer.body.decode()
    (written,) = lines(world)
    assert datetime.fromisoformat(str(written.pop("at"))) == morning()
    assert written == {**line, "who": "ama", "why": "so it is"}
    read = (load_decisions, load_merges, load_corrections)
    assert [problem for f in read for problem in f(world.decisions).problems] == []
    page = html.document_fromstring(answer.body.decode())
    (said,) = page.xpath("//h1/text()")
    assert said == "Written down"
    assert f"nightdesk run --night {NIGHT} --offline" in page.text_content()
    assert "nightdesk_nightly, Trigger, Backfill" in page.text_content()
    assert dict(answer.headers) == HEADERS


def test_ticked_articles_go_into_one_line(site: Site, world: Settings) -> None:
    page = look(site, f"/stories/{LEAD}", EDITOR)
    ticks = page.xpath("//input[@type='checkbox']/@value")
    assert sorted(map(int, ticks)) == sorted((LEAD, COPY, ECHO))
    pairs = [("token", EDITOR.token), ("kind", "story_split"), ("why", "so")]
    both = [("article", ECHO), ("article", LEAD)]
    assert send(site, EDITOR, *pairs, *both, ("others", "")).status == 200
    assert lines(world)[0]["articles"] == sorted((LEAD, ECHO))


def test_two_names_are_one_and_apart_again(site: Site, world: Settings) -> None:
    fields = {"old_id": "Q1058", "why": "so"}
    first = say(site, **fields, kind="same_entity", id="Q1065")
    assert first.status == 200, first.body.decode()
    assert [m.entity_id for m in load_merges(world.decisions).rows] == ["Q1065"]
    assert say(site, **fields, kind="own_entity", id="ignored").status == 200
    assert load_merges(world.decisions) == ((), ())


def list_decided(site: Site, article: int) -> list[tuple[str, ...]]:
    """Return words, what was decided and from when on, as the article's page has it."""
    answer = site.respond(
        f"/articles/{article}", [("table", "decided"), ("format", "json")], ROOT, EDITOR
    )
    assert answer.status == 200
    rows = json.loads(answer.body)
    return [(row["surface"], row["said"], row["state"].split()[0]) for row in rows]


NO_NAME = "name nothing that should be tagged"
#: What is sent, and what the page of the article says of it: Ghana is decided already.
STATES = {
    "nothing": ([], [("Ghana", NO_NAME, "taken")]),
    "a tag": (
        [{"kind": "tag_none", "surface": "Accra"}],
        [("Ghana", NO_NAME, "taken"), ("Accra", NO_NAME, "waits")],
    ),
    "a tag and its end": (
        [
            {"kind": "tag_none", "surface": "Accra"},
            {"kind": "as_found", "surface": "Accra"},
        ],
        [("Ghana", NO_NAME, "taken")],
    ),
    "a story": (
        [{"kind": "story_merge", "others": ECHO}],
        [("Ghana", NO_NAME, "taken"), (None, "they tell one story", "waits")],
    ),
}


@pytest.mark.parametrize(("sent", "shown"), STATES.values(), ids=STATES)
def test_an_article_shows_what_was_decided_of_it_and_what_waits(
    site: Site, sent: list[dict], shown: list[tuple[str, ...]]
) -> None:
    for fields in sent:
        assert say(site, **ABOUT, **fields, why="so").status == 200
    assert list_decided(site, LEAD) == shown
    assert list_decided(site, FOREIGN) == []


def test_what_the_published_build_took_holds(site: Site, world: Settings) -> None:
    line = {"kind": "tag_none", "article": LEAD, "surface": "Ghana", "who": "ama"}
    record_correction(world.decisions, line | {"at": f"{DECIDED_AT}", "why": "so"})
    assert list_decided(site, LEAD) == [("Ghana", NO_NAME, "holds")]


# what is refused --------------------------------------------------------------

TAG = {**ABOUT, "kind": "tag_none", "surface": "Accra", "why": "so"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"surface": "Lome"}, "stands nowhere in the title or the text as whole words"),
        ({"surface": ""}, "surface: is missing"),
        ({"surface": "", "kind": "as_found"}, "surface: is missing"),
        ({"surface": "..."}, "holds no letter or digit"),
        ({"why": " "}, "why: is missing"),
        ({"article": 7}, "article: 7: no published night has it"),
        ({"article": "javascript:alert(1)"}, "allowed: an article id"),
        ({"kind": "takedown"}, "kind: 'takedown'; allowed"),
        ({"kind": ""}, "allowed"),
        ({"nth": "0"}, "nth: 0; allowed: 1 for the first place"),
        ({"nth": "two"}, "nth: 'two'; allowed"),
        ({"kind": "tag_place", "value": "XX"}, "XX is in no gazetteer"),
        ({"kind": "tag_entity", "value": "42"}, "allowed: an entity id"),
        ({"who": "root"}, "'who': the form has no such field"),
        ({"at": "2020-01-01"}, "'at': the form has no such field"),
        ({"why": "x" * 2001}, "why: is too long"),
    ],
)
def test_what_no_build_would_take_is_refused_and_kept_in_the_form(
    site: Site, world: Settings, change: dict, said: str
) -> None:
    answer = say(site, **{**TAG, **change})
    assert answer.status == 400
    page = html.document_fromstring(answer.body.decode())
    assert said in page.xpath("string(//*[@role='alert'])")
    assert lines(world) == []
    if page.xpath("//form"):
        sent = {**TAG, **change}
        for name in ("article", "surface", "why"):
            assert page.xpath(f"//input[@name='{name}']/@value") == [
                str(sent[name]).strip() if name == "why" else str(sent[name])
            ]
        assert page.xpath("//option[@selected]/@value") == [sent["kind"]]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "cluster_merge", "article": LEAD}, "a merge takes two or more"),
        ({"kind": "story_split"}, "articles: is missing"),
        ({"kind": "story_split", "others": "fish"}, "allowed: an article id"),
        ({"kind": "date", "article": LEAD, "published": ""}, "published: is missing"),
        (
            {"kind": "date", "article": LEAD, "published": "2026-05-01"},
            "until it is said",
        ),
        ({"kind": "same_entity", "old_id": ENTITY, "id": "Q42"}, "old_id:"),
        ({"kind": "own_entity", "old_id": "Q1065"}, "Q1065 is its own"),
        ({"kind": "same_entity", "old_id": "Q1065", "id": "Q1065"}, "is the old id"),
    ],
)
def test_other_forms_are_refused_likewise(
    site: Site, world: Settings, fields: dict, said: str
) -> None:
    answer = say(site, **fields, why="so")
    assert answer.status == 400
    assert said in html.document_fromstring(answer.body.decode()).text_content()
    assert lines(world) == []


OTHER = Person("ama", "another session of ama's", may_decide=True)


@pytest.mark.parametrize(
    ("person", "token", "said"),
    [
        pytest.param(EDITOR, "", "older than your login", id="no token"),
        pytest.param(EDITOR, "é" * 64, "older than your login", id="made up"),
        pytest.param(EDITOR, OTHER.token, "older", id="of another session"),
        pytest.param(READER, READER.token, "decide nothing", id="may only look"),
    ],
)
def test_a_form_without_right_or_token_is_403(
    site: Site, world: Settings, person: Person, token: str, said: str
) -> None:
    answer = send(site, person, ("token", token), *TAG.items())
    assert answer.status == 403
    page = html.document_fromstring(answer.body.decode())
    assert said in page.xpath("string(//*[@role='alert'])")
    assert page.xpath("//form") == []  # a form that others filled is not handed on
    assert lines(world) == []


def test_a_form_is_only_sent_never_asked_for(site: Site) -> None:
    assert site.respond("/decide", [], ROOT, EDITOR).status == 404


@pytest.mark.parametrize("nasty", [*NASTY, 'a\n{"kind": "takedown"}', "\x00\u202e"])
def test_hostile_words_stay_one_line_and_text(
    site: Site, world: Settings, nasty: str
) -> None:
    person = Person(nasty, "s", may_decide=True)
    answers = [
        send(site, person, ("token", person.token), *{**TAG, **change}.items())
        for change in ({"why": nasty}, {"surface": nasty})
    ]
    assert [answer.status for answer in answers] == [200, 400]
    assert [(row["who"], row["why"]) for row in lines(world)] == [
        (nasty, nasty.strip())
    ]
    for answer in answers:
        page = html.document_fromstring(answer.body.decode().replace("\x00", ""))
        assert page.xpath("//script | //img | //style | //iframe") == []
        assert page.xpath("//@*[starts-with(name(), 'on')]") == []


def test_before_the_first_publish_nothing_can_be_decided(tmp_path: Path) -> None:
    settings = pageworld.make_settings(tmp_path)
    site = Site(settings.published, SHIPPED / "geo", morning, DecisionBook(settings))
    assert say(site, **TAG).status == 404
    assert lines(settings) == []


def test_every_kind_of_a_form_says_what_it_means() -> None:
    said = [kind for group in CHOICES for kind in group]
    assert set(said) == {*(kind for line in WRITTEN for kind in [line[0]["kind"]])} | {
        "cluster_merge",
        "story_split",
        "same_entity",
        "own_entity",
    }
