"""Registers nightdesk's page with Airflow: the newest brief, for who is logged in.

Every component of Airflow imports this file and only the API server serves from it, so
what costs a second to import is imported at the first request.
"""

from airflow.plugins_manager import AirflowPlugin

# The brief is one file without scripts; should a title ever smuggle one in, or an
# address, the browser refuses both.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def build_app():
    """Return the application behind the page; it asks Airflow who is there."""
    from airflow.api_fastapi.core_api.security import GetUserDep
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    from nightdesk.config import load_settings

    app = FastAPI(title="nightdesk", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/brief")
    def show_brief(user: GetUserDep) -> HTMLResponse:
        path = load_settings().briefs / "latest" / "index.html"
        if not path.exists():
            text = "<p>No night has been published yet.</p>"
            return HTMLResponse(text, status_code=404, headers=HEADERS)
        return HTMLResponse(path.read_text("utf-8"), headers=HEADERS)

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
        {
            "name": "Brief",
            "href": "/nightdesk/brief",
            "destination": "nav",
            "category": "browse",
            "url_route": "nightdesk-brief",
        }
    ]
