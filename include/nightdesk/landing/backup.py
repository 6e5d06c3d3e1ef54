"""One file that holds what cannot be made again: landing, configuration, decisions.

A tar, zstd over all of it, the list of digests last. A backup may be made while a night
runs: files are never changed but for small states, and they are copied in the reverse
of the order in which a run writes them. What refers to something is thus never newer
than what it refers to: poll states before entries, entries before the archive.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import zstandard

from nightdesk.errors import LandingError
from nightdesk.landing import Landing
from nightdesk.landing.files import sync_folder

MANIFEST = "manifest.json"
PARTS = ("landing", "config", "decisions")
#: The first to be copied, and the last; the others are copied between them.
_FIRST = ("sources", "pages", "hosts", "journal", "built", "coverage", "urls")
_LAST = ("undated", "entries", "captures", "archive")
#: What a takedown that is under way knows: what is to go.
_LEFT_OUT = frozenset({"takedown.json"})
_LEVEL = 1  # most of it is compressed already; holes in archives are not
_CHUNK = 1 << 18


def write_backup(
    landing: Landing, folders: Mapping[str, Path], facts: Mapping[str, Any], file: Path
) -> dict[str, Any]:
    """Write a backup, whole or not at all; return its list of contents.

    Args:
        landing: the landing area.
        folders: of other parts, by their names in the backup.
        facts: what the list of contents says beside the digests.
        file: of the backup; it must not be there.

    Raises:
        LandingError: something cannot be read, or the backup not be written.
    """
    digests: dict[str, str] = {}
    if file.exists():
        raise LandingError(f"backup: {file}: already there; name a new file")
    draft = file.with_name(f".{file.name}.tmp")
    try:
        with draft.open("wb") as sink:
            zipper = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
            with (
                zipper.stream_writer(sink, closefd=False) as stream,
                tarfile.open(fileobj=stream, mode="w|") as tar,
            ):
                for name, path in _list_landing(landing):
                    _add(tar, f"landing/{name}", path, digests)
                for part, folder in folders.items():
                    for path in sorted(folder.rglob("*")):
                        name = path.relative_to(folder).as_posix()
                        if path.is_file() and not path.name.startswith("."):
                            _add(tar, f"{part}/{name}", path, digests)
                manifest = {**facts, "files": digests}
                _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
            sink.flush()
            os.fsync(sink.fileno())
        draft.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise LandingError(f"backup: {file}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _list_landing(landing: Landing) -> Iterator[tuple[str, Any]]:
    """Yield names and paths of whole files, in the order in which they are copied."""
    root = landing.root
    tops = {child.name for child in root.iterdir()} if root.is_dir() else set()
    middle = sorted(tops - {*_FIRST, *_LAST})
    for top in (*_FIRST, *middle, *_LAST):
        path = root / top
        if path.is_file() and not top.startswith(".") and top not in _LEFT_OUT:
            yield top, path
        elif path.is_dir():
            for child in sorted(path.rglob("*"), key=str):
                if child.is_file() and not child.name.startswith("."):
                    yield str(child.relative_to(root)), child


def _add(tar: tarfile.TarFile, name: str, path: Any, digests: dict[str, str]) -> None:
    try:
        stream: BinaryIO = path.open("rb")
    except FileNotFoundError:
        return  # swept since it was listed
    with stream:
        info = tarfile.TarInfo(name)
        info.size = stream.seek(0, os.SEEK_END)
        info.mtime = int(path.stat().st_mtime)
        info.mode = 0o644
        stream.seek(0)
        reader = _Digesting(stream)
        tar.addfile(info, reader)
        digests[name] = reader.digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    tar.addfile(info, io.BytesIO(data))


class _Digesting:
    """A stream that knows the SHA-256 of what was read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


# restoring -------------------------------------------------------------------


def unpack_backup(file: Path, target: Path) -> dict[str, Any]:
    """Unpack a backup into an empty folder; return its list of contents.

    Raises:
        LandingError: it is damaged, cut off or no backup of ours, or holds a file that
            its list does not name, or the other way round.
    """
    found: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with _open(file) as tar:
            for info in tar:
                member = tar.extractfile(info)
                if member is None:
                    raise ValueError(f"{info.name}: is no file")
                if info.name == MANIFEST:
                    manifest = json.loads(member.read())
                else:
                    found[info.name] = _unpack(target, info, member)
    except (OSError, ValueError, tarfile.TarError, zstandard.ZstdError) as error:
        raise LandingError(f"restore: {file}: {error}") from error
    if manifest is None:
        raise LandingError(f"restore: {file}: cut off: its list of contents is missing")
    stated = manifest["files"]
    wrong = sorted(
        name for name in {*found, *stated} if found.get(name) != stated.get(name)
    )
    if wrong:
        raise LandingError(f"restore: {file}: {wrong[0]}: is not what was backed up")
    return manifest


@contextmanager
def _open(file: Path) -> Iterator[tarfile.TarFile]:
    with (
        file.open("rb") as source,
        zstandard.ZstdDecompressor().stream_reader(source) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        yield tar


def _unpack(target: Path, info: tarfile.TarInfo, member: IO[bytes]) -> str:
    """Write one file; return its digest. Long zeros become holes again."""
    place = PurePosixPath(info.name)
    if place.is_absolute() or ".." in place.parts or place.parts[0] not in PARTS:
        raise ValueError(f"{info.name}: does not belong into a backup")
    path = target / place
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as sink:
        while chunk := member.read(_CHUNK):
            digest.update(chunk)
            if any(chunk):
                sink.write(chunk)
            else:
                sink.seek(len(chunk), os.SEEK_CUR)
        sink.truncate()
    os.utime(path, (info.mtime, info.mtime))
    return digest.hexdigest()
