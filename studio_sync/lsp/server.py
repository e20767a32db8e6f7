"""The language server: handles requests and notifications of one editor."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from studio_sync import __version__
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import StudioError
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.files.tree.walking.listing import NO_STAT, stat_of
from studio_sync.files.tree.watching.open_files import UnsavedTexts
from studio_sync.files.workspace.workspace import CONFIG, around, load_workspace
from studio_sync.lsp.answers import action_of, symbols_of
from studio_sync.lsp.quick_fixes import quick_fixes
from studio_sync.lsp.text_positions import TextPositions
from studio_sync.sync.editor import EditorSession, Offer

_PAUSE = 0.15
"""Seconds without typing after which a text is checked."""

_WEIGHTS = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}


PREVIEW = "studio/preview"
"""A request of studio's own extensions: the preview of a document, without scripts."""

PreviewParams = Callable[[Path, str], Mapping[str, Any] | None]
"""Returns the preview of a file with unsaved text; None if it is no record's."""


def serve(incoming: BinaryIO, output: BinaryIO, preview: PreviewParams | None = None) -> None:
    """Serve one editor over two pipes, until it shuts the server down, or is gone."""
    _Service(preview).server.start_io(incoming, output)


class _Open(NamedTuple):
    """A record that is open in the editor: its workspace, its place there, its text."""

    editor: EditorSession
    spot: TreeSpot
    text: str
    places: TextPositions


def _stat(file: Path) -> Stat:
    """The stat of a file; a link, which is not read, isn't followed."""
    try:
        return stat_of(file)
    except OSError:
        return NO_STAT


def _no_items() -> types.CompletionList:
    return types.CompletionList(is_incomplete=False, items=[])


class _Service:
    """The state of the open documents and their workspaces."""

    def __init__(self, preview: PreviewParams | None = None) -> None:
        self._page = preview
        self.server: Any = LanguageServer(
            "studio", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._shown: set[str] = set()
        self._unsaved = UnsavedTexts()
        self._editors: dict[Path, tuple[object, EditorSession]] = {}
        fixes = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
        completion = types.CompletionOptions(trigger_characters=[" ", "-"])
        for method, function, options in (
            (types.TEXT_DOCUMENT_DID_OPEN, self._opened, None),
            (types.TEXT_DOCUMENT_DID_CHANGE, self._changed, None),
            (types.TEXT_DOCUMENT_DID_SAVE, self._saved, None),
            (types.TEXT_DOCUMENT_DID_CLOSE, self._closed, None),
            (types.TEXT_DOCUMENT_COMPLETION, self._about(self._completion, _no_items), completion),
            (types.TEXT_DOCUMENT_HOVER, self._about(self._hover, lambda: None), None),
            (types.TEXT_DOCUMENT_CODE_ACTION, self._about(self._actions, list), fixes),
            (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, self._about(self._symbols, list), None),
            (types.TEXT_DOCUMENT_DOCUMENT_LINK, self._about(self._links, list), None),
            (types.TEXT_DOCUMENT_DEFINITION, self._about(self._definition, lambda: None), None),
        ):
            self.server.feature(method, options)(_plain(function))
        if preview:
            self.server.feature(PREVIEW)(_plain(self._preview))

    # --- diagnostics

    def _opened(self, given: types.DidOpenTextDocumentParams) -> None:
        self._check_soon(given.text_document.uri, 0)

    def _changed(self, given: types.DidChangeTextDocumentParams) -> None:
        uri = given.text_document.uri
        if found := self._place(uri):
            self._unsaved.hold(uri, found[0].state, found[1].path)
        self._check_soon(uri, _PAUSE)

    def _saved(self, given: types.DidSaveTextDocumentParams) -> None:
        self._unsaved.release(given.text_document.uri)
        # A change of one file may cause or fix problems in others.
        for uri in self.server.workspace.text_documents:
            self._check_soon(uri, _PAUSE)

    def _closed(self, given: types.DidCloseTextDocumentParams) -> None:
        uri = given.text_document.uri
        waiting = self._waiting.pop(uri, None)
        if waiting:
            waiting.cancel()
        self._unsaved.release(uri)
        self._show(uri, [])

    def _check_soon(self, uri: str, pause: float) -> None:
        waiting = self._waiting.pop(uri, None)
        if waiting:
            waiting.cancel()
        self._waiting[uri] = asyncio.get_running_loop().call_later(pause, partial(self._check, uri))

    def _check(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        document = self.server.workspace.get_text_document(uri)
        found = self._place(uri)
        if found is None:
            self._show(uri, [])
            return
        editor, spot = found
        if editor.is_saved(spot, document.source):  # as after an undo
            self._unsaved.release(uri)
        else:
            self._unsaved.hold(uri, editor.state, spot.path)
        places = self._places(document.source)
        try:
            problems = editor.problems(spot, document.source)
        except StudioError as error:
            self._log(error)
            return
        self._show(uri, [_diagnostic(problem, places) for problem in problems], document.version)

    def _show(self, uri: str, found: list[types.Diagnostic], version: int | None = None) -> None:
        if found or uri in self._shown:
            (self._shown.add if found else self._shown.discard)(uri)
            self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    # --- answers about a record

    def _about(self, answer: Callable[[_Open, Any], Any], nothing: Callable[[], Any]) -> Callable[[Any], Any]:
        """A request about an open record; `nothing` is the answer for other documents, and on failure."""

        def answered(given: Any) -> Any:
            uri = given.text_document.uri
            found = self._place(uri)
            if found is None:
                return nothing()
            text = self._text(uri)
            try:
                return answer(_Open(*found, text, self._places(text)), given)
            except StudioError as error:
                self._log(error)
                return nothing()

        return answered

    def _completion(self, of: _Open, given: types.CompletionParams) -> types.CompletionList:
        line, column = given.position.line, of.places.column(given.position)
        items = []
        for number, offer in enumerate(of.editor.offers(of.spot, of.text, line, column)):
            start = of.places.position(line, column - offer.begun)
            items.append(_item(offer, number, types.Range(start, given.position)))
        return types.CompletionList(is_incomplete=False, items=items)

    def _hover(self, of: _Open, given: types.HoverParams) -> types.Hover | None:
        about = of.editor.about(of.spot, of.text, given.position.line, of.places.column(given.position))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, about)) if about else None

    def _actions(self, of: _Open, given: types.CodeActionParams) -> list[types.CodeAction]:
        first, last = given.range.start.line, given.range.end.line
        return [
            action_of(fix, _diagnostic(problem, of.places), given.text_document.uri, of.places)
            for problem in of.editor.problems(of.spot, of.text)
            if first <= max(problem.line - 1, 0) <= last
            for fix in quick_fixes(problem, of.text)
        ]

    def _symbols(self, of: _Open, _: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return symbols_of(of.editor.places.parts(of.spot, of.text), of.places)

    def _links(self, of: _Open, _: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return [
            types.DocumentLink(of.places.spanned(way.line, way.column), target=way.file.as_uri())
            for way in of.editor.places.ways(of.spot, of.text)
        ]

    def _definition(self, of: _Open, given: types.DefinitionParams) -> types.Location | None:
        file = of.editor.places.with_id(of.text, given.position.line, of.places.column(given.position))
        for way in of.editor.places.ways(of.spot, of.text):
            where = of.places.spanned(way.line, way.column)
            if where.start <= given.position <= where.end:
                file = way.file
        top = types.Position(0, 0)
        return types.Location(file.as_uri(), types.Range(top, top)) if file else None

    def _preview(self, given: Any) -> Mapping[str, Any] | None:
        """The preview of an open document, or in `error` why there is none."""
        uri = str(given.uri)
        name = to_fs_path(uri)
        if self._page is None or not name or uri not in self.server.workspace.text_documents:
            return None
        file = Path(name)
        try:
            return self._page(file.parent.resolve() / file.name, self._text(uri))
        except StudioError as error:
            return {"error": safe(error.message)}

    # --- workspaces

    def _place(self, uri: str) -> tuple[EditorSession, TreeSpot] | None:
        """The workspace and the record of an open document; None if it isn't synced."""
        name = to_fs_path(uri)
        if not name or uri not in self.server.workspace.text_documents:
            return None
        file = Path(name)
        file = file.parent.resolve() / file.name
        try:
            root = around(file.parent)
            if root is None:
                return None
            editor = self._editor(root)
            spot = editor.spot(file)
        except StudioError as error:
            self._log(error)
            return None
        return (editor, spot) if spot else None

    def _editor(self, root: Path) -> EditorSession:
        """The workspace in `root`, reloaded when its settings have changed."""
        files = (root / CONFIG, *sorted((root / "schemas").glob("*.json")))
        stamp = tuple((file.name, _stat(file)) for file in files)
        known = self._editors.get(root)
        if known is None or known[0] != stamp:
            self._editors[root] = known = (stamp, EditorSession(load_workspace(root)))
        return known[1]

    def _text(self, uri: str) -> str:
        return str(self.server.workspace.get_text_document(uri).source)

    def _places(self, text: str) -> TextPositions:
        return TextPositions(text, PositionCodec(self.server.workspace.position_encoding))

    def _log(self, error: StudioError) -> None:
        logging.getLogger(__name__).error("%s", safe(error.message))
        message = "\n".join(map(safe, filter(None, (error.message, *error.listed, *error.hint.split("\n")))))
        self.server.window_log_message(types.LogMessageParams(types.MessageType.Error, message))


def _plain(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method as a function, to which pygls can add attributes."""

    def call(given: Any) -> Any:
        return method(given)

    return call


def _diagnostic(problem: Problem, places: TextPositions) -> types.Diagnostic:
    message = safe(f"{problem.message}\n{problem.hint}" if problem.hint else problem.message, keep="\n")
    weight = _WEIGHTS[problem.severity]
    return types.Diagnostic(
        places.spanned(problem.line, problem.column),
        message,
        severity=weight,
        code=problem.code,
        source="studio",
    )


def _item(offer: Offer, number: int, where: types.Range) -> types.CompletionItem:
    about = types.MarkupContent(types.MarkupKind.Markdown, offer.about) if offer.about else None
    return types.CompletionItem(
        label=safe(offer.text),
        kind=types.CompletionItemKind.Property if offer.key else types.CompletionItemKind.EnumMember,
        detail=safe(offer.title) or None,
        documentation=about,
        sort_text=f"{number:03}",
        text_edit=types.TextEdit(where, f"{offer.text}: " if offer.key else offer.text),
    )
