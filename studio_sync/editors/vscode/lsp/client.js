// The language server of studio, as far as VS Code needs it: problems, completion, hover, quick fixes.
'use strict';

const vscode = require('vscode');
const { CAPABILITIES } = require('./capabilities');
const convert = require('./convert');
const { Connection } = require('./connection');
const { start } = require('../runner');

const LANGUAGES = ['markdown', 'yaml'];
const SELECTOR = LANGUAGES.map((language) => ({ language, scheme: 'file' }));
const MAX_STARTS = 4;
const STARTS_WITHIN = 3 * 60 * 1000;
const END_PATIENCE = 2000;

class LanguageClient {
  /**
   * `command` is studio's command line, `isOurs` tells which documents it is told of, `log` takes lines and
   * `onBroken` the reason why there is no server any more.
   */
  constructor(command, cwd, { isOurs, log, onBroken }) {
    this._command = command;
    this._cwd = cwd;
    this._isOurs = isOurs;
    this._log = log;
    this._onBroken = onBroken;
    this._diagnostics = vscode.languages.createDiagnosticCollection('studio');
    this._open = new Set();
    this._starts = [];
    this._stopped = false;
    this._ready = false;
    this._providers = [];
    this._listeners = [
      vscode.workspace.onDidOpenTextDocument((document) => this._opened(document)),
      vscode.workspace.onDidChangeTextDocument((event) => this._changed(event)),
      vscode.workspace.onDidSaveTextDocument((document) => this._saved(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this._closedDocument(document)),
    ];
  }

  /** Start the server; resolves when it is ready, rejects when it can't be started. */
  async start() {
    this._starts.push(Date.now());
    const child = start(this._command, ['lsp', '--stdio'], this._cwd, ['pipe', 'pipe', 'pipe']);
    this._child = child;
    let said = '';
    child.stderr.on('data', (data) => {
      said = (said + data.toString('utf8')).slice(-4000);
    });
    child.on('error', (error) => this._ended(child, error.message));
    child.on('close', (code) => this._ended(child, said.trim() || `it ended with ${code}`));
    this._connection = new Connection(child.stdout, child.stdin, {
      'textDocument/publishDiagnostics': (given) => this._published(given),
      'window/logMessage': (given) => this._log(given.message),
      'window/showMessage': (given) => this._log(given.message),
    });
    const folders = vscode.workspace.workspaceFolders || [];
    const { capabilities } = await this._connection.request('initialize', {
      processId: process.pid,
      rootUri: vscode.Uri.file(this._cwd).toString(),
      workspaceFolders: folders.map(({ uri, name }) => ({ uri: uri.toString(), name })),
      capabilities: CAPABILITIES,
    });
    this.capabilities = capabilities;
    this._ready = true;
    this._connection.notify('initialized', {});
    this._offer(capabilities);
    this._open.clear();
    vscode.workspace.textDocuments.forEach((document) => this._opened(document));
  }

  /** Ask the server something that only studio's server knows. */
  request(method, params) {
    return this._connection.request(method, params);
  }

  /** Whether the server was told of a document. */
  knows(document) {
    return this._open.has(document.uri.toString());
  }

  async dispose() {
    this._stopped = true;
    for (const one of [...this._listeners, ...this._providers, this._diagnostics]) {
      one.dispose();
    }
    const child = this._child;
    if (!child || child.exitCode !== null) {
      return;
    }
    const timer = setTimeout(() => child.kill(), END_PATIENCE);
    child.once('close', () => clearTimeout(timer));
    try {
      await this._connection.request('shutdown', null);
      this._connection.notify('exit', null);
    } catch {
      child.kill();
    }
  }

  _ended(child, why) {
    if (this._stopped || child !== this._child) {
      return;
    }
    this._child = undefined;
    this._ready = false;
    this._connection.close();
    this._diagnostics.clear();
    this._open.clear();
    this._log(`the language server has ended: ${why}`);
    const recent = this._starts.filter((moment) => Date.now() - moment < STARTS_WITHIN);
    if (this.capabilities && recent.length < MAX_STARTS) {
      this.start().catch((error) => this._log(error.message));
    } else {
      this._onBroken(why);
    }
  }

  // --- what the editor tells the server

  _opened(document) {
    const uri = document.uri.toString();
    if (!this._ready || this._open.has(uri)) {
      return;
    }
    if (LANGUAGES.includes(document.languageId) && document.uri.scheme === 'file' && this._isOurs(document)) {
      this._open.add(uri);
      const { languageId, version } = document;
      const textDocument = { uri, languageId, version, text: document.getText() };
      this._connection.notify('textDocument/didOpen', { textDocument });
    }
  }

  _changed({ document, contentChanges }) {
    if (this.knows(document) && contentChanges.length) {
      this._connection.notify('textDocument/didChange', {
        textDocument: { uri: document.uri.toString(), version: document.version },
        contentChanges: [{ text: document.getText() }],
      });
    }
  }

  _saved(document) {
    if (this.knows(document)) {
      this._connection.notify('textDocument/didSave', this._about(document));
    }
  }

  _closedDocument(document) {
    if (this._open.delete(document.uri.toString())) {
      this._connection.notify('textDocument/didClose', this._about(document));
      this._diagnostics.delete(document.uri);
    }
  }

  _about(document) {
    return { textDocument: { uri: document.uri.toString() } };
  }

  // --- what the server tells the editor

  _published({ uri, diagnostics }) {
    if (this._open.has(uri)) {
      this._diagnostics.set(vscode.Uri.parse(uri, true), diagnostics.map(convert.diagnostic));
    }
  }

  _offer(capabilities) {
    this._providers.forEach((provider) => provider.dispose());
    const { completionProvider, hoverProvider, codeActionProvider } = capabilities;
    const { languages } = vscode;
    this._providers = [];
    if (completionProvider) {
      const ask = this._placed('textDocument/completion', ({ items }) => items.map(convert.completionItem));
      const provider = { provideCompletionItems: ask };
      const triggers = completionProvider.triggerCharacters || [];
      this._providers.push(languages.registerCompletionItemProvider(SELECTOR, provider, ...triggers));
    }
    if (hoverProvider) {
      const ask = this._placed('textDocument/hover', ({ contents }) => new vscode.Hover(convert.markdown(contents)));
      this._providers.push(languages.registerHoverProvider(SELECTOR, { provideHover: ask }));
    }
    if (capabilities.documentSymbolProvider) {
      const ask = this._listing('textDocument/documentSymbol', convert.symbol);
      this._providers.push(languages.registerDocumentSymbolProvider(SELECTOR, { provideDocumentSymbols: ask }));
    }
    if (capabilities.documentLinkProvider) {
      const ask = this._listing('textDocument/documentLink', convert.link);
      this._providers.push(languages.registerDocumentLinkProvider(SELECTOR, { provideDocumentLinks: ask }));
    }
    if (capabilities.definitionProvider) {
      const ask = this._placed('textDocument/definition', convert.location);
      this._providers.push(languages.registerDefinitionProvider(SELECTOR, { provideDefinition: ask }));
    }
    if (codeActionProvider) {
      const provider = { provideCodeActions: (...given) => this._codeActions(...given) };
      const kinds = (codeActionProvider.codeActionKinds || ['quickfix']).map((kind) =>
        vscode.CodeActionKind.Empty.append(kind)
      );
      const options = { providedCodeActionKinds: kinds };
      this._providers.push(languages.registerCodeActionsProvider(SELECTOR, provider, options));
    }
  }

  /** What a request gives for a whole document, each as VS Code has it. */
  _listing(method, converted) {
    return async (document, token) => {
      if (!this.knows(document)) {
        return undefined;
      }
      const found = await this._connection.request(method, this._about(document), token);
      return (found || []).map(converted);
    };
  }

  /** What a request gives for a place in a document, as VS Code has it. */
  _placed(method, converted) {
    return async (document, position, token) => {
      if (!this.knows(document)) {
        return undefined;
      }
      const asked = { ...this._about(document), position: convert.plainPosition(position) };
      const found = await this._connection.request(method, asked, token);
      return found ? converted(found) : undefined;
    };
  }

  async _codeActions(document, range, context, token) {
    if (!this.knows(document)) {
      return undefined;
    }
    const ours = context.diagnostics.filter((diagnostic) => diagnostic.given);
    const found = await this._connection.request(
      'textDocument/codeAction',
      {
        ...this._about(document),
        range: convert.plainRange(range),
        context: {
          diagnostics: ours.map((diagnostic) => diagnostic.given),
          ...(context.only ? { only: [context.only.value] } : {}),
        },
      },
      token
    );
    return (found || []).map((given) => convert.codeAction(given, ours));
  }
}

module.exports = { LanguageClient };
