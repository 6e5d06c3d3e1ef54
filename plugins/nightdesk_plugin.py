"""Registers nightdesk's page with Airflow, for who is logged in.

Every component of Airflow imports this file and only the API server serves from it, so
what costs a second to import is imported at the first request.
"""

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


def build_app():
    """Return the application behind the page; it asks Airflow who is there."""
    from airflow.api_fastapi.core_api.security import GetUserDep
    from fastapi import FastAPI, HTTPException, Request, Response
    from fastapi.responses import HTMLResponse

    from nightdesk.config import load_settings
    from nightdesk.page.site import Site

    settings = load_settings()
    site = Site(settings.published, settings.shipped / "geo")
    app = FastAPI(title="nightdesk", docs_url=None, redoc_url=None, openapi_url=None)

    def send(answer) -> Response:
        headers = dict(answer.headers)
        return Response(answer.body, answer.status, headers, answer.media_type)

    @app.exception_handler(401)
    @app.exception_handler(403)  # a login that has run out, or that was made up
    def refuse(request: Request, error: HTTPException) -> Response:
        return send(site.refuse(request.scope["root_path"], error.status_code))

    # One route for every path and method, so that none is open by being forgotten.
    @app.api_route("/{path:path}", methods=METHODS)
    def show(path: str, request: Request, user: GetUserDep) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        brief = settings.briefs / "latest" / "index.html"
        if path == "brief" and brief.exists():
            return HTMLResponse(brief.read_text("utf-8"), headers=HEADERS)
        pairs = request.query_params.multi_items()
        return send(site.respond(f"/{path}", pairs, request.scope["root_path"]))

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
