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
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "studio-serve"
MAX_BODY = 64 << 10
"""The most bytes of a form; a longer one is refused."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy; pages that need another one set it themselves."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)
_OWN_SITE = ("same-origin", "none")


@dataclass(frozen=True)
class RequestGuard:
    """Wraps an app on loopback at `port`. `writes`: POST is allowed, too."""

    app: AsgiApp
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
            await self._refuse(send, *refusal)
            return
        # The app sees the path after the token.
        prefix = f"/{self.token}"
        inner = {**scope, "root_path": prefix}
        await self.app(inner, _bounded(receive), self._shielded(send, top=scope["path"] == f"{prefix}/"))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason of a refusal, None for an allowed request."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        host = headers.get("host", [])
        if len(host) != 1 or host[0] not in self.hosts:
            return 421, "this server answers to its own address alone"
        origins = headers.get("origin", [])
        if any(origin != f"http://{host[0]}" for origin in origins):
            return 403, "another site sent this request"
        if any(site not in _OWN_SITE for site in headers.get("sec-fetch-site", [])):
            return 403, "another site sent this request"
        if not self._has_token(scope["path"]):
            return 404, "open the whole address that `studio serve` printed"
        if scope["method"] in ("GET", "HEAD"):
            return None
        if scope["method"] != "POST" or not self.writes:
            return 405, "this server is for reading: start it with --write"
        if not origins or not self._has_cookie(headers.get("cookie", [])):
            return 403, "this request did not come from a page of this server"
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

    async def _refuse(self, send: Send, status: int, why: str) -> None:
        body = f"{why}\n".encode()
        kind = (b"content-type", b"text/plain; charset=utf-8")
        length = (b"content-length", str(len(body)).encode())
        policy = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
        headers = [kind, length, policy, *_HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _shielded(self, send: Send, *, top: bool) -> Send:
        """`send` with security headers; the top page also sets the cookie."""

        async def shielded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                if not any(name == b"content-security-policy" for name, _ in headers):
                    headers.append((b"content-security-policy", POLICY.encode()))
                headers += _HEADERS
                if top:
                    cookie = f"{COOKIE}={self.cookie}; Path=/{self.token}/; HttpOnly; SameSite=Strict"
                    headers.append((b"set-cookie", cookie.encode()))
                message = {**message, "headers": headers}
            await send(message)

        return shielded


def _bounded(receive: Receive) -> Receive:
    """`receive` with a limit on the body's size."""
    total = 0

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            return {"type": "http.disconnect"}
        return message

    return bounded
