"""backfill plan: what is where, what it costs, and the three ways to do it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from pastworld import BY_ID, NIGHT, ONE_DAY, Desk, open_desk

from nightdesk.__main__ import main
from nightdesk.cli.backfill import find_port
from nightdesk.errors import ConfigError
from nightdesk.pipeline import plan_run
from nightdesk.pipeline.backfill_plan import ALL, Offer, plan_backfill

NIGHTS = [NIGHT, NIGHT + ONE_DAY]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def plan(desk: Desk, *, ask: bool = False) -> dict[tuple[str, str, str], Offer]:
    job = desk.job()
    offers, asked = plan_backfill(job, NIGHTS, job.load_sources().enabled, ask=ask)
    dirt = ": bad_status=1 bad_timestamp=1 short_row=1"  # the newsstand's index has it
    assert asked is None or all(row.endswith(dirt) for row in asked.problems)
    return {(str(o.night), o.source_id, o.place): o for o in offers}


def test_a_plan_asks_nobody_unless_told_to(desk: Desk) -> None:
    desk.watch(**{"gulf-meridian": {}, "deichbote": {}})
    desk.turn_on("wayback", "ccnews")
    offers = plan(desk)
    assert len(desk.stand.log) == 0
    crawl = [offers[str(night), ALL, "ccnews"] for night in NIGHTS]
    assert [offer.n_bytes // 10**9 for offer in crawl] == [50, 17]  # they share files
    plan(desk, ask=True)
    asked = [(seen.host, seen.path.partition("?")[0]) for seen in desk.stand.log]
    assert sorted(asked) == [
        ("data.commoncrawl.org", "/crawl-data/CC-NEWS/2026/03/warc.paths.gz"),
        ("web.archive.org", "/cdx/search/cdx"),
        ("web.archive.org", "/cdx/search/cdx"),
    ]


def test_what_archives_say_is_in_the_plan(desk: Desk) -> None:
    desk.watch(**{"deichbote": {}})
    desk.turn_on("wayback", "ccnews")
    offers = plan(desk, ask=True)
    assert offers[str(NIGHT), ALL, "ccnews"].what == "10 files, 0 of them indexed"
    captures = offers[str(NIGHT), "deichbote", "wayback"]
    assert captures.what == "12 captures of its feed"


def test_what_was_read_costs_nothing_more(desk: Desk) -> None:
    past_url = f'"{BY_ID["deichbote"].past_url}"'
    desk.watch(**{"gulf-meridian": {}, "deichbote": {"past_url": past_url}})
    desk.turn_on("ccnews", "gdelt_gal")
    before = plan(desk)
    desk.collect(["gulf-meridian", "deichbote"])
    after = plan(desk)
    key = str(NIGHT)
    assert after[key, "deichbote", "archive"].what == "read before"
    assert (key, "deichbote", "dated_sitemap") not in after
    for place in ("ccnews", "gdelt_gal"):
        assert before[key, ALL, place].n_bytes > 0
    assert after[key, ALL, "gdelt_gal"].n_requests == 0
    assert "the feed reaches back" in after[key, "gulf-meridian", "feed_pages"].what


def test_the_plan_prints_ways_that_can_be_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.watch(**{"gulf-meridian": {}, "deichbote": {}})
    monkeypatch.setenv("NIGHTDESK_DATA", str(desk.folder))
    first, last = str(NIGHTS[0]), str(NIGHTS[1])
    words = ["backfill", "plan", "--from", first, "--to", last]
    assert main([*words, "--sources", "deichbote"]) == 0
    said = capsys.readouterr().out
    line = next(li for li in said.splitlines() if li.strip().startswith("-d"))
    (_, body) = shlex.split(line)
    wanted = json.loads(body)
    assert wanted["dag_run_conf"] == {"sources": ["deichbote"]}
    assert wanted["from_date"] == f"{first}T00:00:00Z"
    command = f"nightdesk run --night {first} --until {last} --sources deichbote"
    assert command in said
    assert f"From {first} 00:00, To {last} 00:00" in said
    assert "Override parameters on existing runs" in said
    assert "Run Parameters, Sources: deichbote" in said
    assert "Turned off: wayback: 6 requests" in said
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["source_id"] for row in rows} == {"gulf-meridian", "deichbote", ALL}


def test_the_plan_promises_no_more_than_the_caps(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.watch(**{"deichbote": {}})
    (desk.folder / "config" / "past.yaml").write_text(
        "past: {wayback: {enabled: true, most_requests: 9, most_s: 60}}\n"
    )
    monkeypatch.setenv("NIGHTDESK_DATA", str(desk.folder))
    night = str(NIGHT)
    assert main(["backfill", "plan", "--from", night, "--to", night]) == 0
    said = capsys.readouterr().out
    assert "In all, about: wayback: 3 requests" in said
    assert "at the most" not in said
    caps = [li for li in said.splitlines() if li.startswith("Cap of a task: ")]
    assert caps == [
        "Cap of a task: feed_pages: 500 requests, 500.0 MB, 1800 seconds",
        "Cap of a task: dated_sitemap: 500 requests, 2.0 GB, 1800 seconds",
        "Cap of a task: wayback: 9 requests, 1.0 GB, 60 seconds",
    ]


def test_nights_with_one_answer_are_one_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    past_url = f'"{BY_ID["deichbote"].past_url}"'
    desk.watch(
        **{"gulf-meridian": {}, "deichbote": {"past_url": past_url}, "lagoon-post": {}}
    )
    desk.turn_on("gdelt_gal")
    desk.collect(["deichbote"])
    monkeypatch.setenv("NIGHTDESK_DATA", str(desk.folder))
    days = [str(NIGHT + n * ONE_DAY) for n in range(10)]
    assert main(["backfill", "plan", "--from", days[0], "--to", days[-1]]) == 0
    table = capsys.readouterr().out.partition("\n\n")[0].splitlines()[1:]
    rows = [re.split(r"  +", line) for line in table]
    assert [(row[0], row[1]) for row in rows] == [
        ("deichbote", days[0]),  # which was read before
        ("deichbote", f"{days[1]} to {days[-1]}"),
        ("gulf-meridian", f"{days[0]} to {days[-1]}"),
        ("lagoon-post", f"{days[0]} to {days[-1]}"),
        ("all", f"{days[0]} to {days[-1]}"),
    ]


@pytest.mark.parametrize(
    ("note", "environ", "port"),
    [
        ('{"pid": 7, "port": 41183}', {"NIGHTDESK_PORT": "9000"}, "41183"),
        ('{"pid": 7, "port": null}', {"NIGHTDESK_PORT": "9000"}, "9000"),
        ("{", {}, "8080"),
        (None, {}, "8080"),
    ],
    ids=[
        "that of the Airflow which runs",
        "that of the next start, while it starts",
        "the usual one, beside a damaged note",
        "the usual one where nothing runs",
    ],
)
def test_the_port_is_that_of_airflow(
    tmp_path: Path, note: str | None, environ: dict[str, str], port: str
) -> None:
    if note is not None:
        (tmp_path / "launcher.json").write_text(note)
    assert find_port(tmp_path, environ) == port


def test_a_wrong_past_file_ends_a_run_before_its_first_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.watch(**{"deichbote": {}})
    (desk.folder / "config" / "past.yaml").write_text("past: {pigeon: {}}\n")
    with pytest.raises(ConfigError, match=r"past\.yaml:1: past\.pigeon"):
        plan_run(desk.job(), NIGHT)
    monkeypatch.setenv("NIGHTDESK_DATA", str(desk.folder))
    assert main(["doctor"]) == 2
    assert "past.pigeon" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "sources"),
    [
        (["deichbote"], ["deichbote"]),
        ([" deichbote ", ""], ["deichbote"]),
        ([""], ["deichbote", "gulf-meridian"]),
        (None, ["deichbote", "gulf-meridian"]),
    ],
    ids=["one", "one, and an empty line", "an empty line", "a field that was emptied"],
)
def test_a_run_collects_what_was_written_into_the_form(
    desk: Desk, asked: list[str] | None, sources: list[str]
) -> None:
    desk.watch(**{"gulf-meridian": {}, "deichbote": {}})
    planned = plan_run(desk.job(), NIGHT, asked)["batches"]
    assert sorted(key for batch in planned for key in batch) == sources


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [("2026-03-02", "2026-03-01", "before --from"), ("2026-03-01", "2999-01-01", "still"
      " to come")],
    ids=["backwards", "a night that has not been"],
)  # fmt: skip
def test_a_wrong_range_is_named(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    first: str,
    last: str,
    words: str,
) -> None:
    desk.watch(**{"deichbote": {}})
    monkeypatch.setenv("NIGHTDESK_DATA", str(desk.folder))
    assert main(["backfill", "plan", "--from", first, "--to", last]) == 2
    assert words in capsys.readouterr().err
