"""What a person clicks in Airflow: log in, and run a backfill from its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

#: Each takes a picture of the page as it is then.
Look = Callable[[str], object]


@contextmanager
def open_airflow(browser: Any, port: int) -> Iterator[Any]:
    """Yield a page of a browser that is logged in."""
    size = {"width": 1280, "height": 1240}
    page = browser.new_page(viewport=size, color_scheme="light")
    page.set_default_timeout(90_000)
    page.goto(f"http://127.0.0.1:{port}/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "admin")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Dags").first.wait_for()
    yield page
    page.close()


def run_backfill(
    page: Any,
    first: date,
    last: date,
    sources: Sequence[str],
    look: Look,
    n_at_once: int = 1,
) -> None:
    """Click what `Backfill.clicks` says, on the page of the DAG; no sources: all."""
    n = (last - first).days + 1
    page.get_by_test_id("trigger-dag-button").click()
    dialog = page.get_by_role("dialog").first
    dialog.get_by_text("Run this Dag for a range of dates").click()
    for index, day in enumerate((first, last)):
        page.get_by_test_id("datetime-input").nth(index).click()
        popover = page.locator(
            "[data-scope=popover][data-part=content][data-state=open]"
        )
        popover.get_by_placeholder("YYYY/MM/DD").fill(f"{day:%Y/%m/%d}")
        popover.get_by_placeholder("HH:mm").fill("00:00")
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
    dialog.get_by_text("All Runs").click()
    dialog.locator("input[name=max_active_runs]").fill(str(n_at_once))
    if sources:
        dialog.get_by_text("Override parameters on existing runs", exact=True).click()
        dialog.locator("#element_sources").click()
        page.keyboard.type("\n".join(sources))
        page.keyboard.press("Tab")
    runs = "1 run will" if n == 1 else f"{n} runs will"
    dialog.get_by_text(runs).first.wait_for()
    look("backfill-form")
    dialog.get_by_role("button", name="Run Backfill").click()
    dialog.wait_for(state="hidden")
