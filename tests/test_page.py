"""The page: every view, what is wrong with a request, and what stays text."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pageworld
import pytest
from engines import connect_to
from lxml import html
from pageworld import COPY, FOREIGN, GAP, HELD, HOSTILE, LEAD, NASTY, NIGHT

from nightdesk.gaps import Backfill
from nightdesk.page.site import HEADERS, ROUTES, Answer, Site
from nightdesk.report import gather_baseline, gather_unusual
from nightdesk.settings import SHIPPED
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.read import open_catalogue, read_marts

GEO = SHIPPED / "geo"
ROOT = "/news/nightdesk"
ENTITY = quote("nd:per:ama sample", safe=":")
RISES = ("Coast", "Ghana", "Western Africa")
VIEWS = (
    "/",
    "/stories",
    f"/stories/{LEAD}",
    f"/stories/{FOREIGN}",
    "/map",
    "/map?unit=sources",
    "/regions",
    "/regions?scheme=desk&role=about",
    "/regions/iso:GH",
    "/regions/desk:coast",
    "/names",
    "/names?type=ORG",
    f"/names/{ENTITY}",
    "/names/" + quote(NASTY[3]),
    "/articles",
    "/articles?per=text",
    "/articles?per=source",
    f"/articles?first={pageworld.FIRST}&last={NIGHT}",
    f"/articles/{LEAD}",
    f"/articles/{HELD}",
    f"/articles/{HOSTILE}",
    f"/articles/{LEAD}/versions",
    f"/articles/{LEAD}/beside/{COPY}",
    "/search",
    "/search?q=fish",
    "/sources",
    "/sources/ledger",
    "/sources/deaf",
    "/sources/nasty",
    "/entries",
    "/entries?bin=rejected",
    "/gaps",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def site(folder: Path) -> Site:
    return Site(pageworld.publish_world(folder).published, GEO)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A page of one night without an article."""
    folder = tmp_path_factory.mktemp("bare")
    return Site(pageworld.publish_empty(folder).published, GEO)


def ask(site: Site, address: str) -> Answer:
    parts = urlsplit(address)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return site.respond(unquote(parts.path), pairs, ROOT)


def look(site: Site, address: str, status: int = 200) -> html.HtmlElement:
    answer = ask(site, address)
    said = answer.body.decode()
    assert answer.status == status, said
    return html.document_fromstring(said)


def read(page: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(node.text_content().split()) for node in page.xpath(path)]


def inner_links(page: html.HtmlElement) -> set[str]:
    """Addresses of the page that it links to, without the root."""
    found = page.xpath(f"//a/@href[starts-with(., '{ROOT}/')]")
    return {link.removeprefix(ROOT) for link in found}


# every view -------------------------------------------------------------------


@pytest.mark.parametrize("address", VIEWS)
def test_a_view_is_whole(site: Site, address: str) -> None:
    page = look(site, address)
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//html/@lang") == ["en"]
    assert page.xpath("//main/@id") == ["content"]
    assert page.xpath("(//a)[1]/@href") == ["#content"]
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    inside = {link[1:] for link in page.xpath("//a/@href[starts-with(., '#')]")}
    assert inside <= set(ids)
    labelled = page.xpath("//input[not(@type='hidden')]")
    assert all(field.getparent().tag == "label" for field in labelled)
    assert page.xpath("//*[@style] | //style | //script") == []


def test_every_route_is_walked() -> None:
    walked = {
        route.pattern
        for route in ROUTES
        for address in VIEWS
        if re.fullmatch(route.pattern, unquote(urlsplit(address).path))
    }
    assert walked == {route.pattern for route in ROUTES}


@pytest.fixture(scope="module")
def walked(site: Site) -> dict[str, html.HtmlElement]:
    """The views, and every document that they lead to."""
    pages = {address: look(site, address) for address in VIEWS}
    for link in set().union(*map(inner_links, pages.values())) - {*VIEWS, "/brief"}:
        is_other_night = re.search("night=(?!2026-03-09)", link)
        if "format=" not in link and not is_other_night:
            pages[link] = look(site, link)
    return pages


@pytest.mark.slow
def test_every_link_leads_to_a_view(walked: dict[str, html.HtmlElement]) -> None:
    links = set().union(*(inner_links(walked[address]) for address in VIEWS))
    paths = {unquote(urlsplit(link).path) for link in links}
    reached = {r.pattern for r in ROUTES for p in paths if re.fullmatch(r.pattern, p)}
    assert reached == {route.pattern for route in ROUTES}


@pytest.mark.slow
def test_every_number_leads_to_as_many_rows(
    walked: dict[str, html.HtmlElement],
) -> None:
    n_followed = 0
    for address in VIEWS:
        for cell in walked[address].xpath("//td/a | //div[@class='card']//a"):
            link = cell.get("href").removeprefix(ROOT)
            number = re.match(r"([\d,]+)( entr|$)", cell.text_content().strip())
            is_list = link.startswith(("/articles?", "/entries?"))
            if number and is_list and link in walked:
                (total,) = walked[link].xpath("//@data-total")
                assert int(number[1].replace(",", "")) == int(total), (address, link)
                n_followed += 1
    assert n_followed > 100


def test_numbers_have_links(site: Site) -> None:
    linked = look(site, "/map").xpath("//td[@class='n']/a")
    assert [link.text for link in linked] == ["22", "22", "3"]


def test_the_overview_says_what_is_unusual_and_what_is_missing(site: Site) -> None:
    page = look(site, "/")
    assert read(page, "//*[@class='card']/b") == ["25", "24", "4", "4"]
    rows = [
        [cell.text_content() for cell in row.xpath("td")[:4]]
        for row in page.xpath("//*[@id='unusual']//tr[td]")
    ]
    assert ["Ghana", "rise", "22", "22"] in rows
    assert rows[-1] == ["Ama Sample", "drop", "1", "1"]
    missing = " ".join(read(page, "//*[@id='missing']//li"))
    assert "Deaf Gazette: failed, not found" in missing
    assert "1 article in French, which cannot be tagged yet" in missing
    assert "Sunday 8 March 2026 is not published" in missing


def test_page_brief_and_mart_call_the_same_unusual(site: Site, folder: Path) -> None:
    page = look(site, "/")
    with open_catalogue(folder / "published") as con:
        marts = read_marts(con, NIGHT)
    facts = gather_unusual(NIGHT, marts).facts
    found = {r["name"] for r in marts["unusual"] if r["verdict"] in ("rise", "drop")}
    assert {fact.name for fact in facts} == found == {*RISES, "Ama Sample"}
    said = [f"{fact.name} {fact.text}" for fact in facts]
    assert read(page, "//*[@id='alarms']/ul/li/p") == said
    bars = page.xpath("//*[@id='alarms']//svg[@class='gauge']/@aria-label")
    values = [fact.rows[0].values for fact in facts]
    assert [bar.split()[0] for bar in bars] == [str(v["n_compared"]) for v in values]
    compared = " ".join(f.text for f in gather_baseline(NIGHT, marts).facts)
    assert read(page, "//*[@id='alarms']/p") == [compared]


def test_a_night_that_is_missing_is_no_zero(site: Site) -> None:
    days = "//*[name()='svg']//*[name()='title']"
    known = read(look(site, "/regions/iso:GH"), days)
    assert [said.partition(":")[0] for said in known[-2:]] == ["Sat 7", "Mon 9"]
    assert all(not said.endswith(": 0 %") for said in known)


def test_a_tag_is_put_right_where_it_is_shown(site: Site) -> None:
    said = read(look(site, f"/articles/{LEAD}"), "//aside//li/code")
    assert said == [
        f"nightdesk correct tag {LEAD} --surface {words}"
        for words in ("Ghana", "Accra", "'Ama Sample'")
    ]
    (hostile,) = read(look(site, f"/articles/{HOSTILE}"), "//aside//li/code")
    assert shlex.split(hostile)[-1] == NASTY[1]  # one word for a shell
    (entity,) = read(look(site, f"/names/{ENTITY}"), "//aside//code[1]")[:1]
    assert entity.startswith("nightdesk correct entity 'nd:per:ama sample' ")


def test_a_desk_has_a_clock_of_its_own(site: Site) -> None:
    page = look(site, "/regions/desk:coast")
    rows = [
        read(row, "td") for row in page.xpath("//*[@id='days']//tbody/tr")
    ]  # a day in Karachi begins at 19:00 UTC
    assert rows[0] == ["2026-03-10", "provisional", "0", "0", "0"]
    assert rows[1] == ["2026-03-09", "partial", "22", "22", "3"]
    assert rows[2] == ["2026-03-08", "provisional", "0", "0", "0"]
    assert rows[3] == ["2026-03-07", "whole", "1", "1", "1"]
    titles = read(page, "//figcaption")
    assert "Articles a day in Asia/Karachi, 2–7 Mar · most: 1" in titles
    listed = look(site, "/articles?region=desk:coast")
    assert read(listed, "//th")[:2] == ["Asia/Karachi", "UTC"]
    assert read(listed, "//td")[:2] == ["2026-03-09 14:00", "09:00"]
    assert "Asia/Karachi" not in read(look(site, "/articles?region=iso:GH"), "//th")


def test_a_story_tells_origin_copies_edits_and_who_has_it_not(site: Site) -> None:
    page = look(site, f"/stories/{LEAD}")
    texts = read(page, "//article[@class='text']")
    assert len(texts) == 2
    assert texts[0].startswith("Fish quarrel settled Harbour Ledger")
    assert "1 copy: Lagoon Post (edited)" in texts[0]
    roles = read(page, "//*[@id='articles']//tbody/tr/td[4]")
    assert roles == ["edit", "origin", "origin"]  # by id, where times are the same
    assert f"{ROOT}/articles/{LEAD}/beside/{COPY}" in page.xpath("//@href")
    assert read(page, "//*[@id='absent']//tbody/tr/td[1]") == [" ".join(NASTY)]


def test_an_article_shows_its_tags_and_why(site: Site) -> None:
    page = look(site, f"/articles/{LEAD}")
    tags = page.xpath("//a[starts-with(@class, 'tag')]")
    assert [tag.text for tag in tags] == ["Ghana", "Accra", "Ama Sample"]
    assert tags[1].get("title") == "LOC (GH) · rule city · score 0.90"
    assert read(page, "//*[@class='body']/p") == list(pageworld.LINES)
    assert read(page, "//tr[@id='tag-2']/td")[:3] == ["Ama Sample", "PER", "Ama Sample"]
    assert "names/1" in page.xpath("string(//*[@id='tags'])")
    assert "2 versions" in page.xpath("string(//*[@class='facts'])")


def test_a_text_that_is_held_back_is_shown_nowhere(site: Site) -> None:
    page = look(site, f"/articles/{HELD}")
    assert "reserves the text (tdm)" in page.text_content()
    assert pageworld.LINES[1] not in page.text_content()
    beside = look(site, f"/articles/{LEAD}/beside/{HELD}")
    assert beside.text_content().count(pageworld.LINES[1]) == 1
    assert "no text to show" in beside.text_content()


def test_versions_show_what_changed(site: Site) -> None:
    page = look(site, f"/articles/{LEAD}/versions")
    assert read(page, "//h2") == ["Version 2", "Version 1"]
    assert read(page, "//p[@class='old']/del") == ["A", "row"]
    assert "quarrel" in " ".join(read(page, "//p[@class='new']/ins"))


def test_two_texts_stand_side_by_side(site: Site) -> None:
    page = look(site, f"/articles/{LEAD}/beside/{COPY}")
    kinds = page.xpath("//table[@class='twin']/tbody/tr/@class")
    assert kinds == ["same", "changed", "left", "right"]
    assert read(page, "//tr[@class='changed']//del") == ["evenly"]
    assert read(page, "//tr[@class='changed']//ins") == ["by weight"]


def test_search_marks_the_words_and_takes_filters(site: Site) -> None:
    page = look(site, "/search?q=quarrel&region=Ghana&lang=en")
    assert {word.lower() for word in read(page, "//mark")} == {"quarrel"}
    assert look(site, "/search?q=port&lang=fr").xpath("//ol/li")
    assert not look(site, "/search?q=port&lang=en").xpath("//ol/li")
    earlier = look(site, f"/search?q=quarrel&last={pageworld.FIRST}")
    assert set(re.findall(r"2026-03-\d\d", earlier.xpath("string(//ol)"))) == {
        str(pageworld.FIRST)
    }


def test_search_counts_matches_by_night_and_says_their_share(site: Site) -> None:
    page = look(site, "/search?q=quarrel&lang=en")
    (said,) = read(page, "//figcaption")
    assert said == "Articles that match, a night, 1–9 Mar · most: 21"
    rows = [read(row, "td") for row in page.xpath("//*[@id='nights']//tbody/tr")]
    assert rows[0] == ["2026-03-09", "21", "84 %"]
    assert [night for night, *_ in rows][1] == "2026-03-07"  # no zero for the gap
    for cell in page.xpath("//*[@id='nights']//td/a"):
        led = look(site, cell.get("href").removeprefix(ROOT))
        assert read(led, "//p[@aria-live]/b") == [f"{cell.text} articles"]
    (bar,) = page.xpath("//figure//a[contains(., 'Sat 7')]/@href")
    assert "first=2026-03-07&last=2026-03-07" in bar
    (said,) = read(look(site, "/search?q=zeppelin"), "//figcaption")
    assert said.endswith(" · most: 0")
    beyond = look(site, "/search?q=quarrel&first=2027-01-01")
    assert beyond.xpath("//figure") == []


def test_a_query_that_cannot_be_read_is_told_where(site: Site) -> None:
    page = look(site, "/search?q=(fish")
    assert page.xpath("//input[@name='q']/@value") == ["(fish"]
    assert "character" in page.xpath("string(//*[@role='alert'])")
    nowhere = look(site, "/search?q=fish&region=Atlantis")
    assert "there is no region 'Atlantis'" in nowhere.text_content()


def test_sources_say_what_to_do_and_what_to_try(site: Site) -> None:
    page = look(site, "/sources")
    (ill,) = read(page, "//*[@class='todo']/li[contains(., 'Deaf')]")
    assert ill.startswith("Deaf Gazette degraded")
    assert ill.endswith("Try now: nightdesk sources try deaf")


def test_gaps_name_the_backfill(site: Site) -> None:
    page = look(site, f"/gaps?first={GAP}&last={NIGHT}")
    assert read(page, "//*[@id='gaps']//tbody/tr/td[2]") == ["all 5", "deaf"]
    assert "/news/dags/nightdesk_nightly" in page.xpath("//@href")
    wanted = (Backfill(GAP, GAP, ()), Backfill(NIGHT, NIGHT, ("deaf",)))
    steps = read(page, "//*[@class='steps']/li")
    for backfill, said in zip(wanted, steps, strict=True):
        assert [click for click in backfill.clicks if click not in said] == []
        assert backfill.command in said


def test_a_night_that_is_not_over_is_no_gap(folder: Path, site: Site) -> None:
    """The rule of `nightdesk gaps`: nightdesk.gaps.choose_nights."""
    morning = datetime(2026, 3, 10, 6, tzinfo=UTC)
    today = Site(folder / "published", GEO, lambda: morning)
    page = look(today, f"/gaps?first={NIGHT}&last=2026-03-11")
    assert "2026-03-10" not in page.text_content()
    assert page.xpath("//input[@name='last']/@value") == [str(NIGHT)]
    assert "no whole night" in look(today, "/gaps?first=2026-03-10", 400).text_content()


def test_long_lists_come_in_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightdesk.page.asked.PER_PAGE", 7)
    rows = []
    for n in (1, 2, 3, 4):
        page = look(site, f"/articles?page={n}")
        rows += page.xpath("//td[2]/a/@href")
    assert len(rows) == len(set(rows)) == 25
    beyond = look(site, "/articles?page=5")
    assert beyond.xpath("//table") == []
    assert "has no page 5" in beyond.text_content()


# before anything, and when nothing is there ----------------------------------


def test_before_the_first_publish_every_view_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, GEO)
    for address in VIEWS:
        page = look(site, address, 404)
        assert "nightdesk run --night" in page.text_content(), address
    assert ask(site, "/?format=csv").status == 404


@pytest.mark.parametrize(
    "address",
    [a for a in VIEWS if not re.search(r"/(stories|articles|names)/|first=", a)],
)
def test_an_empty_night_is_shown_as_empty(bare: Site, address: str) -> None:
    page = look(bare, address)
    assert "Traceback" not in page.text_content()
    if address == "/":
        assert "No articles." in page.text_content()
        assert "nothing is called unusual" in page.text_content()


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("/articles/7", "article 7: is not published"),
        ("/articles/99999999999999999999", "An id is a whole number"),
        ("/stories/7", "story 7: is not published"),
        ("/names/Q7", "no published night names it"),
        ("/regions/iso:XX", "see the list of regions"),
        ("/sources/nobody", "see the list of sources"),
        (f"/articles/{LEAD}/beside/7", "article 7: is not published"),
        ("/articles/x", "there is no such view"),
        ("/../../etc/passwd", "there is no such view"),
        ("/?night=2020-01-01", "night 2020-01-01 is not published; there are 8 from"),
        (f"/?night={GAP}", "is not published"),
    ],
)
def test_what_is_not_there_is_404_with_a_hint(
    site: Site, address: str, hint: str
) -> None:
    assert hint in look(site, address, 404).text_content()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/?night=yesterday", "night: 'yesterday': is not a day; wanted: YYYY-MM-DD"),
        ("/?night=2026-02-30", "night: '2026-02-30': is not a day"),
        ("/articles?per=word", "per: 'word': is not one of: article, text, source"),
        ("/articles?made=up", "made: 'up': is not one of: own, edited, copied"),
        (
            "/articles?region=iso:GH&role=x",
            "role: 'x': is not one of: about, mentioned",
        ),
        ("/articles?text=1.5", "text: '1.5': is not a whole number"),
        ("/articles?page=0", "page: '0': is not between 1 and"),
        ("/articles?page=-99999999999999999999", "is not a whole number"),
        ("/articles?first=2026-03-05&last=2026-03-01", "is before first"),
        ("/search?q=a&first=2026-03-05&last=2026-03-01", "is before first"),
        ("/names?type=DOG", "type: 'DOG': is not one of: PER, ORG, LOC"),
        ("/regions?scheme=x", "is not one of: country, m49, macro, desk"),
        ("/sources?status=ill", "is not one of: ok, failed, no_coverage"),
        ("/entries?bin=x", "is not one of: loaded, duplicate, rejected"),
        ("/map?unit=x", "is not one of: articles, texts, sources"),
        ("/?night=2026-03-09&night=2026-03-09", "night: '2026-03-09': is stated twice"),
        ("/?nite=1", "this view has no such parameter; it has: night, page"),
        ("/?format=pdf", "format: 'pdf': is not one of: csv, json, parquet, xlsx"),
        ("/?format=csv&table=x", "table: 'x': is not one of: stories, unusual"),
        ("/search?format=csv", "this view has no table"),
        ("/search?q=" + "a" * 2001, "has more than 2000 characters"),
    ],
)
def test_a_bad_parameter_is_400_and_named(site: Site, address: str, said: str) -> None:
    assert said in look(site, address, 400).text_content()


def test_a_damaged_catalogue_is_503_with_its_cure(tmp_path: Path) -> None:
    settings = pageworld.publish_empty(tmp_path)
    site = Site(settings.published, GEO)
    current = (settings.published / "current.duckdb").resolve()
    current.write_bytes(b"no database at all" * 1000)
    assert "nightdesk publish --again" in look(site, "/", 503).text_content()


def test_a_search_without_its_index_is_503(tmp_path: Path) -> None:
    settings = pageworld.publish_empty(tmp_path)
    (settings.published / "search" / "current").unlink()
    site = Site(settings.published, GEO)
    assert "nothing there yet" in look(site, "/search?q=a", 503).text_content()
    assert ask(site, "/search").status == 200


# what comes from outside ------------------------------------------------------


@pytest.mark.parametrize("address", VIEWS)
def test_hostile_text_stays_text(site: Site, address: str) -> None:
    written = ask(site, address).body.decode()
    page = html.document_fromstring(written)
    assert (
        page.xpath("//script | //img | //iframe | //object | //embed | //style") == []
    )
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []
    outward = [a for a in page.xpath("//a[@href]") if re.match(r"\w+:", a.get("href"))]
    assert all(urlsplit(a.get("href")).scheme in ("http", "https") for a in outward)
    assert all(a.get("rel") == "noopener noreferrer" for a in outward)
    assert "javascript:" not in " ".join(page.xpath("//@href | //@src | //@action"))


def test_hostile_strings_are_shown_as_they_are(site: Site) -> None:
    page = look(site, f"/articles/{HOSTILE}")
    assert page.xpath("string(//h1)").strip() == NASTY[0]
    assert read(page, "//*[@class='body']/p") == [" ".join(n.split()) for n in NASTY]
    assert "javascript:alert(1)" in page.text_content()


def test_every_answer_has_its_headers(site: Site) -> None:
    addresses = ("/", "/nope", "/?night=x", "/style.css", "/?format=csv")
    for address in addresses:
        headers = ask(site, address).headers
        assert {*HEADERS} <= {*headers}
        assert "script-src" not in headers["Content-Security-Policy"]
    policy = dict(
        part.strip().split(" ", 1)
        for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "data: 'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
    }


def test_the_style_sheet_loads_nothing(site: Site) -> None:
    style = ask(site, "/style.css")
    assert style.media_type == "text/css; charset=utf-8"
    assert not re.search(rb"url\(|@import|@font-face|expression", style.body)
    used = set(re.findall(rb"var\(--([a-z0-9-]+)\)", style.body))
    assert used <= set(re.findall(rb"--([a-z0-9-]+):", style.body))
    (link,) = look(site, "/").xpath("//link[@rel='stylesheet']/@href")
    assert ask(site, link.removeprefix(ROOT)).body == style.body


def test_nobody_is_told_anything_before_a_login(site: Site) -> None:
    answer = site.refuse(ROOT)
    assert answer.status == 401
    assert b'href="/news/"' in answer.body
    assert b"Ledger" not in answer.body


# the catalogue ----------------------------------------------------------------


def test_the_writer_is_not_touched_and_a_publish_is_seen(tmp_path: Path) -> None:
    settings = pageworld.publish_empty(tmp_path)
    site = Site(settings.published, GEO)
    with open_warehouse(connect_to(settings.warehouse)) as con:  # locked by us
        assert "No articles." in look(site, "/").text_content()
        pageworld.put_article(con, NIGHT, 7, "ledger", title="Rain at last")
        con.execute("DELETE FROM coverage")
        con.execute("DELETE FROM load_ledger")
        pageworld.put_night(con, NIGHT, 2)
        pageworld.publish_nights(con, settings.published)
        assert "Rain at last" in look(site, "/articles").text_content()


@pytest.mark.slow
def test_same_rows_same_bytes(site: Site, folder: Path) -> None:
    again = Site(folder / "published", GEO)
    for address in VIEWS:
        assert ask(site, address).body == ask(again, address).body


def test_an_article_without_a_title_can_be_opened(site: Site) -> None:
    (link,) = look(site, "/articles?lang=fr").xpath("//td[2]/a")
    assert link.text_content() == "(no title)"
    assert link.get("href") == f"{ROOT}/articles/{FOREIGN}"
    assert read(look(site, f"/articles/{FOREIGN}"), "//h1") == ["(no title)"]
    assert read(look(site, f"/stories/{FOREIGN}"), "//h1") == ["(no title)"]
