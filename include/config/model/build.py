"""Build words.tsv.gz, what the tagger knows of words before it learns.

Run by hand when it should change; nightdesk itself never imports this file nor the
packages:

    pip download --no-deps spacy-lookups-data==1.0.5 names==0.3.0 faker==40.63.0
    python include/config/model/build.py LOOKUPS NAMES FAKER   # unpacked, see --help

A word's number holds, from the lowest bit: ten bits of its class (Brown clusters of
English words; the lowest bits are the branches next to the root of the tree); three of
how often it is capitalised (0: unknown; 1: hardly ever, to 6: nearly always); one each
for given names and surnames. Names stand in their capitalised form, folded.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_WORDS = 80_000
MAX_SURNAMES = 25_000  # of the US census, by frequency; the rarest are noise
CLASS_BITS = 10  # of the tree; the words of a finer class are too few to learn from
GIVEN, SURNAME = 1 << 13, 1 << 14
LEAST_CHANCE = -21.0  # logarithm; of a form that is not in the table
CAPITAL_STEPS = (-4, -2, 0, 2, 4)  # logarithm of capitalised to lower case
_WORD = re.compile(r"[^\W\d_]+")


def read_words(folder: Path) -> tuple[dict[str, int], dict[str, float]]:
    """Return the class of the most frequent words, and the chance of every form."""
    classes = json.loads(gzip.decompress((folder / _file("cluster")).read_bytes()))
    chances = json.loads(gzip.decompress((folder / _file("prob")).read_bytes()))
    words = [w for w, number in classes.items() if number and _WORD.fullmatch(w)]
    words.sort(key=lambda word: (-chances.get(word, -30.0), word))
    mask = (1 << CLASS_BITS) - 1
    return {word: classes[word] & mask for word in words[:MAX_WORDS]}, chances


def _file(kind: str) -> str:
    return f"en_lexeme_{kind}.json.gz"


def read_census(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, flag) of the lists of the US census."""
    for file in ("dist.male.first", "dist.female.first"):
        for line in (folder / file).read_text().splitlines():
            yield line.split()[0], GIVEN
    for line in (folder / "dist.all.last").read_text().splitlines()[:MAX_SURNAMES]:
        yield line.split()[0], SURNAME


def read_faker(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, flag) of all locales of faker; a few are several words."""
    sys.path.insert(0, str(folder))
    package = importlib.import_module("faker.providers.person")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name == "en":
            continue
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for key in dir(module.Provider):
            flag = 0
            if key.startswith(("first_name", "given")):
                flag = GIVEN
            elif key.startswith(("last_name", "surname", "family")):
                flag = SURNAME
            value = getattr(module.Provider, key)
            if flag and isinstance(value, list | tuple | dict):
                yield from ((name, flag) for name in value if isinstance(name, str))


def weigh_capital(word: str, chances: dict[str, float]) -> int:
    """Return how often a word is capitalised, 1 to 6; 0 where nothing is known."""
    forms = [chances.get(form) for form in (word.lower(), word.capitalize())]
    if forms == [None, None]:
        return 0
    lower, capital = (LEAST_CHANCE if form is None else form for form in forms)
    return 1 + sum(capital - lower >= step for step in CAPITAL_STEPS)


def main() -> None:
    """Write the file beside this script, the same bytes for the same input."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from nightdesk.tag.words import fold_key

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lookups", type=Path, help="data folder of spacy-lookups-data")
    parser.add_argument("names", type=Path, help="folder names of names")
    parser.add_argument("faker", type=Path, help="folder that holds faker")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    classes, chances = read_words(args.lookups)
    codes = {
        word: number | weigh_capital(word, chances) << CLASS_BITS
        for word, number in classes.items()
    }
    for name, flag in (*read_census(args.names), *read_faker(args.faker)):
        for part in fold_key(name).split():
            if part.isascii() and part.isalpha() and len(part) > 1:
                word = part.capitalize()
                known = codes.get(word, weigh_capital(word, chances) << CLASS_BITS)
                codes[word] = known | flag
    body = "".join(f"{word}\t{codes[word]}\n" for word in sorted(codes)).encode()
    (args.out / "words.tsv.gz").write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main()
