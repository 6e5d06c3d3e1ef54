"""`nightdesk sources`: against the newsstand and a server of our own, over loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from httpworld import World as Server
from httpworld import reply

from nightdesk.__main__ import build_parser, main
from nightdesk.config import load_settings, load_sources
from nightdesk.landing import Landing
from nightdesk.model import KnownUrl
from nightdesk.newsstand import World, serve
from nightdesk.pipeline import Job
from nightdesk.pipeline.register_task import note_sources
from nightdesk.urls import article_id, canonicalize_url

OPML = b"""<opml version="2.0"><body><outline text="World">
<outline text="Hill News" type="rss" xmlUrl="https://hill.example/rss"/>
<outline text="Hill News" type="rss" xmlUrl="https://dale.example/rss"/></outline>
<outline text="Twice" xmlUrl="https://hill.example/rss"/>
<outline text="Odd" xmlUrl="ftp://odd.example/"/></body></opml>"""


HILL = "{id: hill, name: Hill, kind: rss, url: 'https://hill.example/rss'}"
DALE = HILL.replace("hill", "dale")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANDING", "WAREHOUSE", "MIRRORS", "CONTACT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory):
    world = World()
    with serve(world) as served:
        path = tmp_path_factory.mktemp("stand") / "mirrors.json"
        path.write_text(json.dumps(world.mirrors(served.base_url)))
        yield str(path)


@pytest.fixture
def mirrored(stand: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTDESK_MIRRORS", stand)


def own_file(home: Path) -> Path:
    return home / "data" / "config" / "sources.yaml"


def ask(capsys, *words: str) -> tuple[int, object]:
    code = main(["sources", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_every_action_has_an_example() -> None:
    parser = build_parser("sources")
    for name in ("sources", None):
        (found,) = (a for a in parser._actions if getattr(a, "choices", None))
        parser = found.choices[name] if name else parser
    actions = found
    wanted = {"discover", "try", "validate", "schema", "import-opml", "export-opml"}
    assert wanted <= set(actions.choices)
    for name, action in actions.choices.items():
        assert f"example: nightdesk sources {name}" in action.format_help()


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize(
    ("url", "kind", "found", "via"),
    [
        ("https://www.harbourledger.example/", "rss", "/feed.xml", "well_known"),
        ("https://www.harbourledger.example/feed.xml", "rss", "/feed.xml", "address"),
        ("https://ghatsdispatch.example/", "jsonfeed", "/feed.json", "well_known"),
        ("pacificlantern.example", "sitemap", "/news-sitemap.xml", "robots"),
        ("https://gulfmeridian.example/", "page", "/", "page"),
    ],
    ids=[
        "a feed",
        "the feed itself",
        "a JSON feed",
        "a sitemap",
        "a page without feed",
    ],
)
def test_discover_finds(capsys, url: str, kind: str, found: str, via: str) -> None:
    code, rows = ask(capsys, "discover", url)
    assert code == 0
    assert (rows[0]["kind"], rows[0]["via"]) == (kind, via)
    assert rows[0]["url"].endswith(f".example{found}")
    assert rows[0]["n_entries"] > 0


@pytest.mark.usefixtures("mirrored")
def test_what_discover_prints_is_a_source_that_can_be_tried(home: Path, capsys) -> None:
    assert main(["sources", "discover", "gulfmeridian.example"]) == 0
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text("newsstand: true\nsources:\n" + capsys.readouterr().out)
    (source,) = load_sources(path).sources
    assert source.kind == "page"
    code, found = ask(capsys, "try", source.id)
    assert (code, found["kind"], found["problems"]) == (0, "page", [])
    assert found["n_new"] == len(found["entries"]) > 5


def test_discover_reads_what_a_page_links(
    home: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = '<link rel="alternate" type="application/atom+xml" href="news/all">'
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><link href="/1"/>'
    )
    with Server() as server:
        server.pages["/"] = reply(page)
        server.pages["/news/all"] = reply(atom + "</entry></feed>", kind="text/xml")
        mirrors = home / "mirrors.json"
        mirrors.write_text(json.dumps({"https://hill.example/": server.url("/")}))
        monkeypatch.setenv("NIGHTDESK_MIRRORS", str(mirrors))
        code, rows = ask(capsys, "discover", "https://hill.example/")
    assert code == 0
    assert [(r["kind"], r["via"], r["url"]) for r in rows] == [
        ("atom", "link", "https://hill.example/news/all")
    ]


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize(
    ("words", "code", "want"),
    [
        (["discover", "ftp://hill.example/"], 2, "scheme is not http"),
        (["discover", "https://u:p@hill.example/"], 2, "password"),
        (["discover", "http://127.0.0.1/"], 2, "forbidden_address"),
        (["discover", "http://127.0.0.1/"], 2, "if it is yours: --allow-private"),
        (["try", "nowhere"], 2, "'nowhere' is neither a source"),
        (["try", "harbour-ledger", "--link-pattern", "("], 2, "--link_pattern"),
        (["import-opml", "/nowhere.opml"], 2, "No such file"),
        (["export-opml", "/nowhere/x.opml"], 2, "No such file"),
    ],
    ids=[
        "another scheme",
        "a password",
        "a private address",
        "and what lets it be asked",
        "an unknown source",
        "a broken pattern",
        "no file to read",
        "no folder to write to",
    ],
)
def test_bad_input_is_named(capsys, words: list[str], code: int, want: str) -> None:
    assert main(["sources", *words]) == code
    assert want in capsys.readouterr().err


@pytest.mark.usefixtures("mirrored")
def test_discover_says_when_there_is_nothing(capsys) -> None:
    assert main(["sources", "discover", "https://fjordexaminer.example/x"]) == 1
    assert "not_found" in capsys.readouterr().err
    assert main(["sources", "discover", "https://fjordexaminer.example/"]) == 1
    assert "no feed, no sitemap" in capsys.readouterr().out


@pytest.mark.usefixtures("mirrored")
def test_try_shows_entries_and_what_is_new_and_keeps_nothing(
    home: Path, capsys
) -> None:
    code, found = ask(capsys, "try", "harbour-ledger")
    assert (code, found["outcome"], found["problems"]) == (0, "ok", [])
    assert found["n_new"] == len(found["entries"]) > 0
    assert not (home / "data" / "landing").exists()
    assert main(["sources", "try", "harbour-ledger", "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert f"entries   {len(found['entries'])}" in out
    assert "more; --limit" in out


@pytest.mark.usefixtures("mirrored")
def test_try_tells_new_from_known(home: Path, capsys) -> None:
    _, found = ask(capsys, "try", "lagoon-post")
    keys = {canonicalize_url(entry["url"]) for entry in found["entries"][:3]}
    old = [e for e in found["entries"] if canonicalize_url(e["url"]) in keys]
    Landing(str(home / "data" / "landing")).write_urls(
        "test",
        [KnownUrl(canonical_url=key, article_id=article_id(key)) for key in keys],
    )
    code, found = ask(capsys, "try", "lagoon-post")
    assert code == 0
    assert [e | {"new": True} for e in found["entries"] if not e["new"]] == old
    assert found["n_new"] == len(found["entries"]) - len(old)


@pytest.mark.usefixtures("mirrored")
def test_try_names_problems(capsys) -> None:
    code, found = ask(capsys, "try", "fjord-examiner")
    assert (code, found["problems"]) == (1, ["cannot be polled: not_found"])
    code, found = ask(capsys, "try", "https://gulfmeridian.example/")
    assert code == 1
    assert "an HTML page, no feed" in found["problems"][0]
    code, found = ask(
        capsys, "try", "https://gulfmeridian.example/", "--link-pattern", "/none/"
    )
    assert code == 1
    assert "none of" in found["problems"][0]


# a server of our own -------------------------------------------------------

RSS = (
    "<rss><channel><title>{}</title><item><link>/{}</link>"
    "<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>"
)
INDEX = "<sitemapindex>{}</sitemapindex>"
CHILD = "<sitemap><loc>https://hill.example/{}.xml</loc></sitemap>"
URLS = "<urlset><url><loc>https://hill.example/{}</loc></url></urlset>"


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch):
    """A world at hill.example; its sources are a newsstand's, so nobody waits."""
    with Server() as server:
        mirrors = home / "mirrors.json"
        mirrors.write_text(json.dumps({"https://hill.example/": server.url("/")}))
        monkeypatch.setenv("NIGHTDESK_MIRRORS", str(mirrors))
        yield server


def test_discover_names_each_row_and_puts_comments_last(server, capsys) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="{}">'
    paths = ("/comments/feed/", "/a.rss", "/b.rss")
    server.pages["/"] = reply("".join(map(head.format, paths)))
    for path in paths:
        server.pages[path] = reply(RSS.format("Hill", path[1]), kind="text/xml")
    code, rows = ask(capsys, "discover", "https://hill.example/")
    assert code == 0
    assert [(row["id"], row["url"].rpartition("example")[2]) for row in rows] == [
        ("hill", "/a.rss"),
        ("hill-2", "/b.rss"),
        ("hill-3", "/comments/feed/"),
    ]
    assert main(["sources", "discover", "https://hill.example/"]) == 0
    out = capsys.readouterr().out
    assert "# comments\n  - id: hill-3" in out
    assert len(yaml.safe_load(out)) == 3


def serve_index(server, n_children: int) -> None:
    names = [f"map-{n}" for n in range(n_children)]
    server.pages["/"] = reply("nothing here")
    server.pages["/sitemap.xml"] = reply(
        INDEX.format("".join(map(CHILD.format, names))), kind="text/xml"
    )
    for name in names[1:]:
        server.pages[f"/{name}.xml"] = reply(URLS.format(name), kind="text/xml")


def test_discover_looks_into_an_index(server, capsys) -> None:
    serve_index(server, 14)
    code, (row,) = ask(capsys, "discover", "https://hill.example/")
    assert (code, row["n_entries"]) == (0, 9)
    assert row["note"] == "an index of 14 sitemaps; a night reads 10"
    assert row["reads"][:2] == [
        "https://hill.example/map-0.xml: not_found",
        "https://hill.example/map-1.xml: 1 entries",
    ]
    assert main(["sources", "discover", "https://hill.example/"]) == 0
    assert "#   reads https://hill.example/map-1.xml: 1 " in capsys.readouterr().out


def test_try_reads_of_an_index_what_a_run_reads(server, capsys) -> None:
    serve_index(server, 14)
    code, found = ask(capsys, "try", "https://hill.example/sitemap.xml")
    assert (code, len(found["entries"]), len(found["children"])) == (0, 9, 10)
    assert found["children"][0]["outcome"] == "not_found"
    assert found["problems"][0].startswith("4 of its 14 sitemaps may tell of the night")
    assert main(["sources", "try", "https://hill.example/sitemap.xml"]) == 0
    assert "sitemap   https://hill.example/map-1.xml: ok, 1" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["discover", "try"])
def test_a_private_address_is_asked_if_that_is_wanted(capsys, action: str) -> None:
    with Server() as server:
        server.pages["/feed/"] = reply(RSS.format("Hill", "x"), kind="text/xml")
        url = server.url("/feed/")
        assert main(["sources", action, url]) in (1, 2)
        assert "if it is yours: --allow-private" in "".join(capsys.readouterr())
        assert main(["sources", action, url, "--allow-private"]) == 0
        out = capsys.readouterr().out
        assert ("allow_private: true" in out) == (action == "discover")


def test_a_mistake_in_the_file_stops_only_what_needs_it(
    home: Path, server, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@hill.example")
    monkeypatch.setattr("nightdesk.cli.asking.gap_of", lambda _: 0.0)
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(f"sources: [{HILL.replace('kind: rss', 'kind: x')}]")
    server.pages["/rss"] = reply(RSS.format("Hill", "x"), kind="text/xml")
    assert main(["sources", "try", "https://hill.example/rss"]) == 0
    assert "left aside, for its mistakes" in capsys.readouterr().err
    assert main(["sources", "discover", "https://hill.example/rss"]) == 0
    err = capsys.readouterr().err
    assert "discover: asking hill.example" in err
    assert "addresses to try" in err
    assert main(["sources", "try", "hill"]) == 2


def test_validate_warns_of_what_is_hardly_meant(
    home: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@newsroom.example")
    rows = [
        HILL,
        DALE.replace("//dale", "//hill"),
        "{id: in, name: In, kind: rss, url: 'http://10.0.0.1/feed'}",
        "{id: ok, name: Ok, kind: rss, url: 'http://10.0.0.2/', allow_private: true}",
    ]
    (home / "my.yaml").write_text(f"sources: [{', '.join(rows)}]")
    assert main(["sources", "validate", str(home / "my.yaml")]) == 0
    told = [x for x in capsys.readouterr().out.splitlines() if "warning" in x]
    assert len(told) == 2
    assert "hill: has the url of dale too" in told[0]
    assert "in: http://10.0.0.1/feed is a private address" in told[1]


def test_opml_becomes_sources_beside_what_is_there(home: Path, capsys) -> None:
    (home / "in.opml").write_bytes(OPML)
    words = ("import-opml", str(home / "in.opml"))
    code, report = ask(capsys, *words)
    assert code == 0
    assert [row["id"] for row in report["added"]] == ["hill-news", "hill-news-2"]
    assert [row["reason"].split(":")[0] for row in report["skipped"]] == [
        "already there",
        "url",
    ]
    path = own_file(home)
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=file://")
    assert [s.tags for s in load_sources(path).sources] == [("world",)] * 2
    path.write_text(text + "# my own words\nnewsstand: false\n")
    (home / "in.opml").write_bytes(OPML.replace(b"dale", b"vale"))
    assert main(["sources", *words]) == 0
    assert "1 sources added, 3 left out" in capsys.readouterr().out
    assert "# my own words" in path.read_text("utf-8")
    assert len(load_sources(path).sources) == 3


def test_what_an_import_leaves_out_or_lacks_is_said(home: Path, capsys) -> None:
    text = OPML.replace(b"ftp://odd.example/", b"http://10.0.0.1/feed")
    (home / "in.opml").write_bytes(text.removesuffix(b"</body></opml>"))
    words = ("import-opml", str(home / "in.opml"))
    assert main(["sources", *words, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "in.opml: not well-formed: cut at line 5; what was read is kept" in out
    assert "# left out http://10.0.0.1/feed: a private address" in out
    assert yaml.safe_load(out)[0]["id"] == "hill-news"
    code, report = ask(capsys, *words)
    assert (code, report["damage"]) == (0, "not well-formed: cut at line 5")
    assert len(report["added"]) == 2


def test_a_disabled_source_goes_out_and_comes_back_disabled(home: Path, capsys) -> None:
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(f"sources: [{HILL.replace('kind', 'enabled: false, kind')}]")
    out = home / "out.opml"
    assert main(["sources", "export-opml", str(out)]) == 0
    path.unlink()
    assert main(["sources", "import-opml", str(out)]) == 0
    (source,) = load_sources(path).sources
    assert (source.name, source.is_enabled) == ("Hill", False)


def test_a_dry_run_writes_nothing(home: Path, capsys) -> None:
    (home / "in.opml").write_bytes(OPML)
    assert main(["sources", "import-opml", str(home / "in.opml"), "--dry-run"]) == 0
    rows = yaml.safe_load(capsys.readouterr().out)
    assert [row["url"] for row in rows] == [
        "https://hill.example/rss",
        "https://dale.example/rss",
    ]
    assert not own_file(home).exists()


def test_rows_go_behind_the_last_source_whatever_follows(home: Path) -> None:
    path = own_file(home)
    path.parent.mkdir(parents=True)
    row = "- {id: a, name: A, kind: rss, url: 'https://a.example/'}  # mine\n"
    path.write_text(f"sources:\n{row}newsstand: false\n")
    (home / "in.opml").write_bytes(OPML)
    assert main(["sources", "import-opml", str(home / "in.opml")]) == 0
    text = path.read_text()
    assert text.startswith(f"sources:\n{row}- id: hill-news\n")
    assert text.endswith("newsstand: false\n")
    assert len(load_sources(path).sources) == 3


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "sources: [{id: a, name: A, kind: rss, url: 'https://a.example/'}]",
            "brackets",
        ),
        ("sources:\n- id: a\n", "missing"),
    ],
    ids=["a list in brackets", "a file that is wrong already"],
)
def test_a_file_that_cannot_be_added_to_is_left_alone(
    home: Path, capsys, text: str, want: str
) -> None:
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (home / "in.opml").write_bytes(OPML)
    assert main(["sources", "import-opml", str(home / "in.opml")]) == 2
    assert want in capsys.readouterr().err
    assert path.read_text() == text
    assert [p.name for p in path.parent.iterdir()] == ["sources.yaml"]


def test_a_list_that_is_none_is_refused(home: Path, capsys) -> None:
    (home / "in.opml").write_bytes(b"<html><body>no</body></html>")
    assert main(["sources", "import-opml", str(home / "in.opml")]) == 2
    assert "no OPML" in capsys.readouterr().err


def test_what_is_exported_can_be_imported(home: Path, capsys) -> None:
    out = home / "out.opml"
    assert main(["sources", "export-opml", str(out)]) == 0
    capsys.readouterr()
    n_sources = out.read_text("utf-8").count("<outline ")
    assert n_sources >= 12
    code, report = ask(capsys, "import-opml", str(out))
    assert (code, len(report["added"])) == (0, n_sources)
    assert report["skipped"] == []


def test_schema_is_printed_as_json(capsys) -> None:
    assert main(["sources", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "link_pattern" in schema["$defs"]["Source"]["properties"]


@pytest.mark.parametrize(
    ("rows", "code", "told"),
    [
        ([HILL, DALE], 0, []),
        ([HILL], 0, ["ends       dale"]),
        ([HILL, DALE.replace("id: dale", "id: glen, was: [dale]")], 0,
         ["renamed    dale is glen"]),
        ([HILL.replace("id: hill", "id: hill, was: [dale]")], 2,
         ["dale and hill have been two sources"]),
    ],
    ids=["nothing changes", "one ends", "one is renamed", "two become one"],
)  # fmt: skip
def test_validate_says_what_the_next_run_will_note(
    home: Path, capsys, monkeypatch, rows: list[str], code: int, told: list[str]
) -> None:
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@newsroom.example")
    path = own_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(f"sources: [{HILL}, {DALE}]")
    note_sources(Job(load_settings(), "test"), load_sources(path))
    path.write_text(f"sources: [{', '.join(rows)}]")
    assert main(["sources", "validate"]) == code
    out, err = capsys.readouterr()
    lines = [line for line in (out + err).splitlines() if str(path) not in line]
    assert len(lines) == len(told)
    for line, want in zip(lines, told, strict=True):
        assert want in line
