"""The server without a socket: its pages, asked for as a browser asks."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from studio_sync.cli.app import App
from studio_sync.kinds import KINDS
from studio_sync.serve.asgi_app import make_app
from studio_sync.serve.guard import COOKIE, RequestGuard
from studio_sync.serve.site import Site
from tests.harness import Desk

TOKEN = "t0ken"
HOST = "127.0.0.1:8123"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str:
        """A header that came once; "" for one that did not."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, found
        return found[0] if found else ""


@dataclass
class Asked:
    """A server over a desk."""

    desk: Desk
    writes: bool = False
    guard: RequestGuard = field(init=False)
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        app = App(directory=str(self.desk.root), database=self.desk.url, env=self.desk.environment())
        self.site = Site(app.workspace, KINDS, app.studio, app.source, f"/{TOKEN}", writes=self.writes)
        self.guard = RequestGuard(make_app(self.site), 8123, TOKEN, self.writes)

    def get(self, path: str, query: str = "", **headers: str) -> Answer:
        """Ask for a page behind the token."""
        return self.ask("GET", f"/{TOKEN}/{path}", query, headers={"host": HOST, **headers})

    def post(self, path: str, body: str, **headers: str) -> Answer:
        """Send a form, as a page of the server's own sends it."""
        cookie = f"{COOKIE}={self.guard.cookie}"
        own = {"host": HOST, "origin": f"http://{HOST}", "cookie": cookie, "sec-fetch-site": "same-origin"}
        return self.ask("POST", f"/{TOKEN}/{path}", "", body.encode(), {**own, **headers})

    def ask(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: dict[str, str] | Iterable[tuple[str, str]] = (),
    ) -> Answer:
        """Send a request as it is."""
        pairs = headers.items() if isinstance(headers, dict) else headers
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "root_path": "", "scheme": "http", "query_string": query.encode(),
            "headers": [(k.lower().replace("_", "-").encode(), v.encode()) for k, v in pairs],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8123),
        }  # fmt: skip
        return asyncio.run(self._ask(scope, body))

    async def _ask(self, scope: dict, body: bytes) -> Answer:
        sent: list[dict] = []
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict:
            return given.pop(0) if given else {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            sent.append(message)

        await self.guard(scope, receive, send)
        start = sent[0]
        text = b"".join(m.get("body", b"") for m in sent[1:]).decode("utf-8", "replace")
        return Answer(start["status"], [(k.decode(), v.decode()) for k, v in start["headers"]], text)


class Html(HTMLParser):
    """A page: its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self.words += f"{data} "

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of a name."""
        return [attrs for name, attrs in self.elements if name == tag]
