"""Paragraphs injected again into labelled pages: what extraction still says twice."""

from __future__ import annotations

import copy
import gzip
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from lxml import html

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.extract import drop_repeats, restore_repeats  # noqa: E402
from nightdesk.extract.jsonl import extract_row  # noqa: E402

Figure = tuple[str, str, float, str, float]
Elements = list[html.HtmlElement]

_FEW = 4  # a page with fewer labelled paragraphs in its markup is left out


def edit_word(element: html.HtmlElement) -> None:
    """Change one word in the middle of an element's first long text."""
    for node in element.iter():
        words = (node.text or "").split(" ")
        if len(words) >= 8:
            words[len(words) // 2] = "otherwise"
            node.text = " ".join(words)
            return


def _again(paragraphs: Elements) -> Elements:
    return [copy.deepcopy(paragraph) for paragraph in paragraphs]


def _append(paragraphs: Elements, copies: Elements) -> None:
    place = paragraphs[-1]
    for element in copies:
        element.tail = None
        place.addnext(element)
        place = element


def all_but_last(paragraphs: Elements) -> None:
    """Put all paragraphs but the last one at the end again."""
    _append(paragraphs, _again(paragraphs[:-1]))


def whole_twice(paragraphs: Elements) -> None:
    """Put the whole body at the end again."""
    _append(paragraphs, _again(paragraphs))


def doubled(paragraphs: Elements) -> None:
    """Put each paragraph after itself again."""
    for paragraph in paragraphs:
        _append([paragraph], _again([paragraph]))


def interleaved(paragraphs: Elements) -> None:
    """Put each paragraph after the second next one again."""
    copies = _again(paragraphs)
    for paragraph, element in zip(paragraphs[2:], copies, strict=False):
        _append([paragraph], [element])
    _append([*paragraphs[-2:], copies[-3]], copies[-2:])


def one_edited(paragraphs: Elements) -> None:
    """Put the whole body again, one word of one paragraph edited."""
    copies = _again(paragraphs)
    edit_word(copies[len(copies) // 2])
    _append(paragraphs, copies)


def each_edited(paragraphs: Elements) -> None:
    """Put the whole body again, one word of every paragraph edited."""
    copies = _again(paragraphs)
    for element in copies:
        edit_word(element)
    _append(paragraphs, copies)


WAYS: dict[str, Callable[[Elements], None]] = {
    "all but the last": all_but_last,
    "whole body twice": whole_twice,
    "each one doubled": doubled,
    "interleaved": interleaved,
    "one word edited": one_edited,
    "a word of each edited": each_edited,
}


def find_paragraphs(tree: html.HtmlElement, text: str) -> Elements:
    """Return the elements of a page that hold the labelled paragraphs, in order."""
    wanted = {_squash(line) for line in text.split("\n") if len(line.strip()) >= 40}
    found, seen = [], set()
    for element in tree.iter("p"):
        key = _squash(element.text_content())
        if key in wanted and key not in seen:
            seen.add(key)
            found.append(element)
    return found


def inject(page: bytes, text: str, way: str) -> bytes | None:
    """Return a page with its labelled paragraphs again; None where they are not found.

    A page whose paragraphs do not all stand side by side says nothing clear.
    """
    tree = html.document_fromstring(page.decode("utf-8", "replace"))
    paragraphs = find_paragraphs(tree, text)
    if len(paragraphs) < _FEW:
        return None
    parent = paragraphs[0].getparent()
    paragraphs = [p for p in paragraphs if p.getparent() is parent]
    if len(paragraphs) < _FEW:
        return None
    WAYS[way](paragraphs)
    return html.tostring(tree, encoding="utf-8", doctype="<!doctype html>")


def read_gold(every: int = 1) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield labelled pages with a full text."""
    folder = SHARED / "data" / "extraction"
    lines = (folder / "gold.jsonl").read_text("utf-8").splitlines()
    labels = [label for line in lines if (label := json.loads(line)).get("text")]
    for label in labels[::every]:
        path = folder / "pages" / f"{label['id']}.html.gz"
        yield label, gzip.decompress(path.read_bytes())


def measure(way: str, every: int = 1) -> tuple[int, float, float, int]:
    """Return pages, mF1 of them clean and injected, and exact repeats left."""
    evaluator = load_evaluator()
    clean, dirty, n_left = [], [], 0
    for label, page in read_gold(every):
        again = inject(page, label["text"], way)
        if again is None:
            continue
        before, after = (
            extract_row({"id": label["id"], "url": label["url"]}, body)
            for body in (inject_nothing(page), again)
        )
        clean.append(evaluator.score(label, before)["f1"])
        score = evaluator.score(label, after)
        dirty.append(score["f1"])
        n_left += score["rep"] - evaluator.score(label, before)["rep"]
    return len(clean), sum(clean) / len(clean), sum(dirty) / len(dirty), n_left


def inject_nothing(page: bytes) -> bytes:
    """Return a page as the injected ones are written, for a fair comparison."""
    tree = html.document_fromstring(page.decode("utf-8", "replace"))
    return html.tostring(tree, encoding="utf-8", doctype="<!doctype html>")


def count_wrongly_removed() -> tuple[int, int]:
    """Return how many labelled paragraphs the rule removes, of how many."""
    n_gone = n_all = 0
    for label, _ in read_gold():
        lines = [line.strip() for line in label["text"].split("\n") if line.strip()]
        kept, repeats = drop_repeats(lines)
        if restore_repeats(kept, repeats) != tuple(lines):
            raise ValueError(f"{label['id']}: the record does not give the text back")
        n_gone, n_all = n_gone + len(repeats), n_all + len(lines)
    return n_gone, n_all


def count_outputs(n_runs: int) -> int:
    """Return how many different outputs one injected page gives in so many runs."""
    for label, page in read_gold():
        again = inject(page, label["text"], "one word edited")
        if again is not None and len(again) < 60_000:
            row = {"id": label["id"], "url": label["url"]}
            return len({json.dumps(extract_row(row, again)) for _ in range(n_runs)})
    raise ValueError("no page is small enough")


def repeats() -> Iterator[Figure]:
    """Text of injected pages beside the same pages clean."""
    for way in WAYS:
        n, clean, dirty, n_left = measure(way)
        yield f"repeats: {way}, {n} pages", "mF1", dirty, "clean page", clean
        yield f"repeats: {way}, left", "n", n_left, "limit", 0
    n_gone, n_all = count_wrongly_removed()
    yield "repeats: outputs of 1,000 runs", "n", count_outputs(1_000), "limit", 1
    yield "repeats: labelled paragraphs removed", "n", n_gone, "limit", n_all / 500


def load_evaluator() -> ModuleType:
    """Return the module that scores an extraction."""
    path = SHARED / "tools" / "eval_extraction.py"
    spec = importlib.util.spec_from_file_location("eval_extraction", path)
    if spec is None or spec.loader is None:
        raise OSError(f"{path}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _squash(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
