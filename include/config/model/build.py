"""Build words.tsv.gz, the word classes that the tagger learns with.

Run by hand when they should change; nightdesk itself never imports this file nor the
package:

    pip download --no-deps spacy-lookups-data==1.0.5   # unzip it somewhere
    python include/config/model/build.py .../spacy_lookups_data/data

The classes are Brown clusters of English words, as numbers whose lowest bits are the
branches next to the root of the tree; kept for the words that are frequent enough.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from pathlib import Path

MAX_WORDS = 80_000
CLASS_BITS = 10  # of the tree; the words of a finer class are too few to learn from
_WORD = re.compile(r"[^\W\d_]+")


def read_classes(folder: Path) -> dict[str, int]:
    """Return the class of each of the most frequent words that have one."""
    classes = json.loads(gzip.decompress((folder / _file("cluster")).read_bytes()))
    chances = json.loads(gzip.decompress((folder / _file("prob")).read_bytes()))
    words = [w for w, number in classes.items() if number and _WORD.fullmatch(w)]
    words.sort(key=lambda word: (-chances.get(word, -30.0), word))
    mask = (1 << CLASS_BITS) - 1
    return {word: classes[word] & mask for word in words[:MAX_WORDS]}


def _file(kind: str) -> str:
    return f"en_lexeme_{kind}.json.gz"


def main() -> None:
    """Write the file beside this script, the same bytes for the same input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lookups", type=Path, help="data folder of spacy-lookups-data")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    codes = read_classes(args.lookups)
    body = "".join(f"{word}\t{codes[word]}\n" for word in sorted(codes)).encode()
    (args.out / "words.tsv.gz").write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main()
