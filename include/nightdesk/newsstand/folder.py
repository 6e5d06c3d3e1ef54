"""A folder of real pages, served under their real addresses.

`index.jsonl` holds one object a line: `url`, `file` (relative to the folder, may be
.gz) and, if it is not HTML, `content_type`. Feeds are such files too.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from string import punctuation
from urllib.parse import quote, urlsplit

from nightdesk.errors import ConfigError

Address = tuple[str, str, str]  # scheme, host, path with query


@dataclass(frozen=True, slots=True)
class MirrorPage:
    """A file and the type under which it is served."""

    file: Path
    content_type: str

    def read(self) -> bytes:
        """Return the bytes, unpacked where the name ends in .gz.

        Raises:
            OSError: the file is gone or is no gzip file.
        """
        raw = self.file.read_bytes()
        if self.file.suffix != ".gz":
            return raw
        try:
            return gzip.decompress(raw)
        except (EOFError, zlib.error) as error:
            raise OSError(f"newsstand: {self.file}: {error}") from error


def split_address(url: str) -> Address:
    """Return scheme, host and path with query of an absolute address, as clients ask.

    >>> split_address("https://a.example/b?c=1#d")
    ('https', 'a.example', '/b?c=1')
    """
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    path = quote((parts.path or "/") + query, safe=punctuation)
    return parts.scheme, parts.netloc.lower(), path


def read_index(folder: Path) -> dict[Address, MirrorPage]:
    """Return address -> page of a folder.

    Raises:
        ConfigError: no index, a bad line, or a file that is not inside the folder.
    """
    index = folder / "index.jsonl"
    try:
        lines = index.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"newsstand: {index}: {error.strerror}") from error
    pages: dict[Address, MirrorPage] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                address, file = split_address(row["url"]), str(row["file"])
                kind = row.get("content_type") or "text/html"
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ConfigError(f"newsstand: {index}:{number}: {error!r}") from error
            pages[address] = MirrorPage(_find(folder, file, index, number), kind)
    return pages


def _find(folder: Path, file: str, index: Path, number: int) -> Path:
    found = (folder / file).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise ConfigError(
            f"newsstand: {index}:{number}: {file}: no file inside the folder"
        )
    return found
