// What studio prints about a file, as documents to be read in the editor: a side, a difference, a run.
'use strict';

const path = require('path');
const vscode = require('vscode');

const SCHEME = 'studio';
const USAGE = 2;

/** Documents that nobody edits. Each is asked for anew when it is opened. */
class Sides {
  constructor(runner) {
    this._runner = runner;
    this._texts = new Map();
    this._changed = new vscode.EventEmitter();
    this.onDidChange = this._changed.event;
    this._registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri) {
    return this._texts.get(uri.toString()) || '';
  }

  /**
   * The text that a side has of a file: base, files or database. undefined where this studio can't print
   * sides; "" where the side has no such record.
   */
  async text(workspace, file, side) {
    const { code, out } = await this._runner.run(['show', '--side', side, '--', file], workspace.root);
    if (code === USAGE) {
      return undefined;
    }
    return code === 0 ? out : '';
  }

  /** A document with a text, called as the file is, so that it is coloured as the file is. */
  document(file, word, text) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: file, query: word });
    this._texts.set(uri.toString(), text);
    this._changed.fire(uri);
    return uri;
  }

  /** Show what studio prints for people. */
  async show(workspace, name, args, language) {
    const { code, out, err } = await this._runner.run(args, workspace.root);
    const said = out.trim() ? out : err;
    const uri = this.document(path.join(workspace.root, name), args.join(' '), said);
    const document = await vscode.workspace.openTextDocument(uri);
    if (language && vscode.languages.setTextDocumentLanguage) {
      await vscode.languages.setTextDocumentLanguage(document, language);
    }
    await vscode.window.showTextDocument(document, { preview: true });
    return code;
  }

  dispose() {
    this._registered.dispose();
    this._changed.dispose();
  }
}

module.exports = { Sides };
