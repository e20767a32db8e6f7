// Values of the Language Server Protocol as VS Code's, and back.
'use strict';

const vscode = require('vscode');

const SEVERITIES = [
  vscode.DiagnosticSeverity.Error,
  vscode.DiagnosticSeverity.Warning,
  vscode.DiagnosticSeverity.Information,
  vscode.DiagnosticSeverity.Hint,
];

const position = (p) => new vscode.Position(p.line, p.character);
const range = (r) => new vscode.Range(position(r.start), position(r.end));
const plainPosition = (p) => ({ line: p.line, character: p.character });
const plainRange = (r) => ({ start: plainPosition(r.start), end: plainPosition(r.end) });

/** A diagnostic that remembers what the server said: a quick fix is asked for with that. */
function diagnostic(given) {
  const severity = SEVERITIES[(given.severity || 1) - 1];
  const found = new vscode.Diagnostic(range(given.range), given.message, severity);
  found.source = given.source;
  found.code = given.code;
  found.given = given;
  return found;
}

/** Markdown of the server's: no command or HTML in it acts. */
function markdown(given) {
  const found = new vscode.MarkdownString(given.value);
  found.isTrusted = false;
  found.supportHtml = false;
  return found;
}

function completionItem(given) {
  const kind = given.kind === undefined ? undefined : given.kind - 1; // the protocol counts from 1
  const found = new vscode.CompletionItem(given.label, kind);
  found.detail = given.detail;
  found.sortText = given.sortText;
  found.documentation = given.documentation ? markdown(given.documentation) : undefined;
  found.insertText = given.textEdit.newText;
  found.range = range(given.textEdit.range);
  return found;
}

function workspaceEdit(given) {
  const found = new vscode.WorkspaceEdit();
  for (const [uri, edits] of Object.entries(given.changes)) {
    for (const edit of edits) {
      found.replace(vscode.Uri.parse(uri, true), range(edit.range), edit.newText);
    }
  }
  return found;
}

/** A code action; `diagnostics` are the ones that it was asked for. */
function codeAction(given, diagnostics) {
  const found = new vscode.CodeAction(given.title, vscode.CodeActionKind.Empty.append(given.kind));
  found.isPreferred = given.isPreferred;
  found.edit = workspaceEdit(given.edit);
  const same = (d) => given.diagnostics.some((g) => g.code === d.code && g.message === d.message);
  found.diagnostics = diagnostics.filter(same);
  return found;
}

function symbol(given) {
  // The protocol counts kinds from 1.
  const places = [given.range, given.selectionRange].map(range);
  const found = new vscode.DocumentSymbol(given.name, given.detail || '', given.kind - 1, ...places);
  found.children = (given.children || []).map(symbol);
  return found;
}

const location = (given) => new vscode.Location(vscode.Uri.parse(given.uri, true), range(given.range));
const link = (given) => new vscode.DocumentLink(range(given.range), vscode.Uri.parse(given.target, true));

module.exports = {
  codeAction,
  completionItem,
  diagnostic,
  link,
  location,
  markdown,
  plainPosition,
  plainRange,
  symbol,
  workspaceEdit,
};
