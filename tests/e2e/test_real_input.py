"""Real pages under their real addresses through the real nightly DAG, by mirrors."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from desk import ROOT, Desk, wait_for

LAST = (datetime.now(UTC) - timedelta(days=1)).date()
STATED = f"{LAST:%a, %d %b %Y} 11:00:00 GMT"
SEED = "https://story.example/talks-in-istanbul.txt"
N_FEEDS = 4

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(2000),
]


def read_gold(shared: Path) -> list[dict]:
    text = (shared / "data/extraction/gold.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def write_world(folder: Path, shared: Path) -> None:
    """Lay out pages and the feeds that list them, as the newsstand serves a folder."""
    data = shared / "data"
    rows = [
        {"url": g["url"], "file": str(data / "extraction/pages" / f"{g['id']}.html.gz")}
        for g in read_gold(shared)
        if g["url"].startswith(("http://", "https://"))  # one is no address at all
    ]
    story = next((data / "seed").glob("*.txt"))
    rows.append({"url": SEED, "file": str(story), "content_type": "text/plain"})
    feeds = defaultdict(list)
    for n, row in enumerate(rows):
        feeds[n % N_FEEDS].append(row["url"])
    with (folder / "index.jsonl").open("w") as index:
        for n, urls in feeds.items():
            (folder / f"feed-{n}.xml").write_text(write_feed(urls), "utf-8")
            feed = {"url": f"https://list{n}.example/feed.xml", "file": f"feed-{n}.xml"}
            rows.append(feed | {"content_type": "application/rss+xml"})
        for row in rows:
            file = Path(row["file"])
            if file.is_absolute():
                (folder / file.name).write_bytes(file.read_bytes())
                row["file"] = file.name
            row.setdefault("content_type", "text/html")
            index.write(json.dumps(row) + "\n")


def write_feed(urls: list[str]) -> str:
    items = "".join(
        f"<item><title>t</title><link>{html.escape(url)}</link>"
        f"<pubDate>{STATED}</pubDate></item>"
        for url in urls
    )
    return f'<rss version="2.0"><channel><title>List</title>{items}</channel></rss>'


def write_sources(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = "".join(
        f"  - id: list-{n}\n    name: List {n}\n    kind: rss\n    gap_s: 0\n"
        "    tdm: licensed\n"
        f"    url: https://list{n}.example/feed.xml\n"
        for n in range(N_FEEDS)
    )
    (folder / "sources.yaml").write_text(f"sources:\n{rows}")


@contextmanager
def newsstand(folder: Path) -> Iterator[Path]:
    """Serve a folder of pages; yield the mirrors file."""
    mirrors = folder / "mirrors.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "nightdesk", "newsstand", "--port", "0"]
        + ["--folder", str(folder), "--mirrors-file", str(mirrors)],
        env={"PYTHONPATH": str(ROOT / "include"), "PATH": "/usr/bin:/bin"},
    )
    try:
        wait_for(mirrors.exists, 60)
        yield mirrors
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_real_pages_and_the_story_go_through_the_nightly_dag(
    shared: Path, tmp_path: Path
) -> None:
    desk, folder = Desk(tmp_path), tmp_path / "world"
    folder.mkdir()
    write_world(folder, shared)
    write_sources(desk.data / "config")
    with newsstand(folder) as mirrors:
        done = desk.launch(
            "night",
            "--port",
            "0",
            NIGHTDESK_MIRRORS=str(mirrors),
            NIGHTDESK_CONTACT="desk@newsroom.example",
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    texts = read_warehouse(desk)
    check_story(desk, texts)
    full = [g["id"] for g in read_gold(shared) if g.get("text")]
    predicted = {name.removesuffix(".html.gz"): text for name, text in texts.items()}
    assert len([i for i in full if predicted.get(i)]) >= 0.98 * len(full)
    pred = tmp_path / "pred.jsonl"
    with pred.open("w") as sink:
        for name, text in predicted.items():
            sink.write(json.dumps({"id": name, "text": text}) + "\n")
    score = subprocess.run(
        [sys.executable, str(shared / "tools/eval_extraction.py")]
        + [str(shared / "data/extraction/gold.jsonl"), str(pred), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(score.stdout)[str(pred)]["all"]["mF1"] >= 0.945


def read_warehouse(desk: Desk) -> dict[str, str]:
    """Return the text of every article by the file name of its page."""
    index = desk.root.parent / "world" / "index.jsonl"
    rows = [json.loads(line) for line in index.read_text("utf-8").splitlines()]
    files = {row["url"]: row["file"] for row in rows}
    path = (desk.data / "published/current.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as con:
        rows = con.execute(
            "SELECT e.url, t.text FROM entry AS e JOIN article_text AS t "
            "USING (article_id) WHERE e.bin = 'loaded'"
        ).fetchall()
    return {files[url]: text for url, text in rows}


def check_story(desk: Desk, texts: dict[str, str]) -> None:
    """Six paragraphs kept, five recorded as repeats, about Pakistan and Afghanistan."""
    (text,) = (text for name, text in texts.items() if name.endswith(".txt"))
    assert len(text.splitlines()) == 6
    path = (desk.data / "published/current.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as con:
        story = f"(SELECT article_id FROM entry WHERE url = '{SEED}')"
        repeats = con.execute(
            f"SELECT dropped, kept FROM paragraph_repeat WHERE article_id = {story} "
            "ORDER BY dropped"
        ).fetchall()
        regions = con.execute(
            f"SELECT region_id FROM article_region WHERE article_id = {story} "
            "AND is_focus AND region_id LIKE 'iso:%' ORDER BY score DESC"
        ).fetchall()
    assert repeats == [(6, 1), (7, 2), (8, 3), (9, 4), (10, 5)]
    assert regions == [("iso:PK",), ("iso:AF",)]
