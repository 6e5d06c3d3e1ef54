"""Records taken out of an archive file: the bytes go, the places of the others stay.

Where a record lay is a skippable frame of the same length (RFC 8878, 3.1.2), which
every zstd reader passes over; its zeros take no room on a file system with sparse
files. A file of which nothing is left is removed, and its name noted in
`given_up/day=C.json` (`Landing.is_given_up`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import BinaryIO

from nightdesk.errors import ArchiveError, LandingError
from nightdesk.landing import GIVEN_UP, Landing
from nightdesk.landing.archive import encode_hole, find_hole, read_record
from nightdesk.landing.cures import name_cure
from nightdesk.landing.files import Spool

_CHUNK = 1 << 16  # a hole smaller than that keeps its room


def erase_records(
    landing: Landing, file: str, sizes: Mapping[int, int | None], end: bytes = b""
) -> int:
    """Take records out of an archive file; return how many bytes they had.

    The file is written anew beside the old one and takes its place, whole. Records
    that are gone already are passed over, so that it may be done again.

    Args:
        landing: the landing area.
        file: the archive file.
        sizes: of the frames to take out, by their offsets; None: as read there.
        end: frames to append.

    Raises:
        LandingError: the file cannot be read or written.
    """
    path, at, n_bytes = landing.root / file, 0, 0
    try:
        with path.open("rb") as stream:
            spans = list(_find_spans(stream, file, sizes))
            if not spans and not end:
                return 0
            spool, length = Spool(path), path.stat().st_size
            for offset, size in spans:
                _copy(stream, spool, at, offset)
                head = encode_hole(size)
                spool.write(head)
                spool.skip(size - len(head))
                at, n_bytes = offset + size, n_bytes + size
            _copy(stream, spool, at, length)
            spool.write(end)
        spool.close()
    except OSError as error:
        raise LandingError(f"landing: cannot rewrite {file}: {error}") from error
    return n_bytes


def _find_spans(
    stream: BinaryIO, file: str, sizes: Mapping[int, int | None]
) -> Iterator[tuple[int, int]]:
    for offset, known in sorted(sizes.items()):
        if find_hole(stream, offset):
            continue
        try:
            yield offset, known or read_record(stream, file, offset).size
        except ArchiveError as error:
            raise ArchiveError(f"{error}; {name_cure(file)}", error.cause) from error


def _copy(stream: BinaryIO, spool: Spool, start: int, end: int) -> None:
    stream.seek(start)
    while start < end:
        chunk = stream.read(min(_CHUNK, end - start))
        if any(chunk):
            spool.write(chunk)
        else:
            spool.skip(len(chunk))
        start += len(chunk)


def remove_files(landing: Landing, day: date, files: Iterable[str], on: date) -> None:
    """Note archive files of a day of capture as given up, and remove them.

    Args:
        landing: the landing area.
        day: of capture.
        files: the archive files.
        on: the day of doing so.
    """
    name, gone = GIVEN_UP.format(day=f"day={day}"), sorted(files)
    if not gone:
        return
    landing.write_json(name, {f: str(on) for f in gone} | landing.read_json(name))
    for file in gone:
        landing.drop(file)
    with suppress(OSError):  # not empty; or an object store, which has no folders
        (landing.root / f"archive/day={day}").rmdir()
