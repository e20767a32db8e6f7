// A stub of VS Code's own module, as far as the extension asks for it. What happens is recorded, and the test plays
// the person at the screen.
'use strict';

const Module = require('module');
const path = require('path');
const { pathToFileURL, fileURLToPath } = require('url');

class Emitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener) => {
      this.listeners.add(listener);
      return { dispose: () => this.listeners.delete(listener) };
    };
  }
  fire(value) {
    this.listeners.forEach((listener) => listener(value));
  }
  dispose() {
    this.listeners.clear();
  }
}

class Uri {
  constructor(scheme, place, query = '') {
    Object.assign(this, { scheme, path: place, query });
  }
  static file(place) {
    return new Uri('file', place);
  }
  static parse(text) {
    if (text.startsWith('file:')) {
      return Uri.file(fileURLToPath(text));
    }
    const url = new URL(text);
    return new Uri(url.protocol.slice(0, -1), decodeURIComponent(url.pathname), url.search.slice(1));
  }
  static from({ scheme, path: place, query }) {
    return new Uri(scheme, place, query);
  }
  get fsPath() {
    return this.path;
  }
  with(change) {
    return new Uri(change.scheme || this.scheme, change.path || this.path, change.query || this.query);
  }
  toString() {
    const query = this.query ? `?${encodeURIComponent(this.query)}` : '';
    return this.scheme === 'file' ? pathToFileURL(this.path).href : `${this.scheme}:${this.path}${query}`;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, endLine, endCharacter) {
    const given = typeof start === 'number';
    this.start = given ? new Position(start, end) : start;
    this.end = given ? new Position(endLine, endCharacter) : end;
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class Kind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new Kind(this.value ? `${this.value}.${part}` : part);
  }
}

class WorkspaceEdit {
  constructor() {
    this.edits = [];
  }
  replace(uri, range, text) {
    this.edits.push({ uri, range, text });
  }
}

class Document {
  constructor(file, text, languageId) {
    this.uri = Uri.file(file);
    this.languageId = languageId || (file.endsWith('.md') ? 'markdown' : 'yaml');
    this.version = 1;
    this.isDirty = false;
    this.isClosed = false;
    this.text = text;
  }
  get fileName() {
    return this.uri.fsPath;
  }
  get lineCount() {
    return this.text.split('\n').length;
  }
  getText() {
    return this.text;
  }
  async save() {
    this.isDirty = false;
    return true;
  }
}

const values = (...keys) => class {
  constructor(...given) {
    keys.forEach((key, k) => (this[key] = given[k]));
  }
};

/** A window with these folders open. `answer` stands for the person: it gets (kind, message, choices). */
function stub({ folders, trusted = true, settings = {}, extensions = {}, answer = () => undefined }) {
  const events = {};
  const event = (name) => (events[name] = events[name] || new Emitter()).event;
  const seen = {
    messages: [], output: [], commands: new Map(), executed: [], bars: [], controls: [], decorations: [],
    collections: new Map(), providers: {}, panels: [], contents: new Map(), opened: [], applied: [], closed: [],
  };
  const tell = (kind) => async (message, ...rest) => {
    const choices = rest.filter((one) => typeof one === 'string' || (one && one.title));
    const options = rest.find((one) => one && (one.modal || one.detail)) || {};
    seen.messages.push({ kind, message, choices, ...options });
    return answer(kind, message, choices, options);
  };
  const provide = (name) => (selector, provider, ...rest) => {
    seen.providers[name] = provider;
    seen.providers[`${name}.options`] = rest;
    return { dispose: () => delete seen.providers[name] };
  };
  const vscode = {
    Uri, Position, Range, Diagnostic, WorkspaceEdit,
    EventEmitter: Emitter,
    CompletionItem: values('label', 'kind'),
    Hover: values('contents'),
    DocumentSymbol: values('name', 'detail', 'kind', 'range', 'selectionRange'),
    DocumentLink: values('range', 'target'),
    Location: values('uri', 'range'),
    CodeAction: values('title', 'kind'),
    MarkdownString: values('value'),
    SnippetString: values('value'),
    ThemeColor: values('id'),
    ThemeIcon: values('id'),
    RelativePattern: values('base', 'pattern'),
    CodeActionKind: { Empty: new Kind(''), QuickFix: new Kind('quickfix') },
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
    StatusBarAlignment: { Left: 1, Right: 2 },
    ColorThemeKind: { Light: 1, Dark: 2, HighContrast: 3, HighContrastLight: 4 },
    ProgressLocation: { Notification: 15, SourceControl: 1, Window: 10 },
    TextDocumentSaveReason: { Manual: 1, AfterDelay: 2, FocusOut: 3 },
    ViewColumn: { Active: -1, Beside: -2 },
    workspace: {
      isTrusted: trusted,
      workspaceFolders: folders.map((folder) => ({ uri: Uri.file(folder), name: path.basename(folder) })),
      textDocuments: [],
      getConfiguration: (section) => ({
        get: (key) => ({ path: '', status: true, ...settings })[key],
        section,
      }),
      findFiles: async (pattern) => {
        const root = pattern.base.fsPath;
        const { existsSync } = require('fs');
        return existsSync(path.join(root, 'studio.yaml')) ? [Uri.file(path.join(root, 'studio.yaml'))] : [];
      },
      applyEdit: async (edit) => seen.applied.push(...edit.edits.map(({ text }) => text)) > 0,
      saveAll: async () => {
        vscode.workspace.textDocuments.forEach((document) => (document.isDirty = false));
        return true;
      },
      openTextDocument: async (uri) => {
        const open = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
        if (open) {
          return open;
        }
        const provider = seen.contents.get(uri.scheme);
        if (!provider) {
          return new Document(uri.fsPath, require('fs').readFileSync(uri.fsPath, 'utf8'));
        }
        const text = await provider.provideTextDocumentContent(uri);
        return { uri, getText: () => text };
      },
      registerTextDocumentContentProvider: (scheme, provider) => {
        seen.contents.set(scheme, provider);
        return { dispose() {} };
      },
      createFileSystemWatcher: () => ({
        onDidCreate: event('created'), onDidDelete: event('deleted'), onDidChange: event('touched'), dispose() {},
      }),
      onDidOpenTextDocument: event('open'),
      onDidChangeTextDocument: event('change'),
      onDidSaveTextDocument: event('save'),
      onWillSaveTextDocument: event('willSave'),
      onDidCloseTextDocument: event('close'),
      onDidDeleteFiles: event('deleteFiles'),
      onDidCreateFiles: event('createFiles'),
      onDidRenameFiles: event('renameFiles'),
      onDidChangeWorkspaceFolders: event('folders'),
      onDidGrantWorkspaceTrust: event('trust'),
      onDidChangeConfiguration: event('configuration'),
    },
    window: {
      activeTextEditor: undefined,
      tabGroups: {
        all: [{ tabs: [{ label: 'article.md' }, { label: 'Merging: article.md' }] }],
        close: async (tabs) => seen.closed.push(...tabs.map(({ label }) => label)),
      },
      activeColorTheme: { kind: 2 },
      createOutputChannel: () => ({ appendLine: (line) => seen.output.push(line), show() {}, dispose() {} }),
      createStatusBarItem: () => {
        const item = { visible: false, show: () => (item.visible = true), hide: () => (item.visible = false), dispose() {} };
        seen.bars.push(item);
        return item;
      },
      registerFileDecorationProvider: (provider) => {
        seen.decorations.push(provider);
        return { dispose() {} };
      },
      showWarningMessage: tell('warning'),
      showErrorMessage: tell('error'),
      showInformationMessage: tell('information'),
      setStatusBarMessage: (message) => {
        seen.messages.push({ kind: 'bar', message });
        return { dispose() {} };
      },
      showQuickPick: async (items, options) => answer('pick', (options && options.placeHolder) || '', await items, {}),
      showInputBox: async (options) => answer('input', options.prompt, [], options),
      showTextDocument: async (document) => seen.opened.push(document),
      withProgress: (options, task) => task({ report() {} }),
      createWebviewPanel: (type, title, column, options) => {
        const panel = {
          type, title, column, options, disposed: new Emitter(),
          webview: { html: '', cspSource: 'https://webview.test', asWebviewUri: (uri) => `https://webview.test${uri.path}` },
          reveal() {},
          dispose() {
            this.disposed.fire();
          },
        };
        panel.onDidDispose = panel.disposed.event;
        seen.panels.push(panel);
        return panel;
      },
      onDidChangeWindowState: event('window'),
      onDidChangeActiveTextEditor: event('active'),
    },
    languages: {
      createDiagnosticCollection: (name) => {
        const held = new Map();
        const collection = {
          held,
          changed: new Emitter(),
          set(uri, diagnostics) {
            held.set(uri.toString(), diagnostics);
            collection.changed.fire(uri.toString());
          },
          delete: (uri) => held.delete(uri.toString()),
          clear: () => held.clear(),
          get: (uri) => held.get(uri.toString()),
          dispose() {},
        };
        seen.collections.set(name, collection);
        return collection;
      },
      registerCompletionItemProvider: provide('completion'),
      registerHoverProvider: provide('hover'),
      registerDocumentSymbolProvider: provide('symbols'),
      registerDocumentLinkProvider: provide('links'),
      registerDefinitionProvider: provide('definition'),
      registerCodeActionsProvider: provide('actions'),
    },
    commands: {
      registerCommand: (name, action) => {
        seen.commands.set(name, action);
        return { dispose: () => seen.commands.delete(name) };
      },
      executeCommand: async (name, ...given) => {
        seen.executed.push([name, ...given]);
        const action = seen.commands.get(name);
        if (!action && vscode.commands.missing.includes(name)) {
          throw new Error(`command '${name}' not found`);
        }
        return action ? action(...given) : undefined;
      },
      missing: [],
    },
    scm: {
      createSourceControl: (id, label, root) => {
        const control = {
          id, label, root, groups: [], inputBox: { value: '' }, dispose: () => (control.disposed = true),
          createResourceGroup: (group, words) => {
            const made = { id: group, label: words, resourceStates: [] };
            control.groups.push(made);
            return made;
          },
        };
        seen.controls.push(control);
        return control;
      },
    },
    extensions: { getExtension: (id) => extensions[id] },
  };
  return { vscode, seen, fire: (name, value) => events[name].fire(value), Document };
}

/** Load the extension's modules anew, with this stub in the place of VS Code. */
function load(stubbed, module) {
  const source = path.join(__dirname, '..', '..', 'studio_sync', 'editors', 'vscode');
  for (const known of Object.keys(require.cache)) {
    if (known.startsWith(source)) {
      delete require.cache[known];
    }
  }
  const before = Module._load;
  Module._load = (request, ...rest) => (request === 'vscode' ? stubbed.vscode : before(request, ...rest));
  try {
    return require(path.join(source, module));
  } finally {
    Module._load = before;
  }
}

/** Wait until `ready` gives something true. */
async function until(ready, what = 'it', patience = 20_000) {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    const found = ready();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}

module.exports = { Document, load, stub, until };
