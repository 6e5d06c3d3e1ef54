"""The fetch stage over JSON lines: one row in, one row out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from nightdesk.fetch.fetcher import Fetcher
from nightdesk.fetch.request import Request
from nightdesk.model import Attempt


def fetch_row(fetcher: Fetcher, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what became of one row `{id, url}`, and `purpose: page` if it is one.

    Without a purpose the address is fetched as a feed: any textual type is welcome.
    A row without an address gets the outcome `bad_url`. The keys of the result: id,
    outcome, status, final_url, bytes_wire, bytes_decoded, ms, error.
    """
    request = _read_row(row)
    if request is None:
        return _refuse_row(row)
    return _make_row(row, fetcher.fetch(request).attempt)


def fetch_rows(
    fetcher: Fetcher, rows: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield what became of each row, side by side and as they finish."""
    by_request: dict[int, tuple[Request, Mapping[str, Any]]] = {}
    for row in rows:
        request = _read_row(row)
        if request is None:
            yield _refuse_row(row)
        else:
            by_request[id(request)] = (request, row)
    requests = [request for request, _ in by_request.values()]
    for request, done in fetcher.fetch_all(requests):
        yield _make_row(by_request[id(request)][1], done.attempt)


def _read_row(row: Mapping[str, Any]) -> Request | None:
    url = row.get("url")
    is_page = row.get("purpose") == "page"
    purpose: Literal["feed", "page"] = "page" if is_page else "feed"
    return Request(url=url, purpose=purpose) if isinstance(url, str) else None


def _refuse_row(row: Mapping[str, Any]) -> dict[str, Any]:
    error = "address: missing" if row.get("url") is None else "address: no text"
    return _make_row(row, Attempt("", "", "bad_url", "feed", error=error))


def _make_row(row: Mapping[str, Any], attempt: Attempt) -> dict[str, Any]:
    return {
        "id": row.get("id"),
        "outcome": attempt.outcome,
        "status": attempt.status,
        "final_url": attempt.final_url or None,
        "bytes_wire": attempt.bytes_wire,
        "bytes_decoded": attempt.bytes_decoded,
        "ms": attempt.duration_ms,
        "error": attempt.error,
    }
