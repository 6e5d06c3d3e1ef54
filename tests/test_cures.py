"""What is said to do about a damaged file of the landing area does bring it back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import connect_to
from httpworld import World
from nightworld import TEXT, Desk

from nightdesk.__main__ import main
from nightdesk.errors import LandingError
from nightdesk.landing.inspect import verify_day, verify_files
from nightdesk.model import KnownUrl
from nightdesk.pipeline.backup_task import back_up
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.content import hash_tables

pytestmark = pytest.mark.slow

NEWS = {
    "pier": ["Accra has a new pier after two years of work on the old harbour wall."],
    "lock": ["Tema opened a lock that lets barges into the lagoon at any tide now."],
}
FILE = "desk.tar.zst"
_COMMAND = re.compile(r"nightdesk ([a-z][\w =:./-]*[\w/])", re.IGNORECASE)
RESTORED = "nightdesk restore BACKUP --only {name}; without a backup "
#: A file -> what is to do, and whether a load goes on without.
DAMAGED = {
    "articles": ("delete it, then nightdesk run", False),
    "tags": ("delete it, then nightdesk run", False),
    "reviews": ("delete it, then nightdesk run", False),
    "plans": ("delete it: it only spares work", False),
    "built": ("delete it: it only spares work", True),
    "captures": ("delete it, then nightdesk archive index --day", True),
    "urls": ("nightdesk archive index --urls", False),
    "entries": (RESTORED + "delete it: what it says is lost", False),
    "coverage": (RESTORED + "delete it: what it says is lost", False),
    "watched": (RESTORED + "delete it: what it says is lost", False),
    "fetch_log": (RESTORED + "delete it: nights are loaded without", True),
    "learned": (RESTORED + "delete it: its night is then built", False),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with one night, loaded."""
    with World() as world:
        desk = Desk(tmp_path_factory.mktemp("desk"), world)
        desk.serve_news({name: lines + TEXT for name, lines in NEWS.items()})
        desk.collect()
        desk.build()
        yield desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A copy that a test may damage, and that commands work on."""
    desk = whole.copy(tmp_path / "desk")
    back_up(desk.job, tmp_path / FILE)
    desk.name(monkeypatch)
    return desk


def read_hashes(desk: Desk) -> dict[str, str]:
    with open_warehouse(connect_to(desk.job.settings.warehouse)) as con:
        return hash_tables(con)


def flip(desk: Desk, folder: str) -> str:
    """Change a byte of the first file of a folder; return its name."""
    path = next(
        p
        for p in sorted((desk.folder / "landing").rglob("*"))
        if p.is_file()
        and str(p.relative_to(desk.folder / "landing")).startswith(folder + "/")
    )
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    return str(path.relative_to(desk.folder / "landing"))


def mend(desk: Desk, backup: Path, name: str, cure: str) -> None:
    """Do what is said, word for word."""
    if cure.startswith("delete it"):
        (desk.folder / "landing" / name).unlink()
    if found := _COMMAND.search(cure):
        words = shlex.split(found[1].replace("BACKUP", str(backup)))
        assert main(words) == 0


@pytest.mark.parametrize("folder", DAMAGED)
def test_the_cure_of_a_damaged_file_brings_its_night_back(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    before = read_hashes(desk)
    name = flip(desk, folder)
    (finding,) = verify_files(desk.landing)
    wanted, goes_on = DAMAGED[folder]
    assert finding.file == name
    assert finding.cure.startswith(wanted.format(name=name))
    if goes_on:
        desk.build()
    else:
        with pytest.raises(LandingError) as error:
            desk.build()
        assert str(error.value).endswith(
            f"{name} is damaged: {finding.problem}; {finding.cure}"
        )
    if folder == "fetch_log":
        assert f"without its attempts in landing: {name} is damaged" in caplog.text
    mend(desk, tmp_path / FILE, name, finding.cure)
    assert list(verify_files(desk.landing)) == []
    desk.build()
    assert read_hashes(desk) == before


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "damaged"])
def test_an_archive_file_and_its_index_that_are_damaged_together_come_back(
    desk: Desk, tmp_path: Path, is_gone: bool
) -> None:
    (day,) = desk.landing.capture_days()
    n_whole, _ = verify_day(desk.landing, day)
    index = flip(desk, "captures")
    if is_gone:
        desk.landing.drop(index)
    archive = flip(desk, "archive")
    _, findings = verify_day(desk.landing, day)
    cures = {finding.cure for finding in findings}
    assert len(cures) == 1
    assert archive in {finding.file for finding in findings}
    for command in _COMMAND.findall(cures.pop().partition("; without")[0]):
        assert main(shlex.split(command.replace("BACKUP", str(tmp_path / FILE)))) == 0
    assert verify_day(desk.landing, day) == (n_whole, [])


@pytest.mark.parametrize("has_backup", [True, False], ids=["a backup", "no backup"])
@pytest.mark.parametrize("folder", ["entries", "coverage"])
def test_a_file_that_a_night_was_built_from_and_is_gone_is_named(
    desk: Desk, tmp_path: Path, folder: str, has_backup: bool
) -> None:
    before = read_hashes(desk)
    name = flip(desk, folder)
    (desk.folder / "landing" / name).unlink()
    (finding,) = verify_files(desk.landing)
    assert finding.file == name
    assert "is gone, and night 2026-" in finding.problem
    restore, _, rebuild = finding.cure.partition("; without a backup, ")
    mend(desk, tmp_path / FILE, name, restore if has_backup else rebuild)
    assert list(verify_files(desk.landing)) == []
    assert (read_hashes(desk) == before) == has_backup


def test_lost_files_of_the_url_index_are_made_again(desk: Desk) -> None:
    files = sorted((desk.folder / "landing" / "urls").rglob("*.parquet"))
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    assert main(["archive", "index", "--urls"]) == 0
    assert [path.read_bytes() for path in files] == before


def test_a_damaged_file_of_which_no_entry_tells_is_not_made_up(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """As one that takes back a page that was added by hand."""
    desk.landing.write_rows("urls/bucket=03", "other", [], KnownUrl)
    path = desk.folder / "landing" / "urls/bucket=03/other.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["archive", "index", "--urls"]) == 1
    told = capsys.readouterr().err
    assert "nightdesk restore BACKUP --only urls/bucket=03/other.parquet;" in told


def test_a_backup_without_the_file_changes_nothing(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["restore", str(tmp_path / FILE), "--only", "urls/none.parquet"]
    assert main(words) == 2
    assert "has no file urls/none.parquet" in capsys.readouterr().err
