"""What every request passes: accepted host, token, same origin; and the headers that every answer carries."""

import hashlib
import hmac
from urllib.parse import SplitResult, urlsplit

from anyio import BrokenResourceError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings
from app.web.problems import problem

COOKIE = "ingest_token"
OPEN_PATHS = ("/healthz", "/readyz", "/login", "/static/")
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # asked again each time: after an update the page must not run old scripts
}
"""What every answer carries; that to a fault of ours is made outside of the guard."""


def cookie_of(token: str) -> str:
    """The value of the login cookie: a digest, so that the token itself is not stored in the browser."""
    return hashlib.sha256(b"media-ingest:" + token.encode()).hexdigest()


def _split(address: str) -> SplitResult:
    """An address in its parts, all of them empty where it is none."""
    try:
        return urlsplit(address)
    except ValueError:  # such as `//[::1`
        return SplitResult("", "", "", "", "")


class Guard:
    """An ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = {host.strip("[]").lower() for host in settings.ingest_allowed_hosts}
        self._token = settings.ingest_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request, or passes it on and adds the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        try:
            await (refusal or self._app)(scope, receive, send_with_headers)
        except* BrokenResourceError:  # a page was closed while FastAPI handed on what is streamed to it: no fault
            pass

    def _refusal(self, scope: Scope) -> Response | None:
        """Why this request is not served, None if it is."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _split(f"//{host}").hostname not in self._hosts:
            sentence = f"This server does not answer for the host '{host}': add it to INGEST_ALLOWED_HOSTS."
            return problem(400, sentence, "host_not_allowed")
        path = scope["path"]
        if self._token and not path.startswith(OPEN_PATHS) and not self._knows_token(headers):
            if scope["method"] == "GET" and not path.startswith("/api/"):
                return RedirectResponse("/login", 303)
            return problem(401, "A token is needed: send it as 'Authorization: Bearer ...'.", "token_needed")
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            return None
        origin = headers.get("origin")
        if origin is not None and _split(origin).netloc != host:
            return problem(403, f"Requests from {origin} are not accepted.", "cross_origin")
        return None

    def _knows_token(self, headers: Headers) -> bool:
        token = self._token or ""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
            return True
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")  # lenient: other programs' cookies come along
        return hmac.compare_digest(cookie.encode(), cookie_of(token).encode())
