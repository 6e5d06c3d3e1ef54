"""train: learn the names of persons, organisations and places from labelled news."""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pycrfsuite

from nightdesk.cli import Commands, add_command, say
from nightdesk.config import Settings, load_settings
from nightdesk.errors import ConfigError
from nightdesk.gazetteer import load_gazetteer
from nightdesk.tag.corpus import Example, parse_marked, parse_rows
from nightdesk.tag.crf import pack_weights
from nightdesk.tag.net import WordVectors
from nightdesk.tag.net_training import Lesson, train_net
from nightdesk.tag.table import Gazetteer
from nightdesk.tag.training import PARAMETERS, make_lessons


def add_commands(commands: Commands) -> None:
    """Add `train`."""
    train = add_command(
        commands,
        "train",
        _train,
        "learn the names of the tagger from labelled news; minutes, always the same",
        "train --extra labelled/desk.txt",
    )
    train.add_argument(
        "--extra",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="more labelled text: a file, or a folder of *.txt and *.jsonl(.gz)",
    )
    train.add_argument(
        "--aside",
        action="append",
        default=[],
        metavar="SET",
        help="rows of --extra whose `set` begins so are labelled by other habits",
    )
    train.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="default: model/names.npz among your own files, which then is used",
    )


def _train(options: argparse.Namespace) -> int:
    settings = load_settings()
    examples = list(_read_all(settings, options))
    out = options.out or settings.config_dir / "model" / "names.npz"
    begun = time.monotonic()
    weights = train_model(load_gazetteer(settings.shipped), examples)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(weights)
    except OSError as error:
        raise ConfigError(f"train: {out}: {error}") from error
    n_names = sum(len(example.names) for example in examples)
    say(
        f"learned from {len(examples)} documents with {n_names} names in "
        f"{time.monotonic() - begun:.0f} s: {out}, {len(weights) / 1e6:.1f} MB"
    )
    return 0


def _read_all(settings: Settings, options: argparse.Namespace) -> Iterator[Example]:
    yield from read_examples(settings.shipped / "corpus")
    for path in options.extra:
        yield from read_examples(path, options.aside)


def read_examples(path: Path, aside: Sequence[str] = ()) -> Iterator[Example]:
    """Yield the labelled documents of a file, or of the files of a folder by name.

    Args:
        path: the file or the folder.
        aside: how the `set` of JSON rows begins that are labelled by other habits.

    Raises:
        ConfigError: nothing is there, or a line is wrong; says file and line.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        try:
            if file.suffix == ".txt":
                yield from parse_marked(file.read_text("utf-8"), str(file))
            elif file.name.endswith((".jsonl", ".jsonl.gz")):
                raw = file.read_bytes()
                text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()
                yield from parse_rows(text.split("\n"), str(file), aside)
            elif not path.is_dir():
                raise ConfigError(f"corpus file: {file}: is no .txt or .jsonl(.gz)")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise ConfigError(f"corpus file: {file}: {error}") from error


def train_model(gazetteer: Gazetteer, examples: Sequence[Example]) -> bytes:
    """Return the weights that the examples give, the same for the same examples."""
    lessons = list(make_lessons(replace(gazetteer, weights=b""), examples))
    if all(lesson.is_aside or not lesson.islands for lesson in lessons):
        raise ConfigError("train: there is no labelled text")
    net = train_net(WordVectors(gazetteer.vectors), lessons)
    return pack_weights(_train_crf(lessons), net)


def _train_crf(lessons: Iterable[Lesson]) -> bytes:
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=PARAMETERS, verbose=False)
    for lesson in lessons:
        if not lesson.is_aside:
            for island, labels in zip(lesson.islands, lesson.labels, strict=True):
                trainer.append(island.rows, labels)
    with TemporaryDirectory(prefix="nightdesk-train-") as folder:
        path = Path(folder) / "names.crfsuite"
        trainer.train(str(path))
        return path.read_bytes()
