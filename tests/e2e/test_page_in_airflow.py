"""The page in a real Airflow and a real browser: who may look, and how it is to use."""

from __future__ import annotations

import json
import operator
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import jwt
import pytest
from desk import Desk, Rest
from lxml import html

from nightdesk.page.site import ROUTES

AXE = files("axe_playwright_python") / "axe.min.js"
PAGE = "/nightdesk"

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(2000),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def port(desk: Desk) -> Iterator[int]:
    with desk.up(NIGHTDESK_NEWSSTAND_ARTICLES="80") as port:
        yield port


@pytest.fixture(scope="module")
def views(port: int) -> dict[str, str]:
    """One address of every view that has rows, by the pattern of its route."""
    rest, found, waiting = Rest(port), dict[str, str](), [f"{PAGE}/"]
    seen = set(waiting)
    while waiting and len(found) < len(ROUTES):
        address = waiting.pop(0)
        status, written = rest.page(address, is_known=True)
        assert status == 200, address
        path = unquote(urlsplit(address).path).removeprefix(PAGE)
        (pattern,) = (r.pattern for r in ROUTES if re.fullmatch(r.pattern, path))
        found.setdefault(pattern, address)
        links = html.document_fromstring(written).xpath("//a/@href")
        for link in links:
            inside = urljoin(address, link.partition("#")[0])
            is_view = inside.startswith(f"{PAGE}/") and "format=" not in inside
            if is_view and inside not in seen and not inside.endswith("/brief"):
                seen.add(inside)
                waiting.append(inside)
    assert set(found) == {route.pattern for route in ROUTES}
    return {**found, "what a search finds": f"{PAGE}/search?q=said"}


@pytest.fixture(scope="module")
def login(browser: Any, port: int) -> dict[str, Any]:
    """What a browser knows after a login."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{port}/")
    tab.fill("input[name=username]", "admin")
    tab.fill("input[name=password]", "admin")
    tab.keyboard.press("Enter")
    tab.get_by_role("link", name="Dags").first.wait_for()
    state = context.storage_state()
    context.close()
    return state


def ask(
    port: int,
    path: str,
    method: str = "GET",
    token: str = "",
    fields: dict[str, object] | None = None,
    **headers: str,
) -> tuple[int, bytes]:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address = f"http://127.0.0.1:{port}{path}"
    body = None if fields is None else urlencode(fields).encode()
    request = urllib.request.Request(address, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_who_is_not_logged_in_gets_401_everywhere(
    port: int, views: dict[str, str]
) -> None:
    more = ("style.css", "brief", "nope", "docs", "openapi.json", "?format=csv", "../x")
    for path in (*views.values(), *(f"{PAGE}/{name}" for name in more)):
        status, body = ask(port, path)
        assert status == 401, path
        assert b"log in" in body
        status, body = ask(port, path, token="-".join("abc"))
        assert status in (401, 403), path  # Airflow says 403 to a login that is none
        assert b"log in" in body
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for path in ("stories", "decide"):
            assert ask(port, f"{PAGE}/{path}", method)[0] == 401, method


def test_only_reading_is_allowed_and_what_is_wrong_is_said(port: int) -> None:
    token = Rest(port).token
    assert ask(port, f"{PAGE}/stories", "POST", token)[0] == 405
    assert ask(port, f"{PAGE}/stories", "HEAD", token) == (200, b"")
    assert ask(port, f"{PAGE}/nope", token=token)[0] == 404
    status, body = ask(port, f"{PAGE}/?night=x", token=token)
    assert (status, b"YYYY-MM-DD" in body) == (400, True)
    status, body = ask(port, f"{PAGE}/articles?format=xlsx", token=token)
    assert (status, body[:2]) == (200, b"PK")


def log_in_as(desk: Desk, name: str, role: str) -> str:
    """Return the token of somebody with a role of Airflow's simple auth manager."""
    secret = json.loads((desk.root / ".airflow" / "keys.json").read_text())["jwt"]
    now = int(time.time())
    claims = {"sub": name, "role": role, "teams": [], "aud": "apache-airflow"}
    times = {"iat": now, "nbf": now, "exp": now + 3600}
    return jwt.encode(claims | times, secret, "HS512")


def find_secret(port: int, address: str, token: str) -> str:
    """Return what the forms of a view bring back; "" where it has none."""
    status, body = ask(port, address, token=token)
    assert status == 200
    found = html.document_fromstring(body.decode()).xpath("//input[@name='token']")
    return found[0].get("value") if found else ""


def list_decided(desk: Desk) -> list[dict[str, Any]]:
    """What was written down, the latest last."""
    files = (desk.data / "decisions").glob("*.jsonl")
    lines = [json.loads(line) for f in files for line in f.read_text().splitlines()]
    return sorted(lines, key=operator.itemgetter("at"))


def test_who_may_run_the_nightly_dag_may_decide_and_nobody_else(
    desk: Desk, port: int, views: dict[str, str]
) -> None:
    article = re.search(r"/articles/(-?\d+)", " ".join(views.values()))[1]
    address = f"{PAGE}/articles/{article}"
    viewer, user = (log_in_as(desk, n, n.upper()) for n in ("viewer", "user"))
    assert find_secret(port, address, viewer) == ""
    secret = find_secret(port, address, user)
    fields = {"kind": "cluster_split", "article": article, "why": "its own"}
    to, signed = f"{PAGE}/decide", {**fields, "token": secret}
    for token, sent, headers, status in (
        (viewer, signed, {}, 403),
        (user, fields, {}, 403),
        (Rest(port).token, signed, {}, 403),  # the form of another session
        (user, signed, {"Sec-Fetch-Site": "same-site"}, 400),
        (user, signed, {"Sec-Fetch-Site": "cross-site"}, 400),
        (user, signed, {"Content-Type": "application/json"}, 415),
        (user, {**signed, "why": "x" * 300_000}, {}, 413),
        (user, {**signed, "kind": "takedown"}, {}, 400),
    ):
        assert ask(port, to, "POST", token, sent, **headers)[0] == status, status
    assert list_decided(desk) == []
    assert ask(port, to, token=user)[0] == 404
    assert ask(port, to, "POST", user, signed)[0] == 200
    (line,) = list_decided(desk)
    assert (line["who"], line["articles"]) == ("user", [int(article)])


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_a_tag_is_put_right_by_keyboard(
    browser: Any,
    login: dict[str, Any],
    desk: Desk,
    port: int,
    width: int,
    scheme: str,
    tmp_path: Path,
) -> None:
    context = browser.new_context(
        storage_state=login,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    tab, said = context.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"http://127.0.0.1:{port}{PAGE}/articles?tagged=yes")
    tab.locator("td.name a[href*='/articles/']").first.click()
    tab.wait_for_url(re.compile(r"/articles/-?\d+$"))
    # Not by press_until: what scrolls has the focus before its links, and their words.
    while tab.evaluate("document.activeElement.textContent") != "put right":
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**words=*")
    words = tab.locator("input[name=surface]").input_value()
    while tab.evaluate("document.activeElement.name") != "kind":
        tab.keyboard.press("Tab")
    tab.keyboard.press("End")  # the last of the choices: as it was found
    tab.keyboard.press("ArrowUp")
    while tab.evaluate("document.activeElement.name") != "why":
        tab.keyboard.press("Tab")
    tab.keyboard.type("<b>no</b> name")
    pictures = Path(os.environ.get("NIGHTDESK_PICTURES") or tmp_path)
    tab.screenshot(path=pictures / f"decide-{width}-{scheme}.png")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/decide")
    assert tab.locator("h1").inner_text() == "Written down"
    assert "<b>no</b> name" in tab.locator("main").inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    tab.screenshot(path=pictures / f"decided-{width}-{scheme}.png")
    tab.evaluate(AXE.read_text("utf-8") + "; 0")
    found = tab.evaluate("axe.run()")["violations"]
    assert [f["id"] for f in found if f["impact"] in ("serious", "critical")] == []
    line = list_decided(desk)[-1]
    assert (line["who"], line["kind"], line["why"]) == (
        "admin",
        "tag_none",
        "<b>no</b> name",
    )
    assert line["surface"] == words
    assert [text for text in said if "Content Security Policy" in text] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_view_fits_and_asks_nobody_else(
    browser: Any,
    login: dict[str, Any],
    port: int,
    views: dict[str, str],
    width: int,
    scheme: str,
    tmp_path: Path,
) -> None:
    context = browser.new_context(
        storage_state=login,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    tab = context.new_page()
    asked, said = set(), []
    tab.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    tab.on("console", lambda message: said.append(message.text))
    pictures = Path(os.environ.get("NIGHTDESK_PICTURES") or tmp_path)
    for n, address in enumerate(views.values()):
        answer = tab.goto(f"http://127.0.0.1:{port}{address}")
        assert answer.status == 200
        wide = tab.evaluate("document.documentElement.scrollWidth")
        assert wide == width, address
        tab.screenshot(path=pictures / f"page-{n:02}-{width}-{scheme}.png")
    context.close()
    assert asked - {""} == {f"127.0.0.1:{port}"}
    assert said == []


def test_it_is_found_in_the_menu_and_walked_by_keyboard_alone(
    browser: Any, login: dict[str, Any], port: int
) -> None:
    context = browser.new_context(storage_state=login)
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{port}/")
    tab.get_by_role("button", name="Browse").click()
    with context.expect_page() as opened:
        tab.get_by_role("menuitem", name="Nightdesk").click()
    page = opened.value
    page.wait_for_load_state()
    assert urlsplit(page.url).path == f"{PAGE}/"
    look = "document.activeElement.textContent.trim()"
    page.keyboard.press("Tab")
    assert page.evaluate(look) == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    press_until(page, "Gaps, and the backfill")
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(style) == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/gaps")
    press_until(page, "Search")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search")
    while page.evaluate("document.activeElement.name") != "q":
        page.keyboard.press("Tab")
    page.keyboard.type("said")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=said*")
    assert page.locator("ol.hits mark").count() > 0
    press_until(page, page.locator("ol.hits h2").first.inner_text())
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/*")
    assert page.locator("h1").count() == 1
    context.close()


def press_until(page: Any, words: str) -> None:
    """Press Tab until a link with these words has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"no Tab leads to {words!r}")


def test_axe_finds_nothing_serious(
    browser: Any, login: dict[str, Any], port: int, views: dict[str, str]
) -> None:
    source = AXE.read_text("utf-8")
    found = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(storage_state=login, color_scheme=scheme)
        tab = context.new_page()
        for pattern, address in {**views, "brief": f"{PAGE}/brief"}.items():
            tab.goto(f"http://127.0.0.1:{port}{address}")
            tab.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = 1)"
            )
            tab.evaluate(source + "; 0")
            for fault in tab.evaluate("axe.run()")["violations"]:
                if fault["impact"] in ("serious", "critical"):
                    where = [node["target"] for node in fault["nodes"][:3]]
                    found[scheme, pattern, fault["id"]] = where
        context.close()
    assert found == {}
