"""Access guard of the local server: only the browser with the printed address, no other site (CSRF).

Every user of the machine, and every page in every browser on it, can reach a server on loopback. So each
request is checked before anything is looked up:

1. Its Host is this server's own: a name that somebody points at 127.0.0.1 (DNS rebinding) is refused.
2. It was not sent by another site, according to the browser (Origin, Sec-Fetch-Site).
3. Its path begins with the token, which only the printed address contains.
4. A change is a POST with the server's own Origin and a cookie that no other site's request carries
   (SameSite=Strict), and is allowed only if the server was started for writing.

The headers of every response ensure that no foreign script runs, nothing is fetched from elsewhere, no other
page can frame or read it, and no referrer is sent.
"""

import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "studio-serve"
MAX_BODY = 64 << 10
"""The most bytes of a form; a longer one is refused."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy; pages that need another one set it themselves."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_OWN_SITE = ("same-origin", "none")


@dataclass(frozen=True)
class RequestGuard:
    """Wraps an app on loopback at `port`. `writes`: POST is allowed, too."""

    app: ASGIApp
    port: int
    token: str
    writes: bool = False
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(scope)
        if refusal:
            await refusal(scope, receive, send)
            return
        # The app sees the path after the token.
        prefix = f"/{self.token}"
        inner = {**scope, "root_path": prefix}
        await self.app(inner, _bounded(receive), self._shielded(send, top=scope["path"] == f"{prefix}/"))

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """The response of a refusal, None for an allowed request."""
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or host[0] not in self.hosts:
            return _refused(421, "this server answers to its own address alone")
        origins = headers.getlist("origin")
        if any(origin != f"http://{host[0]}" for origin in origins):
            return _refused(403, "another site sent this request")
        if any(site not in _OWN_SITE for site in headers.getlist("sec-fetch-site")):
            return _refused(403, "another site sent this request")
        if not self._has_token(scope["path"]):
            return _refused(404, "open the whole address that `studio serve` printed")
        if scope["method"] in ("GET", "HEAD"):
            return None
        if scope["method"] != "POST" or not self.writes:
            return _refused(405, "this server is for reading: start it with --write")
        if not origins or not self._has_cookie(headers.getlist("cookie")):
            return _refused(403, "this request did not come from a page of this server")
        return None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The Host values of this server."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    def _has_token(self, path: str) -> bool:
        given = path.split("/")[1] if "/" in path else ""
        return secrets.compare_digest(given.encode(), self.token.encode())

    def _has_cookie(self, given: list[str]) -> bool:
        pairs = (part.strip().partition("=") for header in given for part in header.split(";"))
        values = [value for name, _, value in pairs if name == COOKIE]
        return len(values) == 1 and secrets.compare_digest(values[0].encode(), self.cookie.encode())

    def _shielded(self, send: Send, *, top: bool) -> Send:
        """`send` with security headers; the top page also sets the cookie."""

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers.setdefault("content-security-policy", POLICY)
                for name, value in _HEADERS.items():
                    headers.append(name, value)
                if top:
                    cookie = f"{COOKIE}={self.cookie}; Path=/{self.token}/; HttpOnly; SameSite=Strict"
                    headers.append("set-cookie", cookie)
                message = {**message, "headers": headers.raw}
            await send(message)

        return shielded


def _refused(status: int, why: str) -> PlainTextResponse:
    policy = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
    return PlainTextResponse(f"{why}\n", status, policy | _HEADERS)


def _bounded(receive: Receive) -> Receive:
    """`receive` with a limit on the body's size."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            return {"type": "http.disconnect"}
        return message

    return bounded
