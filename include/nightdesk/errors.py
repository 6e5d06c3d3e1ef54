"""Every exception that nightdesk raises on purpose.

    NightdeskError
    |- ConfigError        a file or setting that people wrote is wrong: exit code 2
    |  `- QueryError      a search cannot be read; `place` says where
    |- LandingError       the landing area cannot be read or written
    |- ArchiveError       a capture is missing or damaged
    |  `- CaptureGone     it was given up on purpose: its time was over
    |- WarehouseError     the warehouse refused
    |  |- WarehouseDamaged it is not what was written
    |  |- WarehouseMissing there is none at its address
    |  |- WarehouseLocked another process holds it; `pid` says which
    |  `- CheckFailed     a check inside the load transaction found rows
    |- SearchError        the search index is missing, damaged or cannot be written
    |- ReportError        an edition of a brief cannot be read
    |- RequestError       what the page was asked for is not there; `status` says how
    |- WorkerError        processes cannot be started here
    |- NightFailed        the night is accounted for, and it is a failure: exit code 1
    `- FeedError          a document that is no feed at all

What is expected to go wrong with one page or feed (404, robots, an empty text) is no
exception but an outcome: see `model.OUTCOMES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


class NightdeskError(Exception):
    """Base of all; the message reads `what: which: cause`."""


class ConfigError(NightdeskError):
    """A configuration file or setting is wrong; names file, line or key, and cure."""


class QueryError(ConfigError):
    """A search query cannot be read.

    Attributes:
        place: the character that it begins to be wrong at, from 0; None: none of them.
    """

    def __init__(self, problem: str, place: int | None = None) -> None:
        where = "" if place is None else f" at character {place + 1}:"
        super().__init__(f"query:{where} {problem}")
        self.place = place


class LandingError(NightdeskError):
    """The landing area cannot be read or written.

    Attributes:
        cause: what is wrong, without the file and the cure.
    """

    def __init__(self, message: str, cause: str | None = None) -> None:
        super().__init__(message)
        self.cause = message if cause is None else cause


class ArchiveError(LandingError):
    """A capture is missing or damaged."""


class CaptureGone(ArchiveError):
    """A capture was given up: its time was over, or it had to be taken down."""


class WarehouseError(NightdeskError):
    """The warehouse cannot do what was asked."""


class WarehouseDamaged(WarehouseError):
    """The warehouse is not what was written.

    Attributes:
        cure: what mends it; it ends the message, too.
    """

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(f"{message}; {cure}" if cure else message)
        self.cure = cure


class WarehouseMissing(WarehouseError):
    """There is no warehouse where the settings say."""


class WarehouseLocked(WarehouseError):
    """Another process has the warehouse open.

    Attributes:
        pid: the process that holds it, where the engine says so.
    """

    def __init__(self, message: str, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class CheckFailed(WarehouseError):
    """A night broke checks of severity error and was refused; see `model.Refusal`.

    Attributes:
        night: the night that was refused.
        checks: name, number of rows and a sample of them, for each broken check.
    """

    def __init__(
        self, message: str, night: date, checks: Sequence[tuple[str, int, str | None]]
    ) -> None:
        super().__init__(message)
        self.night = night
        self.checks = tuple(checks)


class SearchError(NightdeskError):
    """The search index cannot do what was asked; the message names the cure."""


class ReportError(NightdeskError):
    """An edition of a brief cannot be read or written."""


class RequestError(NightdeskError):
    """What the page was asked for cannot be shown.

    Attributes:
        status: of HTTP: 400 for a parameter that is wrong, 404 for what is not there.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class WorkerError(NightdeskError):
    """A process for part of the work cannot be started."""


class NightFailed(NightdeskError):
    """The night ended, is accounted for, and counts as a failure."""


class FeedError(NightdeskError):
    """The document is no feed of a kind that we read.

    Attributes:
        url: where it came from, if known.
    """

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url
