"""Is the index what was written? Reads all of it and changes nothing.

Left out: the version of tantivy that each file ends with, which no sum covers and
nothing reads.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nightdesk.errors import SearchError
from nightdesk.model import Finding
from nightdesk.search.index import CURE, open_index, read_meta

_FOOTER = struct.Struct("<II")  # of tantivy's files: length of the JSON before, magic
_MAGIC = 1337


def verify_index(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the index in force; every byte is read.

    An index that is missing is no fault: nothing may have been published yet.
    """
    if not (folder / "current").is_symlink():
        return
    place = (folder / "current").resolve()
    try:
        open_index(folder)
        segments = read_meta(place)["segments"]
    except SearchError as error:
        yield Finding("search", str(error), CURE)
        return
    for segment in segments:
        for path in sorted(place.glob(f"{segment['segment_id'].replace('-', '')}.*")):
            if problem := _find_fault(path):
                yield Finding(f"search/{place.name}/{path.name}", problem, CURE)


def _find_fault(path: Path) -> str | None:
    """Compare a file of tantivy's with the checksum at its end."""
    try:
        with path.open("rb") as file:
            n_footer = _FOOTER.size
            file.seek(-n_footer, os.SEEK_END)
            n_json, magic = _FOOTER.unpack(file.read(n_footer))
            n_body = file.tell() - n_footer - n_json
            file.seek(n_body)
            crc = json.loads(file.read(n_json))["crc"]
            file.seek(0)
            is_same = magic == _MAGIC and _sum(file, n_body) == crc
    except (OSError, ValueError, KeyError, struct.error) as error:
        return f"cannot be read: {error}"
    return None if is_same else "its bytes have changed"


def _sum(file: BinaryIO, n_bytes: int) -> int:
    crc = 0
    while n_bytes > 0 and (block := file.read(min(n_bytes, 1 << 20))):
        crc = zlib.crc32(block, crc)
        n_bytes -= len(block)
    return crc
