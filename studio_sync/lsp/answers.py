"""Conversion of studio's values to LSP responses."""

from collections.abc import Iterable

from lsprotocol import types

from studio_sync.core.values.escapes import safe
from studio_sync.lsp.quick_fixes import QuickFix
from studio_sync.lsp.text_positions import TextPositions
from studio_sync.sync.editor_places import FilePart


def action_of(fix: QuickFix, about: types.Diagnostic, uri: str, places: TextPositions) -> types.CodeAction:
    """A quick fix as a code action on its problem."""
    start, end = places.position(fix.line, fix.start), places.position(fix.line, fix.end)
    if fix.whole:
        end = types.Position(fix.line + 1, 0)
    edit = types.TextEdit(types.Range(start, end), fix.text)
    return types.CodeAction(
        title=safe(fix.title),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[about],
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
        is_preferred=True,
    )


def symbols_of(parts: Iterable[FilePart], places: TextPositions) -> list[types.DocumentSymbol]:
    """The parts of a file as nested symbols: each below the last one of a lesser level."""
    top: list[types.DocumentSymbol] = []
    above: list[tuple[int, list[types.DocumentSymbol]]] = [(0, top)]
    for part in parts:
        where = places.spanned(part.line, 1)
        below: list[types.DocumentSymbol] = []
        symbol = types.DocumentSymbol(safe(part.name), types.SymbolKind.String, where, where, children=below)
        while above[-1][0] >= part.level:
            above.pop()
        above[-1][1].append(symbol)
        above.append((part.level, below))
    return top
