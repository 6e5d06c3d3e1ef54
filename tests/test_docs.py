"""The documents say what is there: commands, settings, files."""

from __future__ import annotations

import base64
import doctest
import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest
from pictures import DOCS, FROM_AIRFLOW, PICTURES, VIEWS, write_gallery

import nightdesk
from nightdesk.__main__ import main
from nightdesk.cli.commands import COMMANDS
from nightdesk.feeds import feed_row
from nightdesk.newsstand.plays import PLAYS
from nightdesk.page.site import ROUTES
from nightdesk.warehouse.mart import list_marts

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
_NOT_OURS = (
    ".git",
    ".venv",
    ".venv-peers",
    ".duckdb2",
    ".backends",
    ".airflow",
    "data",
)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]


MODULES = [m.name for m in pkgutil.walk_packages(nightdesk.__path__, "nightdesk.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_readme_is_one_screen() -> None:
    assert len(re.sub(r"```.*?```", "", README, flags=re.DOTALL).split()) <= 500


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make (\w+)`", page.read_text("utf-8")))
        named |= set(re.findall(r"^make (\w+)$", page.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, page


def test_every_command_that_is_named_parses() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        for word in re.findall(r"(?:`|bin/|^)nightdesk ([a-z]+)", text, re.MULTILINE):
            assert word in COMMANDS, f"{page}: nightdesk {word}"


def test_every_setting_is_documented() -> None:
    table = (ROOT / "docs/settings.md").read_text("utf-8")
    named = set(re.findall(r"NIGHTDESK_[A-Z_]+", table))
    code = "".join(p.read_text("utf-8") for p in ROOT.glob("include/nightdesk/**/*.py"))
    used = set(re.findall(r"\"(NIGHTDESK_[A-Z]+(?:_[A-Z]+)*)\"", code))
    assert used <= named


def test_every_play_and_row_key_is_documented() -> None:
    sources = (ROOT / "docs/sources.md").read_text("utf-8")
    assert [play for play in PLAYS if f"`{play}`" not in sources] == []
    rows = (ROOT / "docs/jsonl.md").read_text("utf-8")
    body = base64.b64encode(b"<rss><item><title>a</title></item></rss>").decode()
    out = feed_row({"id": 1, "body_b64": body})
    keys = [*out, *out["feed"], *out["entries"][0]]
    assert [key for key in keys if f"`{key}`" not in rows] == []


@pytest.mark.parametrize("stage", ["deduplicate", "stories", "tag"])
def test_examples_of_rows_are_what_comes_out(stage: str, tmp_path: Path) -> None:
    page = (ROOT / "docs/jsonl.md").read_text("utf-8")
    section = page.split(f"\n## {stage}\n")[1].split("\n## ")[0]
    given, shown = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(given, "utf-8")
    assert main([stage, "--jsonl", str(source), str(target)]) == 0
    assert target.read_text("utf-8") == shown
    keys = {*json.loads(given.splitlines()[0]), *json.loads(shown.splitlines()[0])}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_pictures_are_those_that_the_command_takes() -> None:
    written = {str(p.relative_to(DOCS)) for p in DOCS.rglob("*.png")}
    taken = {picture.path for picture in PICTURES}
    assert written == taken | {f"{name}.png" for name in FROM_AIRFLOW}
    assert (DOCS / "gallery.md").read_text("utf-8") == write_gallery()
    assert sum(path.stat().st_size for path in DOCS.rglob("*.png")) < 4_500_000


def test_every_view_is_in_a_picture() -> None:
    paths = {picture.address.partition("?")[0] for picture in VIEWS}
    filled = [re.sub(r"\{\w+\}", "7", path) for path in paths]
    seen = {
        r.pattern for r in ROUTES for path in filled if re.fullmatch(r.pattern, path)
    }
    assert seen == {route.pattern for route in ROUTES}


@pytest.mark.parametrize("mart", sorted(list_marts()))
def test_every_mart_has_its_schema_checks_and_cases(mart: str) -> None:
    folder = ROOT / "include/nightdesk/warehouse/marts" / mart
    assert (folder / "schema.yaml").exists()
    assert (folder / "checks.sql").exists()
    cases = {case.name for case in (ROOT / "tests/sql" / mart).iterdir()}
    assert "empty" in cases
    assert len(cases) >= 3


def test_nothing_names_a_machine_or_a_registry() -> None:
    words = re.compile(r"/work/|/root/|pypi\.org|files\.pythonhosted", re.IGNORECASE)
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in _NOT_OURS or not path.is_file():
            continue
        if any(part.endswith("_cache") or part == "__pycache__" for part in parts):
            continue
        is_text = path.suffix in (".py", ".md", ".yaml", ".toml", ".txt", ".sql", "")
        if is_text and path.name != "test_docs.py":
            assert not words.search(path.read_text("utf-8", "replace")), path
