// Problems of a command's report, at their lines in the files.
'use strict';

const fs = require('fs');
const vscode = require('vscode');
const { fileOf } = require('./standing');

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
};

class Problems {
  constructor() {
    this._shown = vscode.languages.createDiagnosticCollection('studio push');
  }

  /** Show what a command found, instead of what was shown before. */
  show(root, report) {
    this._shown.clear();
    const found = new Map();
    for (const problem of report.problems || []) {
      const file = problem.path && fileOf(root, problem);
      if (file) {
        found.set(file, [...(found.get(file) || []), diagnostic(file, problem)]);
      }
    }
    for (const [file, diagnostics] of found) {
      this._shown.set(vscode.Uri.file(file), diagnostics);
    }
  }

  /** The problems of one file are old news when it was saved. */
  forget(uri) {
    this._shown.delete(uri);
  }

  dispose() {
    this._shown.dispose();
  }
}

function diagnostic(file, problem) {
  const message = problem.hint ? `${problem.message}\n${problem.hint}` : problem.message;
  const found = new vscode.Diagnostic(rangeOf(file, problem), message, SEVERITIES[problem.severity]);
  found.source = 'studio push';
  found.code = problem.code;
  return found;
}

/** From a problem's place to the end of its line. studio counts from 1 and in characters, VS Code in units. */
function rangeOf(file, { line, column }) {
  if (!line) {
    return new vscode.Range(0, 0, 0, 0);
  }
  let text = '';
  try {
    text = fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '').split(/\r\n|\r|\n/)[line - 1] || '';
  } catch {
    // The file is gone; the line alone says where it was.
  }
  const start = [...text].slice(0, Math.max(column - 1, 0)).join('').length;
  return new vscode.Range(line - 1, start, line - 1, Math.max(text.length, start));
}

module.exports = { Problems };
