// The page of a record beside its file, as the language server makes it. No script runs in it, and nothing is fetched.
'use strict';

const crypto = require('crypto');
const path = require('path');
const vscode = require('vscode');

const PAUSE = 200;
const DARK = 'dark';
const LIGHT = 'light';

class Preview {
  /** `client` gives the language server's client, or undefined; `rootOf` the workspace's folder of a file. */
  constructor(client, rootOf) {
    this._client = client;
    this._rootOf = rootOf;
    this._panel = undefined;
    this._document = undefined;
    this._timer = undefined;
    this._listeners = [
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document === this._document) {
          this._soon();
        }
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        const client = this._client();
        if (this._panel && editor && client && client.knows(editor.document)) {
          this._document = editor.document;
          this._soon();
        }
      }),
    ];
  }

  /** Show the page of a document beside it. */
  async show(document) {
    this._document = document;
    if (!this._panel) {
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this._panel = vscode.window.createWebviewPanel('studio.preview', 'Preview', column, {
        enableScripts: false,
        enableCommandUris: false,
        enableForms: false,
        localResourceRoots: [vscode.Uri.file(this._rootOf(document.uri.fsPath))],
      });
      this._panel.onDidDispose(() => {
        this._panel = undefined;
        this._document = undefined;
      });
    }
    await this._update();
  }

  _soon() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._update(), PAUSE);
  }

  async _update() {
    const document = this._document;
    const client = this._client();
    let page;
    try {
      page = client && (await client.request('studio/preview', { uri: document.uri.toString() }));
    } catch (error) {
      page = { error: error.message };
    }
    // Meanwhile the panel may be closed, or show another document.
    if (!this._panel || document !== this._document) {
      return;
    }
    const name = path.basename(document.uri.fsPath);
    this._panel.title = `Preview ${name}`;
    const { webview } = this._panel;
    if (page && page.html) {
      webview.options = {
        ...webview.options,
        localResourceRoots: [vscode.Uri.file(this._rootOf(document.uri.fsPath))],
      };
      webview.html = pageOf(page, webview);
    } else {
      const said = (page && page.error) || `${name} is no record, or the language server is not running.`;
      webview.html = pageOf({ title: name, html: `<p>${escaped(said)}</p>`, style: '', pictures: [] }, webview);
    }
  }

  dispose() {
    clearTimeout(this._timer);
    this._listeners.forEach((listener) => listener.dispose());
    if (this._panel) {
      this._panel.dispose();
    }
  }
}

/** A whole page. Only this style and the workspace's own pictures are let in; scripts, forms and frames never. */
function pageOf({ title, html, style, pictures }, webview) {
  const nonce = crypto.randomBytes(16).toString('hex');
  const policy =
    `default-src 'none'; img-src ${webview.cspSource}; style-src 'nonce-${nonce}'; ` +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
  // In what the server made, a quote inside a text or an attribute is escaped: this is the address of a picture.
  const shown = html.replace(/src="studio-picture\/(\d+)"/g, (_, number) => {
    const picture = pictures[Number(number)];
    return picture ? `src="${escaped(String(webview.asWebviewUri(vscode.Uri.file(picture))))}"` : 'alt=""';
  });
  return [
    '<!DOCTYPE html>',
    `<html lang="en" data-theme="${isDark() ? DARK : LIGHT}">`,
    `<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escaped(title)}</title><style nonce="${nonce}">${style}</style></head>`,
    `<body>${shown}</body></html>`,
  ].join('\n');
}

function isDark() {
  const { kind } = vscode.window.activeColorTheme;
  return kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
}

function escaped(text) {
  const signs = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (sign) => signs[sign]);
}

module.exports = { Preview };
