"""Extraction over JSON lines, in processes that can be killed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nightdesk.workers import Limits, Lost, Named, WorkerPool

Row = dict[str, Any]

#: By name: whoever only hands rows out does without the import of trafilatura.
EXTRACT = Named("nightdesk.cli.pages:extract_named")


def extract_rows(
    rows: Iterable[Row], base: Path, limits: Limits | None = None
) -> Iterator[Row]:
    """Extract the pages that rows name, relative to their file, on all cores.

    A page that hangs, or eats all memory, costs its row alone: the row says which.
    """
    ids: deque[Any] = deque()

    def name_rows() -> Iterator[tuple[Row, str]]:
        for row in rows:
            ids.append(row.get("id"))
            yield row, str(base)

    processes: WorkerPool[tuple[Row, str], Row] = WorkerPool(EXTRACT, limits=limits)
    with processes as pool:
        for result in pool.map(name_rows()):
            row_id = ids.popleft()
            yield _state_loss(row_id, result) if isinstance(result, Lost) else result


def _state_loss(row_id: object, lost: Lost) -> Row:
    from nightdesk.pipeline.extract_task import name_loss

    facts = {"status": "failed", "reason": name_loss(lost), "error": lost.cause}
    return {"id": row_id, **facts, "text": ""}
