"""Print every figure that docs/benchmarks.md claims, as a ratio to its limit or peer.

    make bench                 everything
    python tests/bench/run.py dags extract      some of it

Figures are CPU seconds or quality scores, so that a busy machine changes them little.
What needs the measuring data beside the checkout says so and is left out without it.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from archive import archive
from deduplicate import PEERS, deduplicate
from feeds import feeds
from fetching import fetching
from languages import languages
from loading import loading
from page import page
from past import past
from peer_extract import GIVES
from polling import polling
from processes import processes
from publishing import publishing
from readings import read_pages, readings
from repeats import repeats
from search import search
from topics import topics
from warehouse import warehouse

from nightdesk.extract.decode import decode_page

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
PYTHON = sys.executable
ENV = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "PYTHONHASHSEED": "0"}

Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs


def main(wanted: list[str]) -> int:
    """Run the parts and print a table; 1 if a part could not be measured."""
    status = 0
    print(f"{'figure':44} {'ours':>9} {'against':>9} {'ratio':>7}  against what")
    for name, part in PARTS.items():
        if wanted and name not in wanted:
            continue
        if name in NEEDS_DATA and not SHARED.is_dir():
            print(f"{name}: left out, no measuring data at {SHARED}")
            continue
        try:
            for what, unit, ours, against, theirs in part():
                ratio = f"{ours / theirs:7.2f}" if theirs else "      -"
                label = f"{what}, {unit}"
                print(f"{label:44} {ours:9.3f} {theirs:9.3f} {ratio}  {against}")
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name}: could not be measured: {error}")
            status = 1
    return status


def dags() -> Iterator[Figure]:
    """CPU to parse each DAG file, once Airflow's own SDK has been imported."""
    code = (
        "import sys, time, importlib.util, airflow.sdk, airflow.serialization\n"
        "spec = importlib.util.spec_from_file_location('dag', sys.argv[1])\n"
        "start = time.process_time()\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print(time.process_time() - start)\n"
    )
    with tempfile.TemporaryDirectory() as home:
        env = {**ENV, "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        for path in sorted((ROOT / "dags").glob("*.py")):
            done = subprocess.run(
                [PYTHON, "-c", code, str(path)],
                env=env,
                check=True,
                capture_output=True,
                text=True,
            )
            seconds = float(done.stdout.split()[-1])
            yield f"parse {path.name}", "CPU s", seconds, "limit", 0.3


def extract() -> Iterator[Figure]:
    """Text and metadata of the labelled pages, beside raw trafilatura."""
    data = SHARED / "data" / "extraction"
    gold = [json.loads(line) for line in (data / "gold.jsonl").open()]
    rows = [
        {"id": g["id"], "url": g["url"], "page": f"{data}/pages/{g['id']}.html.gz"}
        for g in gold
    ]
    ours, seconds = _stage("extract", rows)
    mine = _score("eval_extraction.py", data / "gold.jsonl", ours)
    for peer, (theirs, spent) in _other_extractors(gold, data).items():
        score = _score("eval_extraction.py", data / "gold.jsonl", theirs)
        for key, what in (
            ("mF1", "text mF1"),
            ("low", "pages below .8 (less is better)"),
            ("date", "date, exact day"),
            ("author_F1", "author F1"),
            ("title~", "title near"),
        ):
            if key in GIVES.get(peer, score):
                yield f"extract: {what}", "share", mine[key], peer, score[key]
        speeds = (len(rows) / seconds, len(rows) / spent)
        yield "extract: pages a CPU second", "1/s", speeds[0], peer, speeds[1]


def _other_extractors(gold: list[dict], data: Path) -> dict[str, tuple[Path, float]]:
    """Return extractor -> its output and CPU seconds: trafilatura, installed peers."""
    found = {"raw trafilatura": _raw_trafilatura(gold, data)}
    if PEERS.exists():
        rows = [
            {"id": label["id"], "url": url, "html": decode_page(body, None)}
            for label, (url, body) in read_pages()
        ]
        given = "".join(json.dumps(row) + "\n" for row in rows)
        script = Path(__file__).with_name("peer_extract.py")
        for peer in GIVES:
            found[peer] = _run_filter([PEERS, script, peer], given)
    return found


def tag() -> Iterator[Figure]:
    """Places, countries and names on the development sets; best peer from the notes."""
    data = SHARED / "data" / "enrichment"
    for name, key, peer in (
        ("geo_dev", "place.strict", 0.775),
        ("geo_dev", "place.relaxed", 0.802),
        ("geo_dev", "place.country", 0.938),
        ("geo_dev", "doc.country", 0.837),
        ("geo_dev", "doc.focus", 0.851),
        ("hard_dev", "doc.country", 0.775),
        ("hard_dev", "doc.focus", 0.667),
        ("ner_dev", "ner.strict", 0.488),
    ):
        out, _ = _stage("tag", _read(data / f"{name}.jsonl.gz"))
        score = _score("eval_enrichment.py", data / f"{name}.jsonl.gz", out)[key]
        ours = score.get("f1", score.get("accuracy")) / 100
        yield f"{name}: {key}", "share", ours, "best no-download peer", peer
    yield "texts of 450 words tagged a CPU second", "1/s", _tag_speed(data), "goal", 200


def _tag_speed(data: Path) -> float:
    """Return texts of 450 words a CPU second, the start of the program left out."""
    rows = _read(data / "geo_dev.jsonl.gz")
    n_words = sum(len(row["text"].split()) for row in rows)
    once, many = (_stage("tag", rows * times)[1] for times in (1, 6))
    return 5 * n_words / 450 / (many - once)


def _stage(stage: str, rows: list[dict]) -> tuple[Path, float]:
    """Run a stage over rows; return its output file and the CPU seconds it took."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    seconds = _cpu(
        lambda: subprocess.run(
            [PYTHON, "-m", "nightdesk", stage, "--jsonl", str(source), str(target)],
            env=ENV,
            check=True,
        )
    )
    return target, seconds


def _raw_trafilatura(gold: list[dict], data: Path) -> tuple[Path, float]:
    code = (
        "import gzip, json, sys, trafilatura\n"
        "for line in sys.stdin:\n"
        "    row = json.loads(line)\n"
        "    page = gzip.open(row['page']).read()\n"
        "    doc = trafilatura.bare_extraction(page, url=row['url'], "
        "with_metadata=True, include_comments=False)\n"
        "    d = doc.as_dict() if doc else {}\n"
        "    print(json.dumps({'id': row['id'], 'text': d.get('text') or '', "
        "'title': d.get('title'), 'date': d.get('date'), 'author': d.get('author')}))\n"
    )
    rows = "".join(
        json.dumps({**g, "page": f"{data}/pages/{g['id']}.html.gz"}) + "\n"
        for g in gold
    )
    return _run_filter([PYTHON, "-c", code], rows)


def _run_filter(command: list[str | Path], rows: str) -> tuple[Path, float]:
    """Give rows to a command; return the file of its output and its CPU seconds."""
    target = Path(tempfile.mkdtemp(prefix="bench-")) / "out.jsonl"
    with target.open("w") as sink:
        seconds = _cpu(
            lambda: subprocess.run(
                command, input=rows, stdout=sink, text=True, check=True
            )
        )
    return target, seconds


def _cpu(run: Callable[[], object]) -> float:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = used()
    run()
    return used() - start


def _score(tool: str, gold: Path, pred: Path, *more: str) -> dict[str, float]:
    """Return the figures that an evaluator prints as JSON, flat, by their names."""
    done = subprocess.run(
        [PYTHON, str(SHARED / "tools" / tool), str(gold), str(pred), *more, "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    value = json.loads(done.stdout)
    value = value.get(str(pred), value)  # some evaluators score several files
    return value.get("all", value)


def _read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "dags": dags,
    "feeds": feeds,
    "extract": extract,
    "readings": readings,
    "repeats": repeats,
    "processes": processes,
    "deduplicate": deduplicate,
    "tag": tag,
    "topics": topics,
    "languages": languages,
    "fetching": fetching,
    "archive": archive,
    "past": past,
    "polling": polling,
    "loading": loading,
    "warehouse": warehouse,
    "publishing": publishing,
    "search": search,
    "page": page,
}
NEEDS_DATA = {"extract", "readings", "repeats", "processes", "deduplicate", "tag"}

if __name__ == "__main__":
    started = time.time()
    code = main(sys.argv[1:])
    print(f"\n{time.time() - started:.0f} s on {os.cpu_count()} cores, {time.ctime()}")
    sys.exit(code)
