"""Registers nightdesk's page with Airflow, for who is logged in.

Every component of Airflow imports this file and only the API server serves from it, so
what costs a second to import is imported at the first request.
"""

from urllib.parse import parse_qsl

from airflow.plugins_manager import AirflowPlugin

# The brief is one file without scripts; should a title ever smuggle one in, or an
# address, the browser refuses both. What the views send is stricter: nightdesk.page.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 256 << 10  # of a form


async def read_pairs(request) -> list[tuple[str, str]]:
    """Return the fields of a form that was sent from the page itself."""
    from fastapi import HTTPException

    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise HTTPException(400, "the form was not sent from this page")
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        raise HTTPException(415)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def find_person(request, user):
    """Return who asks; whoever may run the nightly DAG may decide what it builds."""
    from airflow.api_fastapi.auth.managers.base_auth_manager import (
        COOKIE_NAME_JWT_TOKEN,
    )
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
    )
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import HTTPException

    from nightdesk.gaps import DAG_ID
    from nightdesk.page.deciding import Person

    header, cookies = request.headers.get("authorization"), request.cookies
    session = header or cookies.get(COOKIE_NAME_JWT_TOKEN, "")
    check = requires_access_dag("POST", DagAccessEntity.RUN, DAG_ID)
    try:
        check(request, user)
    except HTTPException:
        return Person(user.get_name(), session, may_decide=False)
    # Without a secret of the session anybody could guess what its forms bring back.
    return Person(user.get_name(), session, may_decide=bool(session))


def build_app():
    """Return the application behind the page; it asks Airflow who is there."""
    from airflow.api_fastapi.core_api.security import GetUserDep
    from fastapi import FastAPI, HTTPException, Request, Response
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import HTMLResponse

    from nightdesk.config import load_settings
    from nightdesk.page.deciding import PATH
    from nightdesk.page.site import Site
    from nightdesk.pipeline.decide_task import DecisionBook

    settings = load_settings()
    book = DecisionBook(settings)
    site = Site(settings.published, settings.shipped / "geo", book=book)
    app = FastAPI(title="nightdesk", docs_url=None, redoc_url=None, openapi_url=None)

    def send(answer) -> Response:
        headers = dict(answer.headers)
        return Response(answer.body, answer.status, headers, answer.media_type)

    @app.exception_handler(401)
    @app.exception_handler(403)  # a login that has run out, or that was made up
    def refuse(request: Request, error: HTTPException) -> Response:
        return send(site.refuse(request.scope["root_path"], error.status_code))

    @app.post(PATH)
    async def decide(request: Request, user: GetUserDep) -> Response:
        pairs, root = await read_pairs(request), request.scope["root_path"]
        person = await run_in_threadpool(find_person, request, user)
        return send(await run_in_threadpool(site.decide, pairs, root, person))

    # One route for every other path and method: none is open by being forgotten.
    @app.api_route("/{path:path}", methods=METHODS)
    def show(path: str, request: Request, user: GetUserDep) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        brief = settings.briefs / "latest" / "index.html"
        if path == "brief" and brief.exists():
            return HTMLResponse(brief.read_text("utf-8"), headers=HEADERS)
        pairs, root = request.query_params.multi_items(), request.scope["root_path"]
        person = find_person(request, user)
        return send(site.respond(f"/{path}", pairs, root, person))

    return app


class LazyApp:
    """An ASGI application that is built at its first request."""

    def __init__(self, build):
        self._build, self._app = build, None

    async def __call__(self, scope, receive, send):
        """Hand the request on."""
        if self._app is None:
            self._app = self._build()
        await self._app(scope, receive, send)


class NightdeskPlugin(AirflowPlugin):
    """The page and its place in the navigation."""

    name = "nightdesk"
    fastapi_apps = [  # noqa: RUF012  Airflow's own form
        {"app": LazyApp(build_app), "url_prefix": "/nightdesk", "name": "nightdesk"}
    ]
    external_views = [  # noqa: RUF012
        # Without a url_route it opens beside Airflow: the frame that Airflow would put
        # around it lets no link out, neither to an original nor to the backfill. The
        # address is relative to Airflow's own, which may have a path.
        {
            "name": "Nightdesk",
            "href": "nightdesk/",
            "destination": "nav",
            "category": "browse",
        },
        {
            "name": "Brief",
            "href": "/nightdesk/brief",
            "destination": "nav",
            "category": "browse",
            "url_route": "nightdesk-brief",
        },
    ]
