"""Whole files or none: temporary name, flush to disk, rename, flush the folder.

A file that was renamed but whose folder was not flushed can be gone after a power cut,
and a reader of a half-written file would see half a night. Local files only; object
stores put whole objects by themselves.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO, BinaryIO

from upath import UPath

#: A temporary file that nobody holds and nobody touched for so long is left over from
#: a process that was killed. Its writer locks it within a millisecond of making it.
_LEFT_OVER_S = 600


def is_local(path: UPath) -> bool:
    """Say whether the path lies on a file system of this machine."""
    return path.protocol in ("", "file")


def put_local(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing."""
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            _flush(stream)
        _rename(Path(name), path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, so that they are still there after a power cut.

    >>> make_folder(Path("/"))
    """
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_left_overs(folder: Path) -> list[str]:
    """Delete temporary files of processes that are gone; return their names."""
    gone = []
    for path in sorted(folder.glob(".*.tmp")):
        if path.is_dir():
            continue
        try:
            if time.time() - path.stat().st_mtime < _LEFT_OVER_S:  # never a new one
                continue
            with path.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except (BlockingIOError, FileNotFoundError):
            continue  # its writer lives, or another run swept it
        gone.append(path.name)
    return gone


class Spool:
    """A file of any size that grows under a temporary name until it is put in place.

    Beside its target, so that putting it there is a rename; for an object store in the
    temporary folder, from where it is sent in pieces.
    """

    def __init__(self, target: UPath) -> None:
        self._target = target
        self._name: str | None = None
        self._stream: IO[bytes] | BinaryIO
        if is_local(target):
            folder = Path(str(target)).parent
            make_folder(folder)
            handle, self._name = tempfile.mkstemp(".tmp", ".", folder)
            self._stream = os.fdopen(handle, "w+b")
            fcntl.flock(self._stream, fcntl.LOCK_EX)  # alive: see sweep_left_overs
        else:
            self._stream = tempfile.TemporaryFile()  # noqa: SIM115  closed by close
        self._discard = weakref.finalize(self, _discard, self._stream, self._name)

    def write(self, data: bytes) -> None:
        """Append."""
        self._stream.write(data)

    def skip(self, size: int) -> None:
        """Append zeros, which take no room where the file system can do that."""
        self._stream.seek(size, os.SEEK_CUR)

    def close(self) -> None:
        """Put the file in place, whole."""
        self._stream.truncate()  # its end may have been skipped
        _flush(self._stream)
        if self._name is not None:
            _rename(Path(self._name), Path(str(self._target)))
            self._discard.detach()
            self._stream.close()
            return
        self._stream.seek(0)
        with self._target.open("wb") as sink:
            shutil.copyfileobj(self._stream, sink, 1 << 20)
        self._discard()


def _discard(stream: IO[bytes], name: str | None) -> None:
    stream.close()
    if name is not None:
        Path(name).unlink(missing_ok=True)


def _flush(stream: IO[bytes] | BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _rename(source: Path, target: Path) -> None:
    source.chmod(0o644)
    source.replace(target)
    sync_folder(target.parent)
