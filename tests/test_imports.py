"""The arrows of the house: who may import whom, and which library lives where."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "include" / "nightdesk"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Part of the package -> parts that it may import beside itself.
STAGES = {"urls", "feeds", "extract", "deduplicate", "tag"}
BASE = {"model", "errors", "text", "calendar_words"}
MAY_IMPORT = {
    "model": set(),
    "errors": set(),
    "text": set(),
    "urls": BASE,
    "feeds": BASE | {"urls"},
    "extract": BASE | {"urls"},
    "deduplicate": BASE | {"urls"},
    "tag": BASE | {"urls"},
    "nights": BASE,
    "settle": BASE | {"nights"},
    "register": BASE,
    "poll_state": BASE,
    "validators": BASE | {"poll_state"},
    "polling": BASE | {"poll_state", "validators"},
    "health": BASE | {"poll_state", "polling"},
    "collect": BASE | {"urls", "nights", "poll_state", "polling"},
    "past": BASE | {"urls", "nights"},
    "past_file": BASE | {"settings", "yaml_file"},
    "opml": BASE | {"urls", "feeds"},
    "discover": BASE | {"urls", "feeds"},
    "settings": BASE,
    "yaml_file": BASE,
    "config": BASE | {"settings", "yaml_file"},
    "entity_file": BASE | {"yaml_file"},
    "entity_list": BASE | {"entity_file"},
    "decision_lines": BASE | {"urls"},
    "decisions": BASE | {"decision_lines", "deduplicate"},
    "corrections": BASE | {"decision_lines"},
    "tombstones": BASE | {"decision_lines"},
    "fips": BASE,
    "language_files": BASE | {"tag"},
    "gazetteer_files": BASE | {"entity_list", "language_files", "tag"},
    "gazetteer": BASE | {"gazetteer_files", "language_files", "tag"},
    "backends": BASE | {"tag"},
    "fetch": BASE | {"urls"},
    "landing": BASE,
    "warehouse": BASE,
    "search": BASE,
    "workers": BASE,
    "report": BASE,
    "gaps": BASE | {"nights"},
    "page": BASE | {"gaps", "health", "poll_state", "report", "search", "warehouse"},
    "newsstand": BASE,
    "pipeline": STAGES
    | BASE
    | {
        "backends",
        "nights",
        "register",
        "settle",
        "collect",
        "poll_state",
        "polling",
        "health",
        "config",
        "corrections",
        "decision_lines",
        "decisions",
        "tombstones",
        "gazetteer",
        "gazetteer_files",
        "fetch",
        "fips",
        "landing",
        "warehouse",
        "search",
        "workers",
        "past",
        "past_file",
    }
    | {"report"},
}
#: Third-party library -> the parts that may import it.
LIVES_IN = {
    "requests": {"fetch"},
    "urllib3": {"fetch"},
    "protego": {"fetch"},
    "duckdb": {"warehouse"},
    "trafilatura": {"extract"},
    "py3langid": {"extract"},
    "feedparser": {"feeds"},
    "regex": {"feeds", "config"},
    "courlan": {"urls"},
    "tldextract": {"urls"},
    "fastwarc": {"landing"},
    "zstandard": {"landing"},
    "pyarrow": {"landing", "page"},
    "psutil": {"workers"},
    "upath": {"landing"},
    "altair": {"report"},
    "vl_convert": {"report"},
    "jinja2": {"report", "page"},
    "xlsxwriter": {"page"},
    "tantivy": {"search"},
    "pycrfsuite": {"tag", "cli"},
    "spacy": {"backends"},
    "gliner": {"backends"},
    "pydantic": {"config", "entity_file", "past_file", "yaml_file"},
    "airflow": set(),
}
#: What a stage may not touch: the world outside its arguments.
FORBIDDEN_IN_STAGES = {
    "os", "random", "secrets", "socket", "subprocess", "sqlite3", "tempfile", "time",
}  # fmt: skip


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            if node.module == "nightdesk":
                found |= {f"nightdesk.{alias.name}" for alias in node.names}
    return found


def test_package_is_found() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_go_one_way(path: Path) -> None:
    part = part_of(path)
    allowed = MAY_IMPORT.get(part)
    for name in imports_of(path):
        words = name.split(".")
        if words[0] == "nightdesk" and len(words) > 1 and allowed is not None:
            target = words[1]
            is_known = (PACKAGE / target).exists() or (
                PACKAGE / f"{target}.py"
            ).exists()
            if is_known:
                assert target == part or target in allowed, f"{part} imports {name}"
        if words[0] in LIVES_IN:
            assert part in LIVES_IN[words[0]], f"{part} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_stages_know_nothing_of_the_world(path: Path) -> None:
    part = part_of(path)
    if part not in STAGES or path.name == "build.py":
        return
    tops = {name.split(".")[0] for name in imports_of(path)}
    assert not tops & FORBIDDEN_IN_STAGES
    calls = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert not calls & {"now", "utcnow", "today", "environ", "read_text", "read_bytes"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "dags").glob("*.py")), ids=lambda p: p.name
)
def test_dag_files_import_airflow_and_stdlib_only_at_the_top(path: Path) -> None:
    for node in ast.parse(path.read_text("utf-8")).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert name == "airflow.sdk" or top in sys.stdlib_module_names, name
