"""Nothing that a server does hangs, floods, misleads or lures the fetcher.

The cases and what is expected of them are data beside the checkout; how the server
behaves in each is `hostile_server`. One case of every class runs without the data.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines import connect_to, name_warehouse
from hostile_certificates import make_contexts
from hostile_client import Job, name_result, run_job
from hostile_server import list_pages, open_canary
from httpworld import World, reply
from nightworld import write_feed, write_item, write_page

from nightdesk.config import Settings
from nightdesk.fetch import Limits
from nightdesk.pipeline import Job as Run
from nightdesk.pipeline import plan_run, run_night
from nightdesk.pipeline.job import utc_now
from nightdesk.warehouse.connect import open_warehouse

#: Cases that are fetched more than once; True: without the validators learned.
FETCHES = {
    "etaglie": [True, False],
    "etagcrlf": [True, False],
    "cookieflood": [True, True],
    "etag_stuck": [True, False, True],
    "feed_shrinks": [True, True],
    "guid_reuse": [True, True],
    "304body": [True, True],
}
WAITS = {
    "dribblebody", "dribblehead", "nohead", "cont100", "trailers", "dns_slow",
    "run_dead_host", "crash_mid", "all",
}  # fmt: skip
PRIVATE = [["127.0.0.1"]]
NAMES: dict[str, Any] = {
    "localhost": PRIVATE,
    "2130706433": PRIVATE,
    "0x7f000001": PRIVATE,
    "0177.0.0.1": PRIVATE,
    "0": [["0.0.0.0"]],  # noqa: S104  to be refused, never bound
    "rebind.example": [["127.0.0.2"], ["127.0.0.1"]],
    "dns_nx.example": "unknown",
    "dns_slow.example": "slow",
    "dns_mixed.example": [["127.0.0.2", "127.0.0.1"]],
}
#: Cases whose last fetch is the one that is judged.
LAST = {"feed_shrinks"}
#: What the fetch of a case that is about the whole run ends with by itself.
OWN = {"run_dead_host": "deadline"}


@dataclass
class Hostile:
    """The hostile servers while they run."""

    world: World
    canary: World
    tls_ports: dict[str, int]
    ca_file: Path

    def make_job(self, name: str) -> Job:
        job = {"id": name, "url": self.url(name), "names": NAMES, "ca_file": None}
        if name in self.tls_ports:
            job["ca_file"] = str(self.ca_file)
        job["fetches"] = FETCHES.get(name, [True])
        job["waits"] = name in WAITS
        job["kills_first"] = name == "crash_mid"
        return job

    def url(self, name: str) -> str:
        if name in self.tls_ports:
            return f"https://{name}.example:{self.tls_ports[name]}/ok"
        hosts = {"idn": "bücher.example", "idn_bad": f"{'a' * 64}.example"}
        host = hosts.get(name, f"{name}.example")
        return f"http://{host}:{self.world.port}/{name}"


@contextlib.contextmanager
def open_hostile(folder: Path) -> Iterator[Hostile]:
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(World())
        world.pages |= list_pages(world.port)
        canary = stack.enter_context(open_canary(world))
        ports = {}
        for name, context in make_contexts(folder).items():
            pages = {"/ok": world.pages["/ok"]}
            server = stack.enter_context(World(tls=context, pages=pages))
            ports[name] = server.port
        yield Hostile(world, canary, ports, folder / "ca.pem")


def run_jobs(jobs: list[Job]) -> dict[str, Job]:
    root = Path(__file__).parents[2]
    paths = [root / "include", root / "tests", root / "tests" / "hostile"]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("hostile_client.py"))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        input="".join(json.dumps(job) + "\n" for job in jobs),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["id"]: result for result in results}


def judge(case: Job, rows: list[Job]) -> str | None:
    """Why rows are not what is expected of a case; None: they are."""
    expect, row = case["expect"], rows[-1 if case["id"] in LAST else 0]
    wanted = set(OWN.get(case["id"], expect["outcome"]).split(" or "))
    entries = expect["entries"]
    if isinstance(entries, str):  # "1 or parse_error"
        number, _, other = entries.partition(" or ")
        entries = None if row["no_feed"] else int(number)
        wanted |= {other}
    if case["id"] in LAST and len(rows) == 1:  # fetched once, with all the others
        wanted |= {"ok"}
    if not wanted & name_result(row):
        return f"{sorted(name_result(row))} instead of {sorted(wanted)}: {row}"
    if entries is not None and row["entries"] != entries:
        return f"{row['entries']} entries instead of {entries}: {row}"
    if any("\ufffd" in title for title in row["titles"]) and case["id"] != "ctrl":
        return f"damaged titles: {row['titles']}"
    return None


@pytest.mark.shared
@pytest.mark.slow
def test_every_hostile_case_ends_as_it_should(shared: Path, tmp_path: Path) -> None:
    lines = (shared / "data/feeds/hostile_cases.jsonl").read_text("utf-8").splitlines()
    cases = {case["id"]: case for case in map(json.loads, lines)}
    assert len(cases) == 107
    began = time.monotonic()
    with open_hostile(tmp_path) as hostile, contextlib.ExitStack() as stack:
        (tmp_path / "all").mkdir()
        other = stack.enter_context(open_hostile(tmp_path / "all"))
        everything = {
            "id": "all",
            "waits": True,
            "jobs": [other.make_job(name) for name in cases],
        }
        jobs = [hostile.make_job(name) for name in [*cases, "tls_ok"]]
        results = run_jobs([everything, *jobs])
        canary_hits = [*hostile.canary.seen, *other.canary.seen]
        cookies = [seen for seen in hostile.world.seen if "cookie" in seen.headers]
    assert canary_hits == []
    assert cookies == []
    wrong = [f"{name}: no result" for name in cases if name not in results]
    for name, case in cases.items():
        result = results[name]
        alone = judge(case, result["rows"])
        wrong += [f"{name}, alone: {alone}"] if alone else []
        if result["seconds"] > case["expect"]["max_seconds"]:
            wrong.append(f"{name}: {result['seconds']:.1f} s")
        if result["rss_mb"] > case["expect"]["max_rss_mb"]:
            wrong.append(f"{name}: +{result['rss_mb']:.0f} MB")
        together = judge(case, [results["all"]["rows"][name]])
        wrong += [f"{name}, together: {together}"] if together else []
    wrong += list_wrong_details(results)
    assert wrong == [], "\n".join(wrong)
    assert time.monotonic() - began < 90


def list_wrong_details(results: dict[str, Job]) -> list[str]:
    """What the list says in words: states, waits, and what must not leak."""
    rows = {name: result["rows"] for name, result in results.items()}
    hostname = Path("/etc/hostname").read_text().strip()
    bodies = [rows["etag_stuck"][n]["digest"] for n in (0, 2)]
    outcomes = {name: [r["outcome"] for r in rows[name]] for name in FETCHES}
    waits = {n: rows[n][0]["retry_after_s"] for n in ("429", "429date", "429bad")}
    facts = {
        "a good certificate passes": rows["tls_ok"][0]["outcome"] == "ok",
        "429: kept": waits == {"429": 7200, "429date": 86_400, "429bad": None},
        "503ra: kept": rows["503ra"][0]["retry_after_s"] == 86_400,
        "charsetlie: read": rows["charsetlie"][0]["titles"] == ["Статья дня"],
        "xxe: not read": hostname not in rows["xxe"][0]["titles"][0],
        "evilid: not fetched": rows["evilid"][0]["inside"] == ["forbidden_address"],
        "etag_stuck": outcomes["etag_stuck"] == ["ok", "not_modified", "ok"],
        "etag_stuck: the digest says so": None not in bodies and len(set(bodies)) == 2,
        "etagcrlf: the next one works": outcomes["etagcrlf"] == ["ok", "ok"],
        "304body: so does its": outcomes["304body"] == ["not_modified"] * 2,
        "feed_shrinks": [r["entries"] for r in rows["feed_shrinks"]] == [100, 0],
        "guid_reuse": rows["guid_reuse"][0]["titles"]
        != rows["guid_reuse"][1]["titles"],
        "guid_dupes": len(set(rows["guid_dupes"][0]["links"])) == 2,
        "future_date: kept": "2041" in rows["future_date"][0]["dates"][0],
    }
    return [fact for fact, holds in facts.items() if not holds]


def make_run(hostile: Hostile, names: list[str], folder: Path) -> Run:
    """A desk whose sources are the hostile hosts, and an honest one among them."""
    mirrors, rows = {}, []
    for name in [*names, "honest"]:
        host = f"{name.replace('_', '-')}.example"
        port = hostile.tls_ports.get(name)
        scheme = "https" if port else "http"
        here = f"{scheme}://{hostile.world.address}:{port or hostile.world.port}"
        mirrors[f"{scheme}://{host}/"] = f"{here}/"
        url = f"{scheme}://{host}/{'ok' if port else name}"
        source_id = name.replace("_", "-")
        rows.append({"id": source_id, "name": name, "kind": "rss", "url": url})
    (folder / "config").mkdir(parents=True)
    listed = yaml.safe_dump({"sources": [{**row, "gap_s": 0} for row in rows]})
    (folder / "config" / "sources.yaml").write_text(listed)
    settings = Settings(
        data=folder,
        landing=str(folder / "landing"),
        warehouse=name_warehouse(folder / "warehouse.duckdb"),
        contact="desk@newsroom.example",
        mirrors=mirrors,
    )
    return Run(settings, "test")


@pytest.mark.shared
@pytest.mark.slow
def test_a_night_of_hostile_sources_loses_nothing(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (shared / "data/feeds/hostile_cases.jsonl").read_text("utf-8").splitlines()
    cases = {case["id"]: case for case in map(json.loads, lines)}
    at = utc_now()
    night = at.date() - timedelta(days=1)
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)  # no real DNS
    with open_hostile(tmp_path) as hostile:
        run = make_run(hostile, list(cases), tmp_path / "data")
        item = write_item("A quiet day", "http://honest.example/1", at - timedelta(1))
        hostile.world.pages["/honest"] = write_feed(item)
        hostile.world.pages["/1"] = reply(write_page("A quiet day"))
        plan = plan_run(run, night)
        together = [id_ for batch in plan["batches"] for id_ in batch]
        connect = connect_to(run.settings.warehouse)
        run_night(run, {**plan, "batches": [together]}, connect)
        canary_hits = list(hostile.canary.seen)
    assert canary_hits == []
    with open_warehouse(connect) as con:
        rows = con.execute(
            "SELECT c.source_id, c.status, c.n_seen, c.n_loaded, count(e.url), "
            "c.n_loaded + c.n_duplicate + c.n_rejected + c.n_failed + c.n_pending "
            "FROM coverage c LEFT JOIN entry e USING (night, source_id) "
            "WHERE c.night = $night GROUP BY ALL ORDER BY ALL",
            {"night": night},
        ).fetchall()
    assert [row[0] for row in rows] == sorted(s.id for s in run.load_sources().enabled)
    assert [row for row in rows if not row[2] == row[4] == row[5]] == []
    statuses = {row[0]: row[1] for row in rows}
    loaded = {row[0]: row[3] for row in rows if row[3]}
    assert loaded == {"honest": 1}
    wanted = {
        name: OWN.get(name, case["expect"]["outcome"]) for name, case in cases.items()
    }
    del wanted["robots500"]  # its server goes by a name that a mirror does not have
    ok = ("ok", "not_modified")
    unlike = {}
    for name, outcome in wanted.items():
        status = statuses[name.replace("_", "-")]
        if (status == "ok") not in {w.startswith(ok) for w in outcome.split(" or ")}:
            unlike[name] = (outcome, status)
    assert unlike == {}


LIMITS = Limits(feed_s=1.0, page_s=1.0, connect_s=0.5)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with open_hostile(tmp_path_factory.mktemp("tls")) as hostile:
        yield hostile


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        pytest.param("gzbomb1g", "too_large", id="bomb"),
        pytest.param("attrbomb", "parse_error", id="xml"),
        pytest.param("jsondeep", "parse_error", id="json"),
        pytest.param("dribblehead", "deadline", id="slow"),
        pytest.param("chunkbad", "bad_http", id="framing"),
        pytest.param("304body", "not_modified", id="status"),
        pytest.param("endless", "too_many_redirects", id="redirect"),
        pytest.param("ssrfrebind", "blocked_address", id="forged address"),
        pytest.param("charsetlie", "ok", id="charset"),
        pytest.param("cookieflood", "ok", id="content"),
        pytest.param("tls_expired", "tls", id="TLS"),
        pytest.param("dns_slow", "deadline", id="DNS"),
        pytest.param("etag_stuck", "ok", id="state"),
    ],
)
def test_one_case_of_every_class(hostile: Hostile, name: str, outcome: str) -> None:
    began = time.monotonic()
    result = run_job(hostile.make_job(name), LIMITS)
    assert outcome in name_result(result["rows"][0]), result
    assert time.monotonic() - began < 8
    assert hostile.canary.seen == []
