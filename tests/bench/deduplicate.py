"""Copies, stories and addresses: quality beside peers, speed, and memory of one night.

Peers are those of `make bench-peers`; each gets the threshold that is best for it on
the very data it is scored on, ours are fixed. Without them the best peer of our notes
stands beside ours. Speed and memory are of a process of its own.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data" / "dedup"
PEERS = Path(os.environ.get("PEERS", ROOT / ".venv-peers")) / "bin" / "python"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.deduplicate.jsonl import deduplicate_rows, story_rows  # noqa: E402
from nightdesk.deduplicate.rarity import Rarity  # noqa: E402
from nightdesk.newsstand import World  # noqa: E402
from nightdesk.newsstand.texts import make_paragraphs  # noqa: E402
from nightdesk.pipeline.frozen_tables import read_shipped_terms  # noqa: E402
from nightdesk.settings import SHIPPED  # noqa: E402
from nightdesk.urls import canonicalize_url  # noqa: E402

Figure = tuple[str, str, float, str, float]
Row = dict[str, Any]

#: Set, pairs that nobody would decide, and the best peer of the notes: pairs, B-cubed.
SETS = (
    ("reuters_natural", "reuters_natural_ignore", 0.870, 0.983),
    ("syndication_synth", None, 0.408, 0.855),
)
_SPEED = """
import json, sys, time
from nightdesk.deduplicate import fingerprint_text
from nightdesk.deduplicate.jsonl import deduplicate_rows
rows = json.load(sys.stdin)
fingerprint_text(rows[0]["text"])
start = time.process_time()
for row in rows:
    fingerprint_text(row["text"])
middle = time.process_time()
deduplicate_rows(rows)
end = time.process_time()
print(json.dumps([len(rows) / (middle - start), len(rows) / (end - middle)]))
"""
_NIGHT = """
import json, random, resource, sys, time
from datetime import UTC, datetime, timedelta
from nightdesk.deduplicate import (Document, Profiles, cluster_pairs, demote_digests,
    find_digests, find_pairs, fingerprint_text, rank_document)
from nightdesk.text import hash_text
n, chance, noon = int(sys.argv[1]), random.Random(1), datetime(2031, 5, 6, tzinfo=UTC)
words = [f"{a}{b}{c}" for a in "ba ko mi te lu".split() for b in "len sor vik tan per"
         .split() for c in "a ed ing er um ost ick an on is".split()]
names = [f"{a}{b}".title() for a in words for b in "lo ra vin sta mo".split()]
# The line that each of 150 outlets puts under all its articles.
lines = [" ".join(chance.choices(words, k=26)) for _ in range(150)]
def write():  # 443 words; as in news one of 40 is a number, one of 20 a name
    text = chance.choices(words, k=443)
    text[::40] = [str(chance.randrange(2_000)) for _ in text[::40]]
    text[7::20] = chance.choices(names, k=len(text[7::20]))
    return text
def make(i, last=[]):
    if i % 10 in (1, 2):  # two of ten are copies without twenty words
        first = chance.randrange(300)
        text = " ".join(last[:first] + last[first + 20:])
    else:
        last[:] = write()
        text = " ".join(last)
    text = f"{text}\\n{lines[i % len(lines)]}"
    at = noon + timedelta(seconds=chance.randrange(80_000))
    return Document(i, text, None, at, f"https://x.example/{i}", None,
                    hash_text(text), fingerprint_text(text))
documents = [make(i) for i in range(n)]
start, profiles = time.process_time(), Profiles()
pairs = find_pairs(documents, profiles=profiles)
pairs = demote_digests(pairs, find_digests(pairs, documents, profiles))
clusters = cluster_pairs(pairs, {d.article_id: rank_document(d) for d in documents})
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([peak, n / seconds, len(set(clusters.values()))]))
"""


def deduplicate() -> Iterator[Figure]:
    """Yield every figure of copies, stories and addresses."""
    for name, ignore, peer_pair, peer_b3 in SETS:
        yield from score_copies(name, ignore, (peer_pair, peer_b3))
    yield from score_stories()
    yield from score_nights()
    yield from score_addresses()
    yield from measure_night(100_000)


def score_copies(
    name: str, ignore: str | None, noted: tuple[float, float]
) -> Iterator[Figure]:
    """Yield pair and B-cubed F1 of one set, beside each peer's best, and speed."""
    tool, rows = load_evaluator(), read_rows(name)
    gold = {row["id"]: row["cluster_id"] for row in rows}
    ignored = [(p["a"], p["b"]) for p in read_rows(ignore)] if ignore else []
    shown = [
        {k: row[k] for k in ("id", "published_at", "title", "text")} for row in rows
    ]
    found = {row["id"]: row["cluster_id"] for row in deduplicate_rows(shown)}
    ours = tool.score(gold, found, ignored)
    peers = {"best peer of the notes": {"pair_f1": noted[0], "b3_f1": noted[1]}}
    for peer, (threshold, best) in best_peers(tool, rows, gold, ignored).items():
        peers[f"{peer} at {threshold}"] = best
    for key, what in (("pair_f1", "pair F1"), ("b3_f1", "B-cubed F1")):
        for peer, score in peers.items():
            yield f"{name}: {what}", "share", ours[key], peer, score[key]
    kinds = tool.kinds(rows, gold, found)
    for kind, limit in (("neg_digest", 0.1), ("neg_template", 0.0)):
        if kind in kinds:
            share = kinds[kind]["wrongly_joined"] / kinds[kind]["articles"]
            yield f"{name}: {kind[4:]}s joined", "share", share, "limit", limit
    fingerprints, everything = run_code(_SPEED, shown)
    yield f"{name}: fingerprints a CPU second", "1/s", fingerprints, "goal", 10_000
    yield f"{name}: texts a CPU second", "1/s", everything, "goal", 1_000
    for peer, score in peers.items():
        if "speed" in score:
            yield "the same", "1/s", everything, peer, score["speed"]


def best_peers(
    tool: Any, rows: list[Row], gold: dict[str, str], ignored: list[tuple[str, str]]
) -> dict[str, tuple[str, dict[str, float]]]:
    """Return peer -> its best threshold on these rows, the scores there, and speed."""
    if not PEERS.exists():
        return {}
    found = ask_peers("copies", [row["text"] for row in rows])
    best = {}
    for peer, result in found.items():
        scores = {
            threshold: tool.score(
                gold, dict(zip(gold, map(str, labels), strict=True)), ignored
            )
            for threshold, labels in result["labels"].items()
        }
        threshold = max(scores, key=lambda t: scores[t]["pair_f1"])
        speed = len(rows) / result["seconds"]
        best[peer] = (threshold, {**scores[threshold], "speed": speed})
    return best


def score_stories() -> Iterator[Figure]:
    """Yield the B-cubed F1 of stories, and how well pairs are judged."""
    rows = read_rows("ecbplus_story")
    gold = {row["id"]: row["cluster_id"] for row in rows}
    rarity = Rarity(read_shipped_terms(SHIPPED))
    found = {row["id"]: row["story_id"] for row in story_rows(rows, rarity)}
    ours = load_evaluator().score(gold, found)["b3_f1"]
    yield "ecbplus_story: B-cubed F1", "share", ours, "tf-idf of the notes", 0.886
    pairs = read_rows("tgcontest_pairs")
    sides = [
        {
            "id": pair[f"{side}_url"],
            "title": pair[f"{side}_title"],
            "text": pair[f"{side}_text"],
        }
        for pair in pairs
        for side in ("first", "second")
    ]
    unique = {row["id"]: row for row in sides}
    stories = {
        row["id"]: row["story_id"] for row in story_rows(list(unique.values()), rarity)
    }
    said = [stories[p["first_url"]] == stories[p["second_url"]] for p in pairs]
    true = [str(pair["same"]) == "True" for pair in pairs]
    right = sum(a == b for a, b in zip(said, true, strict=True)) / len(pairs)
    always = max(sum(true), len(true) - sum(true)) / len(true)
    yield "tgcontest: pairs judged right", "share", right, "always one answer", always
    yield "tgcontest: F1 of same", "share", f1_of(said, true), "-", 0.0


def score_nights(n_nights: int = 12) -> Iterator[Figure]:
    """Yield B-cubed of first nights of the newsstand, and how pure their top ten is.

    Nothing has been learned; against them stands what the rule story/2 reached.
    """
    rarity = Rarity(read_shipped_terms(SHIPPED))
    tool = load_evaluator()
    scores, n_pure = [], 0
    for n in range(n_nights):
        night = World(180).plan(date(2026, 11, 25) - timedelta(days=n))
        items = {item.url: item for item in night.items if item.is_article}
        rows = [
            {
                "id": url,
                "url": url,
                "lang": item.outlet.lang,
                "title": item.title,
                "published_at": item.at.isoformat(),
                "text": "\n".join(make_paragraphs(item)),
            }
            for url, item in items.items()
        ]
        found = {row["id"]: row["story_id"] for row in story_rows(rows, rarity)}
        gold = {url: item.story.facts_seed for url, item in items.items()}
        scores.append(tool.score(gold, found)["b3_f1"])
        told: dict[str, list[str]] = {}
        for url, story in found.items():
            told.setdefault(story, []).append(url)
        sources = {s: len({items[url].outlet.id for url in told[s]}) for s in told}
        top = sorted(told, key=lambda story: -sources[story])[:10]
        n_pure += sum(len({gold[url] for url in told[story]}) == 1 for story in top)
    label = f"{n_nights} first nights of the newsstand"
    yield f"{label}: B-cubed F1", "share", sum(scores) / n_nights, "story/2", 0.896
    pure = n_pure / 10 / n_nights
    yield f"{label}: top ten of one event", "share", pure, "story/2", 0.725


def score_addresses() -> Iterator[Figure]:
    """Yield the F1 of `same` over the table of address pairs, beside peers."""
    text = (ROOT / "tests" / "data" / "urls.tsv").read_text(encoding="utf-8")
    lines = [
        line.split("\t") for line in text.splitlines() if line[:1] not in ("", "#")
    ]
    true = [line[0] == "same" for line in lines]
    pairs = [
        [cell.replace("\\t", "\t").replace("\\n", "\n") for cell in line[2:]]
        for line in lines
    ]
    ours = f1_of([canonicalize_url(a) == canonicalize_url(b) for a, b in pairs], true)
    peers = ask_peers("addresses", pairs) if PEERS.exists() else {}
    yield f"{len(pairs)} address pairs: F1 of same", "share", ours, "goal", 0.98
    for peer, said in peers.items():
        yield "the same", "share", ours, peer, f1_of(said, true)


def measure_night(n_articles: int) -> Iterator[Figure]:
    """Yield memory and speed of one night of texts of 443 words and a shared line."""
    peak, speed, _ = run_code(_NIGHT, None, str(n_articles))
    label = f"a night of {n_articles:,}"
    yield f"{label}: memory", "MiB", peak, "limit", 1024
    yield f"{label}: join to clusters", "1/s", speed, "goal", 1_000


def f1_of(said: list[bool], true: list[bool]) -> float:
    """Return F1 of the answer yes."""
    both = sum(a and b for a, b in zip(said, true, strict=True))
    return 2 * both / (sum(said) + sum(true))


def ask_peers(what: str, given: Any) -> dict[str, Any]:
    """Return what the peers say, each in their own environment."""
    script = Path(__file__).with_name("peer_copies.py")
    done = subprocess.run(
        [PEERS, script, what],
        input=json.dumps(given),
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def run_code(code: str, given: Any, *args: str) -> list[float]:
    """Return the figures that code prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        input=json.dumps(given),
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def load_evaluator() -> Any:
    """Return the evaluator beside the data as a module."""
    path = SHARED / "tools" / "eval_dedup.py"
    spec = importlib.util.spec_from_file_location("eval_dedup", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_rows(name: str) -> list[Row]:
    """Return the rows of one file of the data."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    for figure in deduplicate():
        print(*figure)
