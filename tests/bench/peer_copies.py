"""Run by the interpreter of the peers: texts or addresses in, what they say out.

peer_copies.py copies < {"id": ..., "text": ...} a line      {peer: [threshold, labels]}
peer_copies.py addresses < [[one, another], ...]             {peer: [is it one?]}
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
N_PERM = 128
_WORD = re.compile(r"\w+")

Pairs = Iterable[tuple[int, int]]


def shingle(text: str) -> list[str]:
    """Return the word 5-grams of a text, as ours are."""
    words = _WORD.findall(text.casefold())
    return [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]


def run_datasketch(texts: list[str]) -> Callable[[float], Pairs]:
    """Return threshold -> candidate pairs, as its documentation shows it."""
    from datasketch import MinHash, MinHashLSH

    hashes = []
    for text in texts:
        made = MinHash(num_perm=N_PERM)
        made.update_batch([gram.encode() for gram in shingle(text)])
        hashes.append(made)

    def query(threshold: float) -> Iterator[tuple[int, int]]:
        lsh = MinHashLSH(threshold=threshold, num_perm=N_PERM)
        for i, made in enumerate(hashes):
            yield from ((i, j) for j in lsh.query(made))
            lsh.insert(i, made)

    return query


def run_rensa(texts: list[str]) -> Callable[[float], Pairs]:
    """Return threshold -> candidates whose estimated Jaccard reaches it."""
    from rensa import RMinHash, RMinHashLSH

    hashes = []
    for text in texts:
        made = RMinHash(num_perm=N_PERM, seed=42)
        made.update(shingle(text))
        hashes.append(made)

    def query(threshold: float) -> Iterator[tuple[int, int]]:
        lsh = RMinHashLSH(threshold=threshold, num_perm=N_PERM, num_bands=32)
        for i, made in enumerate(hashes):
            near = (j for j in lsh.query(made))
            yield from ((i, j) for j in near if made.jaccard(hashes[j]) >= threshold)
            lsh.insert(i, made)

    return query


def label(count: int, pairs: Pairs) -> list[int]:
    """Return the connected component of each of `count` texts."""
    parents = list(range(count))

    def find(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for i, j in pairs:
        a, b = sorted((find(i), find(j)))
        parents[b] = a
    return [find(i) for i in range(count)]


def find_copies(texts: list[str]) -> dict[str, object]:
    """Return peer -> CPU seconds of one threshold, and labels by threshold."""
    found: dict[str, object] = {}
    for name, make in (("datasketch", run_datasketch), ("rensa", run_rensa)):
        start = time.process_time()
        query = make(texts)
        label(len(texts), query(THRESHOLDS[0]))
        seconds = time.process_time() - start
        labels = {t: label(len(texts), query(t)) for t in THRESHOLDS}
        found[name] = {"seconds": seconds, "labels": labels}
    return found


def judge_addresses(pairs: list[list[str]]) -> dict[str, list[bool]]:
    """Return peer -> whether it makes one address of each pair."""
    from courlan import clean_url
    from w3lib.url import canonicalize_url

    makers: dict[str, Callable[[str], object]] = {
        "courlan": lambda url: clean_url(url),
        "w3lib": lambda url: canonicalize_url(url),
    }
    found = {}
    for name, make in makers.items():
        found[name] = [make(one) == make(another) for one, another in pairs]
    return found


if __name__ == "__main__":
    given = json.load(sys.stdin)
    work = find_copies if sys.argv[1] == "copies" else judge_addresses
    json.dump(work(given), sys.stdout)
