"""newsstand, doctor: the surroundings of a night."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from nightdesk.backends import make_tagger
from nightdesk.cli import Commands, add_command, say
from nightdesk.cli.connection import connect_warehouse
from nightdesk.config import Settings, load_settings, load_sources, sources_path
from nightdesk.errors import ConfigError, NightdeskError, WarehouseMissing
from nightdesk.gazetteer import load_gazetteer
from nightdesk.landing import Landing
from nightdesk.past_file import load_places
from nightdesk.pipeline.built import read_loads
from nightdesk.pipeline.disk import forecast_disk
from nightdesk.warehouse.connect import open_warehouse
from nightdesk.warehouse.lake import hide_passwords

_NOT_WANTED = 3  # exit code of `newsstand --wanted`
_GB = 1024**3


def add_commands(commands: Commands) -> None:
    """Add `newsstand` and `doctor`."""
    about = "serve the sample world on this machine"
    _add_stand(add_command(commands, "newsstand", _newsstand, about, "newsstand"))
    about = "check this machine and say what to do"
    doctor = add_command(commands, "doctor", _doctor, about, "doctor")
    doctor.add_argument("--quiet", action="store_true", help="print problems only")


def _add_stand(stand: argparse.ArgumentParser) -> None:
    stand.add_argument("--port", type=int, default=8765, help="0: any free one")
    stand.add_argument("--host", default="127.0.0.1", help="address to bind")
    reached = "how others reach it, for the mirrors file"
    stand.add_argument("--address", metavar="URL", help=reached)
    stand.add_argument("--articles", type=int, metavar="N", help="articles a night")
    stand.add_argument("--folder", type=Path, help="also serve real pages from here")
    dead = "sources that play dead; * for all"
    stand.add_argument("--broken", default="", metavar="IDS", help=dead)
    stand.add_argument(
        "--plays",
        default={},
        type=_read_plays,
        metavar="ID=PLAY,...",
        help="sources that let their readers down from a day on, such as "
        "harbour-ledger=silent@2026-03-02; a wrong word prints the list",
    )
    stand.add_argument("--port-file", type=Path, help="write {port, pid} here")
    stand.add_argument("--mirrors-file", type=Path, help="write the URL mirrors here")
    clear = "remove the sample's nights, to make room for real ones"
    stand.add_argument("--clear", action="store_true", help=clear)
    wanted = f"say by exit code if our sources live there (0) or not ({_NOT_WANTED})"
    stand.add_argument("--wanted", action="store_true", help=wanted)


def _read_plays(text: str) -> dict[str, str]:
    """Return source id -> play, from `id=play,id=play@day`."""
    pairs = [word.strip().partition("=") for word in text.split(",") if word.strip()]
    if not all(source_id and play for source_id, _, play in pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: want ID=PLAY or ID=PLAY@DAY")
    return {source_id: play for source_id, _, play in pairs}


def _newsstand(options: argparse.Namespace) -> int:
    settings = load_settings()
    if options.clear:
        return _clear_sample(settings)
    if options.wanted:
        wanted = load_sources(sources_path(settings)).is_newsstand
        return 0 if wanted else _NOT_WANTED
    from nightdesk.newsstand import Stand, World, run_forever

    if options.folder and not options.folder.is_dir():
        raise ConfigError(f"--folder: {options.folder} is no folder")
    world = World(
        articles_per_night=options.articles or settings.newsstand_articles,
        folder=options.folder,
        broken=frozenset(word for word in options.broken.split(",") if word),
        plays=options.plays,
    )

    def announce(stand: Stand) -> None:
        if options.mirrors_file:
            mirrors = world.mirrors(options.address or stand.base_url)
            _write(options.mirrors_file, json.dumps(mirrors))
        if options.port_file:
            _write(
                options.port_file, json.dumps({"port": stand.port, "pid": os.getpid()})
            )
        say(f"newsstand at {stand.base_url}")
        sys.stdout.flush()

    run_forever(world, host=options.host, port=options.port, ready=announce)
    return 0


def _clear_sample(settings: Settings) -> int:
    """Remove what the sample world left; nothing where real news lies."""
    marker = Landing(settings.landing).read_json("world.json")
    if not marker.get("is_sample"):
        raise ConfigError(
            f"{settings.landing}: holds no sample nights: nothing removed"
        )
    for folder in ("landing", "warehouse", "published", "briefs", "hosts"):
        shutil.rmtree(settings.data / folder, ignore_errors=True)
        say(f"removed {settings.data / folder}")
    return 0


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def _doctor(options: argparse.Namespace) -> int:
    settings, worst = load_settings(), 0
    for is_good, what, cure in _examine(settings):
        if not is_good:
            worst = 2
            sys.stderr.write(f"problem  {what}: {cure}\n")
        elif not options.quiet:
            say(f"good     {what}")
    _warn_of_disk(settings, is_quiet=options.quiet)
    return worst


def _examine(settings: Settings) -> Iterator[tuple[bool, str, str]]:
    """Yield (is it good, what was looked at, what to do)."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield (
        sys.version_info[:2] in ((3, 11), (3, 12)),
        f"Python {version}",
        "run with Python 3.11 or 3.12",
    )
    yield from _examine_landing(settings)
    path = sources_path(settings)
    try:
        sources = load_sources(path)
        yield True, f"sources {path}: {len(sources.enabled)} enabled", ""
        if not sources.is_newsstand:
            is_told = settings.contact is not None
            yield is_told, "contact for servers", "set NIGHTDESK_CONTACT to an address"
        gazetteer = load_gazetteer(settings.shipped, settings.config_dir)
        yield True, "regions, entities and places", ""
        tagger = make_tagger(gazetteer, settings.tagger)
        yield True, f"tagger {settings.tagger}: {tagger.version}", ""
        on = [
            place.kind for place in load_places(settings).values() if place.is_enabled
        ]
        yield True, f"past nights are read from: {', '.join(on) or 'the archive'}", ""
    except ConfigError as error:
        yield False, "configuration", str(error)
    try:
        with open_warehouse(connect_warehouse(settings, must_exist=True), wait_s=0):
            yield True, f"warehouse {hide_passwords(settings.warehouse)}", ""
    except WarehouseMissing as error:
        is_new = not read_loads(Landing(settings.landing))
        where = hide_passwords(settings.warehouse)
        what = f"warehouse {where}: the first load makes it" if is_new else "warehouse"
        yield is_new, what, str(error)
    except NightdeskError as error:
        yield False, "warehouse", str(error)
    home = os.environ.get("AIRFLOW_HOME")
    yield True, f"Airflow home {home or 'not set: the launcher sets its own'}", ""
    port = int(os.environ.get("NIGHTDESK_PORT") or 8080)
    state = "free" if _is_free(port) else "in use, by `make up` or another program"
    yield True, f"port {port}: {state}; NIGHTDESK_PORT=0 takes any free one", ""


def _examine_landing(settings: Settings) -> Iterator[tuple[bool, str, str]]:
    try:
        Landing(settings.landing).put(".doctor", b"can we write here?")
        (Landing(settings.landing).root / ".doctor").unlink()
        yield True, f"landing {settings.landing}", ""
    except NightdeskError as error:
        yield False, "landing", f"{error}; check owner and free space"
        return
    free = shutil.disk_usage(settings.data).free / _GB
    yield free >= 2, f"disk: {free:.0f} GiB free", "less than 2 GiB: make room"


def _warn_of_disk(settings: Settings, *, is_quiet: bool) -> None:
    """Say how much room there is; too little is a warning, which stops nothing."""
    forecast = forecast_disk(settings, datetime.now(UTC).date())
    if forecast.problem:
        cure = "nightdesk maintain retain sweep, or make room"
        sys.stderr.write(f"warning  disk: {forecast.problem}: {cure}\n")
    if not is_quiet:
        say(f"room     {forecast.describe()}")


def _is_free(port: int) -> bool:
    if port == 0:
        return True
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
