"""The HTTP server on loopback, from a free port to Ctrl-C."""

import logging
import secrets
import socket
from contextlib import suppress

import uvicorn

from studio_sync.errors import UnavailableError
from studio_sync.serve.asgi_app import make_app
from studio_sync.serve.guard import RequestGuard
from studio_sync.serve.site import Site

_HOST = "127.0.0.1"
_CONNECTIONS = 60


class HttpServer:
    """Listens once created; `run` serves until stopped."""

    def __init__(self, port: int = 0) -> None:
        """Listen on a port; 0 is any free one. Raises UnavailableError."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.bind((_HOST, port))
            self._socket.listen()
        except OSError as error:
            self._socket.close()
            raise UnavailableError(
                f"port {port} of {_HOST} can't be taken: {error.strerror}",
                "leave out --port to use any free one",
            ) from None
        self.port: int = self._socket.getsockname()[1]
        self.token = secrets.token_urlsafe(32)
        self._server: uvicorn.Server | None = None

    @property
    def root(self) -> str:
        """The prefix of every path."""
        return f"/{self.token}"

    @property
    def address(self) -> str:
        """The address to open in a browser, and keep secret."""
        return f"http://{_HOST}:{self.port}{self.root}/"

    def run(self, site: Site) -> None:
        """Serve until `stop`, or Ctrl-C."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            RequestGuard(make_app(site), self.port, self.token, site.writes),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=1,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        try:
            with suppress(KeyboardInterrupt):
                self._server.run(sockets=[self._socket])
        finally:
            self.close()

    def close(self) -> None:
        """Close the port."""
        self._socket.close()

    def stop(self) -> None:
        """Make `run` return. Safe to call from another thread."""
        if self._server is not None:
            self._server.should_exit = True
