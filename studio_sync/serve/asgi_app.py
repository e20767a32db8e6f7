"""The ASGI app of the server: its routes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from studio_sync.errors import StudioError
from studio_sync.serve.pages import STATIC, render_page, static
from studio_sync.serve.site import NotHereError, Site

_LOOK_EVERY = 0.1
"""Seconds between two checks of an open page's files: a save shows within 300 ms."""

_BEAT = 150
"""After this many checks an event is sent in any case, which detects closed connections."""

_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The policy for a picture opened by itself: an SVG may contain scripts, and none may run."""


def make_app(site: Site) -> Starlette:
    """The app, behind its guard."""

    async def board(_: Request) -> Response:
        try:
            text = await run_in_threadpool(site.board)
        except StudioError as error:
            return _notice(site, error)
        policy = text.partition('Content-Security-Policy" content="')[2].partition('"')[0]
        headers = {"content-security-policy": f"{policy}; frame-ancestors 'none'", "etag": f'"{site.mark}"'}
        return HTMLResponse(text, headers=headers)

    async def lesson(request: Request) -> Response:
        folder, version = request.path_params["folder"], request.query_params.get("from", "")
        return await _html(site, site.lesson, folder, version)

    async def differences(request: Request) -> Response:
        return await _html(site, site.differences, request.path_params["folder"])

    async def history(request: Request) -> Response:
        return await _html(site, site.history, request.path_params["folder"])

    async def picture(request: Request) -> Response:
        try:
            data, kind = await run_in_threadpool(site.picture, request.path_params["path"])
        except StudioError:
            return Response("there is no picture here\n", 404, media_type="text/plain")
        return Response(data, media_type=kind, headers={"content-security-policy": _PICTURE_POLICY})

    async def own_file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return Response("there is no such file\n", 404, media_type="text/plain")
        return Response(static(name), media_type=STATIC[name])

    async def events(request: Request) -> Response:
        folder = request.query_params.get("at", "")
        return StreamingResponse(_changes(site, request, folder), media_type="text/event-stream")

    async def advance(request: Request) -> Response:
        form = await _form(request)
        notice = await run_in_threadpool(
            _notice_of, lambda: site.advance(form.get("path", ""), form.get("seen", ""))
        )
        return await _html(site, site.lesson, form.get("at", ""), "", notice)

    async def resolve(request: Request) -> Response:
        form = await _form(request)
        notice = await run_in_threadpool(
            _notice_of,
            lambda: site.resolve(form.get("path", ""), form.get("field", ""), form.get("keep", "")),
        )
        return await _html(site, site.differences, form.get("at", ""), notice)

    async def too_long(_: Request, __: Exception) -> Response:
        return Response("this form is too long\n", 413, media_type="text/plain")

    return Starlette(
        routes=[
            Route("/", board),
            Route("/at/{folder:path}", lesson),
            Route("/differences/{folder:path}", differences),
            Route("/history/{folder:path}", history),
            Route("/file/{path:path}", picture),
            Route("/static/{name}", own_file),
            Route("/events", events),
            Route("/advance", advance, methods=["POST"]),
            Route("/resolve", resolve, methods=["POST"]),
        ],
        exception_handlers={ClientDisconnect: too_long},
    )


async def _html(site: Site, make: Callable[..., str], *given: Any) -> Response:
    """A page, or the error that prevented it."""
    try:
        return HTMLResponse(await run_in_threadpool(make, *given))
    except StudioError as error:
        return _notice(site, error)


def _notice(site: Site, error: StudioError) -> Response:
    """A page with an error and the way out."""
    status = 404 if isinstance(error, NotHereError) else 503
    notice = {"message": error.full_message, "hint": error.hint}
    return HTMLResponse(render_page("notice.html", root=site.root, name=site.name, at="", **notice), status)


def _notice_of(act: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """The result of an action, as a page."""
    try:
        return act()
    except StudioError as error:
        return f"{error.full_message}: {error.hint}", "bad"


async def _form(request: Request) -> dict[str, str]:
    """The fields of a submitted form."""
    from urllib.parse import parse_qsl

    body = await request.body()
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:  # more fields than any of our forms has
        return {}


async def _changes(site: Site, request: Request, folder: str) -> AsyncIterator[str]:
    """Server-sent events, one whenever a page's files have changed."""
    paths = [os.fspath(site.workspace.content / path) for path in site.lessons.files(folder)]
    before, looks = _stamps(paths), 0
    yield "retry: 1000\n\n"
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOK_EVERY)
        now = _stamps(paths)
        looks += 1
        if now != before:
            before = now
            yield "event: change\ndata: \n\n"
        elif looks % _BEAT == 0:
            yield ": still here\n\n"


def _stamps(paths: list[str]) -> list[tuple[int, int, int]]:
    found = []
    for path in paths:
        try:
            info = os.lstat(path)
            found.append((info.st_mtime_ns, info.st_size, info.st_ino))
        except OSError:
            found.append((0, 0, 0))
    return found
