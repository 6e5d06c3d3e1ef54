"""Every mention is the slice it says, in made-up articles and odd texts, off the net.

A thousand articles; ten thousand by `make chaos`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from nightdesk.newsstand import World
from nightdesk.newsstand.texts import make_paragraphs
from nightdesk.tag import Tagger

HERE = Path(__file__).parent
INCLUDE = HERE.parent / "include"
N_ARTICLES = 10_000 if os.environ.get("NIGHTDESK_CHAOS") else 1_000
PER_NIGHT = 200
DAY = date(2026, 3, 1)
Change = Callable[[str, random.Random], str]


def _sow(*signs: str) -> Change:
    """Return a change that puts signs at random places, inside words as well."""

    def change(text: str, chance: random.Random) -> str:
        out = list(text)
        for _ in range(len(out) // 12 + 1):
            out.insert(chance.randrange(len(out) + 1), chance.choice(signs))
        return "".join(out)

    return change


def _swap(old: str, new: str) -> Change:
    return lambda text, _: text.replace(old, new)


CHANGES: dict[str, Change] = {
    "as it is": lambda text, _: text,
    "emoji": _sow("🙂", "👩‍👩‍👧", "🇵🇰", "\U0001f3f4\U000e0067\U000e007f"),
    "combining marks": _sow("\u0301", "\u0327", "\u0650", "\u093c", "\u0307"),
    "CRLF": _swap("\n", "\r\n"),
    "other line ends": _swap("\n", "\u2028"),
    "NBSP": _swap(" ", "\u00a0"),
    "narrow and wide blanks": _sow("\u202f", "\u3000", "\t", "\u200b"),
    "right to left": _sow("\u200f", "\u202b", "\u202c", "\u2067", "العراق", "פרס"),
    "lone surrogates": _sow("\ud800", "\udfff", "\udc80"),
    "joiners": _sow("\u200c", "\u200d", "\u00ad", "\ufeff"),
    "letters that grow": _sow("ß", "İ", "ﬁ", "ŉ", "㎏", "ǆ", "ﷺ"),
    "capitals": lambda text, _: text.upper(),
    "controls": _sow("\x00", "\x0b", "\x1c", "\x85"),
}


def make_articles() -> Iterator[tuple[str, str, str]]:
    """Yield language, title and text of articles without end."""
    world = World(PER_NIGHT, seed="offsets", wire_stories=5)
    night = 0
    while True:
        for item in world.plan(DAY + timedelta(days=night)).items:
            if item.is_article:
                yield item.story.lang, item.title, "\n".join(make_paragraphs(item))
        night += 1


def count_mentions(tagger: Tagger, title: str, text: str, lang: str) -> int:
    """Return how many mentions an article has, each checked to be its slice."""
    tags = tagger.tag(article_id=1, title=title, text=text, lang=lang)
    fields = {"title": title, "text": text}
    for mention in tags.mentions:
        assert mention.surface
        assert fields[mention.field][mention.start : mention.end] == mention.surface
    return len(tags.mentions)


@pytest.mark.timeout(1800)
def test_every_slice_is_its_surface(tagger: Tagger) -> None:
    changes = list(CHANGES.values())
    found: dict[str, int] = {}
    for number, (lang, title, text) in zip(
        range(N_ARTICLES), make_articles(), strict=False
    ):
        chance = random.Random(number)
        change = changes[number % len(changes)]
        n = count_mentions(tagger, change(title, chance), change(text, chance), lang)
        found[lang] = found.get(lang, 0) + n
    assert sum(found.values()) > 5 * N_ARTICLES
    assert {"en", "ar", "de", "es", "fr", "ru", "tr", "ur", "zh"} <= set(found)
    assert all(found.values())


@pytest.mark.parametrize("name", CHANGES)
def test_odd_traps_and_sentences(tagger: Tagger, name: str) -> None:
    rows = {"en": [], "": []}
    for line in (HERE / "data/tags/traps.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            rows["en"].append(line.split("\t")[3])
    for path in (HERE / "data/tags/languages").glob("*.tsv"):
        lines = path.read_text("utf-8").splitlines()
        rows[path.stem] = [line.split("\t")[1] for line in lines]
    for lang, texts in rows.items():
        text = CHANGES[name]("\n".join(texts), random.Random(name))
        n = count_mentions(tagger, text[:60], text, lang)
        assert n > 10 or not lang


WITHOUT_NET = """
import socket, sys

def refuse(*args, **more):
    raise OSError("no network here")

for name in ("socket", "create_connection", "getaddrinfo", "socketpair", "fromfd"):
    setattr(socket, name, refuse)
try:
    socket.socket()
except OSError:
    pass
else:
    sys.exit("sockets are not blocked")
from nightdesk.__main__ import main
sys.exit(main(["tag", "--jsonl", *sys.argv[1:]]))
"""


def test_tagging_opens_no_socket(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        {"id": 1, "lang": "en", "text": "Ana Quispe of UNICEF met police in Lima."},
        {"id": 2, "lang": "ru", "text": "В Лиме прошла встреча."},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NET, str(source), str(target)],
        env={**os.environ, "PYTHONPATH": str(INCLUDE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [(row["status"], row["focus"]) for row in out] == [("ok", "PE")] * 2
    assert [type_ for _, _, type_ in out[0]["entities"]] == ["PER", "ORG", "LOC"]
