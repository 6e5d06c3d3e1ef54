"""Damage to what is kept: a flipped byte, a file that ends early. Never silently wrong.

    python tests/chaos/damage.py --damages 40 --seed 1

A desk of two nights is copied, one file of the copy is damaged, and three things are
asked for, as people ask: the tables' hashes, `verify`, and what `verify` says to do.
Either the tables are those from before, or the command refuses, or `verify` names the
file; and what it says to do, word for word, brings the tables back, byte for byte. What
is to be restored comes from a backup of the whole desk. A rebuild takes most of the
time: with --mend 4 every fourth damage of a kind is mended, and the others are only
looked at.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import shlex
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import duckdb
from pastworld import BY_ID, NIGHT, ONE_DAY, open_desk

from nightdesk.__main__ import main as main_of_nightdesk

NIGHTS = (NIGHT, NIGHT + ONE_DAY)
SOURCES = ("deichbote", "pacific-lantern", "indus-observer")
#: Kind of file -> the files of a data folder that are of it.
KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "database": lambda data: [data / "warehouse.duckdb"],
    "wal": lambda data: [data / "warehouse.duckdb.wal"],
    "rows": lambda data: sorted(data.glob("landing/**/*.parquet")),
    "state": lambda data: sorted(data.glob("landing/**/*.json")),
    "archive": lambda data: sorted(data.glob("landing/archive/**/*.zst")),
}
_LONGEST_S = 1500
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["damage", "nightdesk.cli.warehouse", "nightdesk.cli.archive"]
)
_COMMAND = re.compile(r"nightdesk ([a-z][\w =:./-]*)", re.IGNORECASE)


@dataclass
class Drill:
    """A desk that is whole, and what has been counted."""

    whole: Path
    chance: random.Random
    hashes: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    is_mending: bool = True


def run(data: Path, *words: str) -> tuple[int, str]:
    """Return a command's exit code and what it said; if nothing, why."""
    own = {
        "NIGHTDESK_DATA": str(data),
        "NIGHTDESK_LANDING": str(data / "landing"),
        "NIGHTDESK_WAREHOUSE": str(data / "warehouse.duckdb"),
    }
    said = data.with_name("said")
    process = _FORKS.Process(target=obey, args=(own, words, said))
    process.start()
    process.join(_LONGEST_S)
    assert process.exitcode in (0, 1, 2), f"{words}: ended by {process.exitcode}"
    told = [said.with_suffix(ending).read_text() for ending in (".out", ".err")]
    return process.exitcode, told[0] or told[1]


def obey(own: dict[str, str], words: tuple[str, ...], said: Path) -> None:
    """Be the command line: in a process of its own that has imported all before."""
    os.environ.update(own)
    with (
        said.with_suffix(".out").open("w") as out,
        said.with_suffix(".err").open("w") as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main_of_nightdesk(words)
    sys.exit(code)


def run_damages(
    folder: Path,
    n_damages: int,
    seed: int,
    tell: Callable[[str], object] = str,
    mend_every: int = 1,
    kinds: Collection[str] = tuple(KINDS),
) -> Counter[str]:
    """Damage n files of each kind; an AssertionError says all that was wrong.

    Args:
        folder: to work in, empty.
        n_damages: of each kind of file.
        seed: of what is damaged, and where.
        tell: is given a line on each damage as it has been looked at.
        mend_every: how many damages of a kind there are to each that is mended.
        kinds: keys of KINDS.
    """
    drill = Drill(folder / "whole", random.Random(seed))
    make_desk(drill)
    wrong = []
    for kind in kinds:
        for n in range(n_damages):
            drill.is_mending = n % mend_every == 0
            try:
                tell(f"{kind}: {damage_one(drill, kind, folder / 'copy')}")
            except AssertionError as error:
                tell(f"{kind}: WRONG: {error}")
                wrong.append(f"{kind}: {error}")
    assert not wrong, "\n".join(wrong)
    return drill.counts


def make_desk(drill: Drill) -> None:
    """Collect and load two nights, the second of them into the WAL alone."""
    drill.whole.mkdir()
    with open_desk(drill.whole) as desk:
        desk.watch(**{key: {"past_url": f'"{BY_ID[key].past_url}"'} for key in SOURCES})
        for night in NIGHTS:
            desk.collect(SOURCES, night)
    warehouse = drill.whole / "warehouse.duckdb"
    assert run(drill.whole, "run", "--offline", "--night", str(NIGHTS[0]))[0] == 0
    before = warehouse.read_bytes()
    assert run(drill.whole, "run", "--offline", "--night", str(NIGHTS[1]))[0] == 0
    drill.hashes = read_hashes(drill.whole)
    backup = drill.whole.with_name("backup.tar.zst")
    assert run(drill.whole, "backup", str(backup))[0] == 0
    leave_wal(warehouse, before)
    assert warehouse.with_name("warehouse.duckdb.wal").stat().st_size > 10_000


def leave_wal(warehouse: Path, before: bytes) -> None:
    """Bring a database to what it holds from what it held, by its WAL alone.

    The files of one that is open: what a machine leaves that loses its power.
    """
    fresh, live = warehouse.with_suffix(".fresh"), warehouse.with_suffix(".live")
    warehouse.rename(fresh)
    live.write_bytes(before)
    with duckdb.connect(str(live)) as con:
        con.execute("SET wal_autocheckpoint = '1TB'")
        con.execute(f"ATTACH '{fresh}' AS fresh (READ_ONLY)")
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'fresh'"
        ).fetchall()
        con.execute("BEGIN")
        for (table,) in tables:
            con.execute(f'DELETE FROM "{table}"')
            con.execute(f'INSERT INTO "{table}" BY NAME FROM fresh.main."{table}"')
        con.execute("COMMIT")
        shutil.copyfile(live, warehouse)
        wal = live.with_name(f"{live.name}.wal")
        shutil.copyfile(wal, warehouse.with_name(f"{warehouse.name}.wal"))
    live.unlink()
    fresh.rename(warehouse.parents[1] / "checkpointed.duckdb")


def read_hashes(data: Path) -> str:
    """Return the hashes of the tables as they are printed."""
    code, said = run(data, "warehouse", "hash")
    assert code == 0, said
    return said


def damage_one(drill: Drill, kind: str, data: Path) -> str:
    """Damage one file of a copy, look at it, and mend it as it is said.

    Returns:
        What was damaged, what the tables' hashes said, what `verify` said to do.
    """
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(drill.whole, data, symlinks=True)
    if kind != "wal":
        (data / "warehouse.duckdb.wal").unlink()
        checkpointed = drill.whole.with_name("checkpointed.duckdb")
        shutil.copyfile(checkpointed, data / "warehouse.duckdb")
    path = drill.chance.choice(KINDS[kind](data))
    name = str(path.relative_to(data))
    what = damage(path, drill.chance)
    code, said = run(data, "warehouse", "hash")
    is_same = code == 0 and said == drill.hashes
    findings = list(find(data, kind))
    assert is_same or code or findings, f"silently wrong: {name}: {what}"
    if drill.is_mending:
        mend_all(drill, kind, data, findings)
    word = "mended" if drill.is_mending else "named"
    drill.counts[f"{kind}: {word if findings else 'nothing was lost'}"] += 1
    seen = "the same" if is_same else "refused" if code else "other rows"
    cures = "; ".join(dict.fromkeys(cure.strip() for _, cure in findings)) or "nothing"
    return f"{name}: {what}: hashes {seen}; to do: {cures}"


def mend_all(
    drill: Drill, kind: str, data: Path, findings: list[tuple[str, str]]
) -> None:
    """Do what `verify` said, and see that nothing is left and the rows are back."""
    for finding in findings:
        mend(drill, data, finding)
    left = list(find(data, kind))
    assert not left, f"not mended: {findings}: {left}"
    if findings and kind in ("rows", "archive"):
        assert run(data, "warehouse", "rebuild")[0] == 0
    assert read_hashes(data) == drill.hashes, f"not as before: {findings}"


def damage(path: Path, chance: random.Random) -> str:
    """Flip a bit, or let the file end early; return which and where."""
    raw = bytearray(path.read_bytes())
    at = chance.randrange(len(raw))
    if chance.random() < 0.5:
        raw[at] ^= 1 << chance.randrange(8)
        what = f"a bit of byte {at} of {len(raw)}"
    else:
        del raw[at:]
        what = f"cut after {at} bytes"
    path.write_bytes(raw)
    return what


def find(data: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Yield each file that verify names, and what it says to do."""
    if kind == "archive":
        code, said = run(data, "archive", "verify")
        lines = said.splitlines()
        for line, cure in pairwise(lines):
            if line.startswith(("DAMAGED ", "UNLISTED ")):
                yield line.split()[1].rstrip(":"), cure
    else:
        code, said = run(data, "warehouse", "verify", "--json")
        assert said.startswith("["), said
        for row in json.loads(said):
            yield row["file"], row["do"]
    assert code in (0, 1), said


def mend(drill: Drill, data: Path, finding: tuple[str, str]) -> None:
    """Do what is said of a damaged file."""
    name, cure = finding
    path = data / "landing" / name
    if cure.startswith("delete it"):
        path.unlink(missing_ok=True)
    if (command := _COMMAND.search(cure)) is not None:
        backup = str(drill.whole.with_name("backup.tar.zst"))
        code, said = run(data, *shlex.split(command[1].replace("BACKUP", backup)))
        assert code == 0, f"{cure}: {said}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--damages", type=int, default=40, help="of each kind of file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this one")
    parser.add_argument("--mend", type=int, default=1, help="every n-th of them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = run_damages(
            Path(folder),
            options.damages,
            options.seed,
            say,
            options.mend,
            options.kind or tuple(KINDS),
        )
    for what, n in sorted(counts.items()):
        say(f"{what:32} {n}")


if __name__ == "__main__":
    main()
