"""The command line: formats as documented, exit codes, errors that name the cure."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import duckdb
import pytest

from nightdesk.__main__ import build_parser, main
from nightdesk.cli import accounts, attempt
from nightdesk.cli.commands import COMMANDS
from nightdesk.cli.side_by_side import measure
from nightdesk.config import SHIPPED, load_settings, sources_path
from nightdesk.gaps import find_gaps
from nightdesk.landing import Landing
from nightdesk.model import BINS
from nightdesk.newsstand import World, serve

FEED = """<rss version="2.0"><channel><title>Feed</title><item><title>One</title>
<link>https://a.example/1</link><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>
</item></channel></rss>"""
STORY = [
    "Ministers of Ghana and Togo met in Accra on Sunday to settle a quarrel over fish.",
    "Trade Minister Ama Sample said the two countries would share their catch evenly.",
    "Fishing crews in Lome had blocked the harbour for nine days before the meeting.",
    "The agreement runs until the end of the year and can be renewed by both sides.",
]
PAGE = (
    "<html><head><title>Ghana and Togo share their fish</title></head><body><article>"
    "<h1>Ghana and Togo share their fish</h1>"
    + "".join(f"<p>{line} {line[::-1]}</p>" for line in STORY)
    + "</article></body></html>"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANDING", "WAREHOUSE", "MIRRORS", "CONTACT", "PORT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path / "data"))
    return tmp_path


def run_rows(folder: Path, words: list[str], rows: list[object]) -> list[dict]:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    source.write_text("\n".join(lines) + "\n", "utf-8")
    assert main([*words, "--jsonl", str(source), str(target)]) == 0
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


def test_every_command_has_an_example() -> None:
    listed = []
    for module in {command.module for command in COMMANDS.values()}:
        first = next(n for n, command in COMMANDS.items() if command.module == module)
        parser = build_parser(first)
        (added,) = (a for a in parser._actions if hasattr(a, "choices") and a.choices)
        for name, command in added.choices.items():
            assert "example: nightdesk" in command.format_help(), name
            assert COMMANDS[name].module == module, name
            listed.append(name)
    assert sorted(listed) == sorted(COMMANDS)


def test_help_lists_every_command_and_imports_none() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "nightdesk", "--help"],
        env={**os.environ, "PYTHONPATH": str(SHIPPED.parent)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = {line.split()[0]: line for line in told.stdout.splitlines() if line.strip()}
    assert [name for name in COMMANDS if COMMANDS[name].about not in lines[name]] == []
    imported = {line.split("|")[-1].strip() for line in told.stderr.splitlines()}
    heavy = {"pydantic", "numpy", "pyarrow", "duckdb", "nightdesk.pipeline"}
    assert "nightdesk.cli.commands" in imported
    assert not imported & heavy


def test_feed_rows(home: Path) -> None:
    good = {"id": "1", "body_b64": base64.b64encode(FEED.encode()).decode()}
    rows = run_rows(home, ["feed"], [good, {"id": "2", "body_b64": ""}, "{broken"])
    assert [row["status"] for row in rows] == ["ok", "error", "bad_row"]
    assert rows[0]["feed"]["title"] == "Feed"
    assert rows[0]["entries"][0]["link"] == "https://a.example/1"
    assert rows[0]["entries"][0]["published"].startswith("2026-03-01T10:00:00")


def test_fetch_rows(home: Path) -> None:
    with serve(World()) as stand:
        url = f"{stand.base_url}/https/www.harbourledger.example/robots.txt"
        words = ["fetch", "--contact", "desk@newsroom.example"]
        rows = [{"id": "1", "url": url}, {"id": "2", "url": "ftp://x"}, "nonsense"]
        refused = run_rows(home, words, rows)
        allowed = run_rows(home, [*words, "--allow-network", "127.0.0.0/8"], rows)
    by_id = {row["id"]: row for row in refused}
    assert by_id["1"]["outcome"] == "forbidden_address"
    assert by_id["2"]["outcome"] == "bad_url"
    by_id = {row["id"]: row for row in allowed}
    assert (by_id["1"]["outcome"], by_id["1"]["status"]) == ("ok", 200)
    assert set(by_id["1"]) >= {
        "final_url",
        "bytes_wire",
        "bytes_decoded",
        "ms",
        "error",
    }


def test_fetch_wants_a_contact(home: Path, capsys) -> None:
    (home / "in.jsonl").write_text("{}\n")
    files = [str(home / "in.jsonl"), str(home / "out.jsonl")]
    assert main(["fetch", "--jsonl", *files]) == 2
    assert "NIGHTDESK_CONTACT" in capsys.readouterr().err


def test_extract_rows(home: Path) -> None:
    (home / "page.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    url = "https://a.example/1"
    rows = run_rows(
        home,
        ["extract"],
        [
            {"id": "1", "url": url, "page": "page.html.gz"},
            {"id": "2", "url": url, "page": "missing.html"},
        ],
    )
    assert [row["status"] for row in rows] == ["ok", "bad_row"]
    assert rows[0]["text"].split("\n")[0].startswith(STORY[0])
    assert main(["try", str(home / "page.html.gz")]) == 0
    assert set(rows[0]) >= {"title", "date", "author", "published_at", "confidence"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": "\\ud800", "page": "broken.html.gz"}', "broken.html.gz"),
        (b'{"id": "1", "page": "a\\u0000.html"}', "null"),
        (b'{"id": "1", "page": "a\\ud800.html"}', "surrogates"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": "\xff", "page": "page.html"}', "not JSON"),
    ],
    ids=[
        "a corrupt page and an id that no file takes",
        "a path with NUL",
        "a path that is no text",
        "too deep",
        "not UTF-8",
    ],
)
def test_a_bad_row_gets_a_status_and_the_next_one_its_page(
    home: Path, line: bytes, said: str
) -> None:
    (home / "page.html").write_text(PAGE)
    packed = bytearray(gzip.compress(PAGE.encode()))
    packed[12:40] = b"\xff" * 28
    (home / "broken.html.gz").write_bytes(packed)
    source, target = home / "in.jsonl", home / "out.jsonl"
    source.write_bytes(line + b'\n{"id": "2", "page": "page.html"}\n')
    assert main(["extract", "--jsonl", str(source), str(target)]) == 0
    bad, good = map(json.loads, target.read_text("utf-8").splitlines())
    assert (bad["status"], good["status"], good["id"]) == ("bad_row", "ok", "2")
    assert said in bad["error"]


@pytest.mark.parametrize("stage", ["deduplicate", "stories", "tag"])
def test_every_line_gets_its_row_in_its_place(home: Path, stage: str) -> None:
    text = '"text": "Rain fell on the quays of Larkhaven.", "published_at": null'
    source, target = home / "in.jsonl", home / "out.jsonl"
    lines = [f'{{"id": 1, {text}}}', "no JSON", f'{{"id": "line 2", {text}}}', "[]"]
    lines += ["", f'{{"_bad": "x", "id": "row 2", {text}}}', "{}"]
    source.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    assert main([stage, "--jsonl", str(source), str(target)]) == 0
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [1, None, "line 2", None, "row 2", None]
    assert [row.get("line") for row in rows] == [None, 2, None, 4, None, None]
    are_bad = [row["status"] == "bad_row" for row in rows[:5]]
    assert are_bad == [False, True, False, True, False]
    assert rows[5]["status"] != "ok"
    if stage != "tag":
        assert len({row["cluster_id"] for row in rows if row["status"] != "ok"}) == 3


def test_rows_are_never_written_over_their_own_file(home: Path, capsys) -> None:
    source = home / "in.jsonl"
    source.write_text('{"id": "1"}\n')
    (home / "link.jsonl").symlink_to(source)
    for target in (source, home / "link.jsonl"):
        assert main(["tag", "--jsonl", str(source), str(target)]) == 2
        assert "is IN and OUT" in capsys.readouterr().err
    assert source.read_text() == '{"id": "1"}\n'


def test_deduplicate_and_story_rows(home: Path) -> None:
    text = " ".join(STORY)
    rows = [
        {"id": "a", "published_at": "2026-03-01T08:00:00Z", "title": "x", "text": text},
        {"id": "b", "published_at": "2026-03-01T09:00:00Z", "title": "y", "text": text},
        {
            "id": "c",
            "published_at": "2026-03-01T09:00:00Z",
            "title": "z",
            "text": "No.",
        },
    ]
    found = {row["id"]: row for row in run_rows(home, ["deduplicate"], rows)}
    assert (found["b"]["duplicate_of"], found["b"]["kind"]) == ("a", "exact")
    assert found["b"]["cluster_id"] == found["a"]["cluster_id"]
    assert found["c"]["kind"] == "unique"
    stories = {row["id"]: row["story_id"] for row in run_rows(home, ["stories"], rows)}
    assert stories["a"] == stories["b"] != stories["c"]


def test_tag_rows(home: Path) -> None:
    odd = {"id": "\ud800", "title": "\ud800", "text": "\ud800 \U0001f41f Ghana"}
    rows = [odd, {"id": "1", "text": "\n".join(STORY)}]
    said, row = run_rows(home, ["tag"], rows)
    assert (said["id"], said["places"]) == ("\ud800", [[4, 9, "GH"]])
    assert set(row["countries"]) >= {"GH", "TG"}
    assert row["focus"] in ("GH", "TG")
    assert all(len(span) == 3 for span in row["entities"] + row["places"])
    assert isinstance(row["regions"], list)


@pytest.mark.parametrize(
    ("text", "status", "countries"),
    [
        ("Police in Accra said that they had found the boat.", "ok", {"GH"}),
        ("Hamas leaders met in Doha.", "ok", {"QA"}),
        (
            "Polizisten aus Ghana und Togo haben sich am Montag in Accra getroffen, um "
            "über den Fang zu reden, teilte das Ministerium mit. Der Streit ruht.",
            "ok",
            {"GH", "TG"},
        ),
        (
            "پولیس نے کراچی میں پانچ افراد کو گرفتار کر لیا، حکام نے بتایا۔",
            "ok",
            {"PK"},
        ),
        (
            "Policja w Warszawie zatrzymała dwóch mężczyzn podejrzanych o kradzież "
            "samochodów, poinformował w poniedziałek rzecznik komendy.",
            "untagged_language",
            set(),
        ),
    ],
    ids=["english", "few words", "german", "urdu", "polish"],
)
def test_the_language_of_a_row_is_told_by_its_text(
    home: Path, text: str, status: str, countries: set[str]
) -> None:
    (row,) = run_rows(home, ["tag"], [{"id": 1, "text": text}])
    assert (row["status"], set(row["countries"])) == (status, countries)


def test_try_shows_what_each_step_made_of_a_page(home: Path, capsys) -> None:
    (home / "page.html").write_text(PAGE)
    assert main(["try", str(home / "page.html")]) == 0
    out = capsys.readouterr().out
    assert "title      Ghana and Togo share their fish" in out
    assert re.search(r"country\s+GH", out)
    assert "= " in out
    assert "TRAFILATURA ALONE" in out
    assert main(["try", str(home / "nothing.html")]) == 2


@pytest.mark.parametrize("width", ["1", "60", "120"])
@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("pages/repeated_run", ("[headline]", "[repeats paragraph 2]")),
        ("languages/zh", ("[furniture]", "dateline")),
        ("languages/ar", ("ar", "0 repeats")),
        ("junk/cookie_wall_french", ("rejected: cookie_wall",)),
        ("pages/pdf_bytes", ("rejected: wrong_type",)),
    ],
)
def test_try_says_why_in_a_terminal_of_any_width(
    page: str, told: tuple[str, ...], width: str, capsys, monkeypatch, shipped_gazetteer
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    # Read once for all widths and pages.
    monkeypatch.setattr(attempt, "load_gazetteer", lambda *_: shipped_gazetteer)
    main(["try", str(Path(__file__).parent / "data" / f"{page}.html")])
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert all(measure(line) <= max(int(width), 31) for line in lines)
    folded = " ".join(out.split()) if width == "120" else ""
    assert all(word in folded for word in told) or width != "120"


@pytest.mark.parametrize("words", ["warehouse hash", "warehouse compact", "publish"])
@pytest.mark.parametrize("uri", ["{}/x/w.duckdb", "ducklake:{}/x/lk.ducklake"])
def test_no_warehouse_is_made_for_who_wants_to_look_into_it(
    home: Path, capsys, monkeypatch, uri: str, words: str
) -> None:
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", uri.format(home))
    assert main(words.split()) == 1
    said = capsys.readouterr().err
    assert f"no warehouse at {uri.removeprefix('ducklake:').format(home)}: " in said
    assert "nothing has been loaded yet, or the address is wrong" in said
    assert not (home / "x").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("doctor --quiet", (0, 2)),
        ("maintain sweep compact", (0, 1)),
        ("upgrade --backup {}/b-{}.tar.zst", (0, 1)),
        ("takedown https://alpha.example/p --why asked --who ama", (1, 1)),
    ],
)
def test_only_a_load_makes_a_warehouse(
    home: Path, capsys, monkeypatch, words: str, codes: tuple[int, int]
) -> None:
    """A new desk has none yet; one that has loaded nights has a wrong address."""
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", str(home / "x/w.duckdb"))
    monkeypatch.setenv("NIGHTDESK_PORT", "0")
    note = {"loaded_at": "2026-03-06T01:00:00+00:00"}
    for n, code in enumerate(codes):
        assert main(words.format(home, n).split()) == code
        told = capsys.readouterr()
        assert ("no warehouse at" in told.out + told.err) == (n == 1 or code == 1)
        assert not (home / "x").exists()
        Landing(home / "data/landing").write_json("built/night=2026-03-05.json", note)


@pytest.mark.parametrize("has_loads", [False, True])
def test_a_missing_warehouse_is_verified_and_not_made(
    home: Path, capsys, monkeypatch, has_loads: bool
) -> None:
    monkeypatch.setenv("NIGHTDESK_WAREHOUSE", str(home / "x/w.duckdb"))
    if has_loads:
        note = {"loaded_at": "2026-03-06T01:00:00+00:00"}
        Landing(home / "data/landing").write_json("built/night=2026-03-05.json", note)
    assert main(["warehouse", "verify", "--json"]) == has_loads
    found = json.loads(capsys.readouterr().out)
    want = ["warehouse", "warehouse, night 2026-03-05"]
    assert [row["file"] for row in found] == (want if has_loads else [])
    assert not (home / "x").exists()


def test_verify_names_decisions_that_cannot_be_read(home: Path, capsys) -> None:
    folder = home / "data/decisions"
    folder.mkdir(parents=True)
    said = {"who": "ama", "at": "2026-03-06T08:00:00Z", "why": "so"}
    rows = [
        {"kind": "story_split", "articles": 7, **said},
        {"kind": "same_entity", "old_id": 7, "id": "Q1", **said},
        {"kind": "date", "article": 1},
    ]
    lines = [*map(json.dumps, rows), '{"kind": "takedown", "art', "{"]
    (folder / "texts.jsonl").write_text("\n".join(lines))
    assert main(["warehouse", "verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {row["file"] for row in found} == {"texts.jsonl"}
    numbers = sorted(row["problem"].partition(": ")[0] for row in found)
    assert numbers == [f"line {n}" for n in range(1, 6)]
    assert "takedown URL" in found[0]["do"]  # of line 4, before the others
    assert all("leave it out" in row["do"] for row in found[1:])


@pytest.mark.slow
def test_a_whole_night_and_what_people_ask_about_it(home: Path, capsys) -> None:
    assert main(["gaps"]) == 1  # nothing has been published yet
    assert main(["run"]) == 0
    out = capsys.readouterr().out
    assert "seen = loaded + duplicate + rejected + failed + pending" in out
    assert "missing    fjord-examiner: failed, not_found" in out
    brief = Path(re.search(r"brief +(\S+)", out)[1])
    assert "<svg" in brief.read_text("utf-8")
    assert main(["accounting"]) == 0
    assert main(["gaps"]) == 0
    out = capsys.readouterr().out
    assert "fjord-examiner" in out
    assert "nightdesk run --night" in out
    assert main(["warehouse", "hash", "--json"]) == 0
    assert "article" in json.loads(capsys.readouterr().out)
    assert main(["brief", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    for form in ("md", "json"):
        assert main(["brief", "--format", form]) == 0
        written = brief.with_name(f"brief.{form}").read_text("utf-8")
        assert capsys.readouterr().out == written
    check_documented_queries(home)
    assert main(["run", "--night", "2999-01-01"]) == 2  # still to come
    assert main(["brief", "--night", "2001-01-01"]) == 1  # never loaded
    capsys.readouterr()
    assert main(["deduplicate"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["n"] > 0


def check_documented_queries(home: Path) -> None:
    """Every query of docs/warehouse.md answers, from a file without its parts."""
    alone = home / "alone" / "nightdesk.duckdb"
    alone.parent.mkdir()
    assert main(["warehouse", "export", str(alone)]) == 0
    page = (Path(__file__).parents[1] / "docs" / "warehouse.md").read_text("utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(queries) >= 5
    with duckdb.connect(str(alone), read_only=True) as con:
        for query in queries:
            rows = con.execute(query).fetchall()
            # On a first night nothing is unusual, and no story need be big.
            assert rows or re.search("FROM (unusual|missed_stories)", query), query


@pytest.mark.slow
def test_sample_and_real_news_are_kept_apart(home: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTDESK_NEWSSTAND_ARTICLES", "60")
    assert main(["run"]) == 0
    assert main(["sources", "starter"]) == 0
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@newsroom.example")
    assert main(["run", "--offline"]) == 2
    assert "nightdesk newsstand --clear" in capsys.readouterr().err
    assert main(["newsstand", "--clear"]) == 0
    assert not (home / "data" / "landing").exists()
    assert (home / "data" / "config" / "sources.yaml").exists()
    assert main(["newsstand", "--clear"]) == 2  # nothing of the sample is left


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (["run", "--sources", "nowhere"], "'nowhere' is neither a source nor a tag"),
        (["run", "--night", "2026-03-05", "--until", "2026-03-01"], "is before"),
        (["sources", "validate", "/nowhere.yaml"], "cannot be read"),
        (["feed", "--jsonl", "/nowhere", "-"], "/nowhere"),
        (["learn", "boilerplate", "--nights", "0"], "allowed: 1 to 3650"),
        (["learn", "boilerplate", "--nights", "-3"], "allowed: 1 to 3650"),
        (["learn", "boilerplate", "--nights", "99999999"], "allowed: 1 to 3650"),
        (["newsstand", "--plays", "nobody=lies"], "nobody: no such source"),
        (["newsstand", "--plays", "harbour-ledger=sings"], "sings: none of lies"),
    ],
    ids=[
        "an unknown source",
        "a range backwards",
        "a missing file",
        "no input",
        "no nights",
        "nights below none",
        "nights before the calendar",
        "nobody plays",
        "an unknown play",
    ],
)
def test_wrong_usage_is_exit_code_2(words: list[str], want: str, capsys) -> None:
    assert main(words) == 2
    assert want in capsys.readouterr().err


@pytest.mark.slow
def test_the_starter_list_is_put_where_the_user_says_so(home: Path, capsys) -> None:
    assert main(["sources", "starter"]) == 0
    hint, *_ = sources_path(load_settings()).read_text("utf-8").splitlines()
    assert hint.endswith((SHIPPED / "sources.schema.json").as_uri())
    capsys.readouterr()
    assert main(["sources", "validate"]) == 0
    assert "warning    NIGHTDESK_CONTACT is not set" in capsys.readouterr().out
    assert main(["sources", "starter"]) == 2  # never over a file of the user's
    assert main(["newsstand", "--wanted"]) == 3
    assert main(["run"]) == 2  # real sources want a contact, before any work
    assert not (home / "data" / "landing").exists()
    assert "NIGHTDESK_CONTACT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "n_pending", "source_id", "gap"),
    [
        ("ok", 0, "hill", None),
        ("ok", 2, "hill", True),
        ("failed", 0, "hill", True),
        ("not_collected", 0, "hill", True),
        ("no_coverage", 0, "hill", False),
        ("failed", 0, "gone", False),
    ],
    ids=[
        "a source that was read",
        "pages that were not had",
        "a source that failed",
        "a source that nobody asked",
        "a source without a past",
        "a source that is not watched any more",
    ],
)
def test_gaps_are_those_of_the_sources_of_the_night(
    status: str, n_pending: int, source_id: str, gap: bool | None
) -> None:
    night = date(2026, 3, 1)
    row = {"night": night, "source_id": source_id, "status": status, "reason": None}
    read = {**row, "source_id": "bay", "status": "ok", "n_pending": 0}
    rows = [read, {**row, "n_pending": n_pending}]
    gaps = find_gaps(rows, ["hill", "added-later"], night, night)
    assert [(g["source"], g["can_close"]) for g in gaps] == (
        [] if gap is None else [(source_id, gap)]
    )


@pytest.mark.parametrize(
    ("looks", "gap"),
    [
        ({}, "not_loaded"),
        ({"hill": "not_collected"}, "not_collected"),
        ({"by-hand": "ok", "hill": "not_collected"}, "not_collected"),
        ({"by-hand": "ok"}, "not_collected"),
        ({"hill": "no_coverage"}, None),
    ],
    ids=[
        "a night that is not loaded",
        "a night that holds what a correction gave it",
        "a night with a page that was brought in by hand, too",
        "nothing but that page",
        "a night that was asked for",
    ],
)
def test_a_night_that_nobody_asked_for_is_missing_as_a_whole(
    looks: dict[str, str], gap: str | None
) -> None:
    night = date(2026, 3, 1)
    rows = [
        {"night": night, "source_id": i, "status": s, "reason": None, "n_pending": 0}
        for i, s in looks.items()
    ]
    found = find_gaps(rows, ["hill", "bay"], night, night)
    whole = [(g["source"], g["status"], g["can_close"]) for g in found if g["is_whole"]]
    assert whole == ([("all 2", gap, True)] if gap else [])


@pytest.mark.slow
def test_doctor_names_problem_and_cure(home: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("NIGHTDESK_PORT", "0")
    assert main(["doctor"]) == 0
    assert "good     landing" in capsys.readouterr().out
    (home / "file").write_text("in the way")
    monkeypatch.setenv("NIGHTDESK_LANDING", str(home / "file" / "landing"))
    assert main(["doctor", "--quiet"]) == 2
    assert "problem  landing" in capsys.readouterr().err


def test_a_source_that_is_missing_without_a_reason_says_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = dict.fromkeys(("n_seen", *(f"n_{name}" for name in BINS)), 0)
    rows = [
        {"source_id": "s24", "status": "not_collected", "reason": None, **counts},
        {"source_id": "s25", "status": "failed", "reason": "timeout", **counts},
    ]
    monkeypatch.setattr(accounts, "open_catalogue", lambda _: nullcontext())
    monkeypatch.setattr(accounts, "read_coverage", lambda *_: rows)
    settings = load_settings({"NIGHTDESK_DATA": str(tmp_path)})
    assert accounts.say_accounts(settings, date(2026, 3, 1)) == 0
    told = capsys.readouterr().out
    assert "missing    s24: not_collected\n" in told
    assert "missing    s25: failed, timeout\n" in told
    assert "None" not in told
