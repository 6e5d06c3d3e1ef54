"""The brief in a browser: it asks nobody, and fits every width, colour and paper."""

from __future__ import annotations

from typing import Any

import pytest
from test_report_rows import make_sample

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("brief") / "index.html"
    path.write_text(make_sample(), "utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "media"),
    [(390, "screen"), (1280, "screen"), (794, "print")],
    ids=["a telephone", "a desk", "a sheet of paper"],
)
def test_the_file_is_enough(
    browser: Any, address: str, width: int, scheme: str, media: str
) -> None:
    size = {"width": width, "height": 900}
    tab = browser.new_page(viewport=size, color_scheme=scheme)
    tab.emulate_media(media=media)
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(address)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert (asked, said) == ([address], [])
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.locator("svg").count() > 5
    tab.close()
