// The extension: finds studio and the workspaces of the window, and puts the parts together.
'use strict';

const path = require('path');
const vscode = require('vscode');
const { Actions } = require('./actions');
const { Conflicts } = require('./conflicts');
const { findStudio, isBelow } = require('./finder');
const { LanguageClient } = require('./lsp/client');
const { Preview } = require('./preview');
const { Problems } = require('./problems');
const { Runner } = require('./runner');
const { Sides } = require('./sides');
const { findRoots, installer, interpreter } = require('./surroundings');
const { Badges, SourceControl, StatusBar } = require('./views');
const { Workspace } = require('./workspace');

const MAX_AGE = 10_000;
const RECORDS = /\.(md|ya?ml)$/i;

class Extension {
  constructor(context) {
    this._context = context;
    this._output = vscode.window.createOutputChannel('studio');
    this._log = (line) => this._output.appendLine(line);
    this._runner = new Runner(() => this.command, this._log);
    this._bar = new StatusBar();
    this._badges = new Badges();
    this._problems = new Problems();
    this._sides = new Sides(this._runner);
    this._actions = new Actions(this._runner, this._sides, this._problems);
    this._conflicts = new Conflicts(
      this._runner,
      this._sides,
      (context.storageUri || context.globalStorageUri).fsPath
    );
    this.workspaces = new Map();
    this._controls = new Map();
    this._client = undefined;
    this._told = false;
    this.command = undefined;
    const parts = [this._output, this._runner, this._bar, this._badges, this._problems, this._sides];
    const rootOf = (file) => this.workspaceOf(file).root;
    this._preview = new Preview(() => this._client, rootOf);
    context.subscriptions.push(...parts, this._conflicts, this._preview);
  }

  async start() {
    const register = (name, action) =>
      this._context.subscriptions.push(vscode.commands.registerCommand(name, action));
    register('studio.refresh', () => this.refresh());
    register('studio.showOutput', () => this._output.show());
    register('studio.setPath', () => openPathSetting());
    // A button of a source-control view gives its control, a file in it a resource, other menus an address.
    const whole = (action) => async (control) => {
      const workspace = await this._chosen(control);
      if (workspace) {
        await action(workspace, [], this._controls.get(workspace.root).control.inputBox);
      }
    };
    const single = (action) => async (given) => {
      const file = fileGiven(given);
      const workspace = file && this.command && this.workspaceOf(file);
      if (workspace) {
        await action(workspace, file, this._controls.get(workspace.root).control.inputBox);
      }
    };
    const actions = this._actions;
    register('studio.push', whole((...given) => actions.push(...given)));
    register('studio.pull', whole((...given) => actions.pull(...given)));
    register('studio.pushFile', single((workspace, file, box) => actions.push(workspace, [file], box)));
    register('studio.pullFile', single((workspace, file) => actions.pull(workspace, [file])));
    register('studio.compare', single((workspace, file) => actions.compare(workspace, file)));
    register('studio.log', single((workspace, file) => actions.log(workspace, file)));
    register('studio.blame', single((workspace, file) => actions.blame(workspace, file)));
    register('studio.preview', single((_, file) => this._showPreview(file)));
    register('studio.merge', single((workspace, file) => this._conflicts.merge(workspace, file)));
    register('studio.resolve', single((workspace, file) => this._conflicts.resolve(workspace, file)));
    this._listen();
    await this.look();
  }

  /** Look for workspaces, and if there are any, for studio. */
  async look() {
    const roots = await findRoots();
    for (const [root, workspace] of this.workspaces) {
      if (!roots.includes(root)) {
        workspace.dispose();
        this.workspaces.delete(root);
        this._controls.get(root).dispose();
        this._controls.delete(root);
      }
    }
    for (const root of roots.filter((root) => !this.workspaces.has(root))) {
      this.workspaces.set(root, new Workspace(root, this._runner, () => this._show()));
      this._controls.set(root, new SourceControl(root));
    }
    if (roots.length) {
      await this._find();
    }
    this._show();
  }

  async refresh() {
    if (!this.command) {
      this._told = false;
      await this._find();
    }
    if (this.command) {
      await Promise.all([...this.workspaces.values()].map((workspace) => workspace.refresh()));
    }
  }

  /** The workspace that a file is in; the innermost where one lies in another. */
  workspaceOf(file) {
    const around = [...this.workspaces.keys()].filter((root) => isBelow(file, root));
    return this.workspaces.get(around.sort((a, b) => b.length - a.length)[0]);
  }

  async _showPreview(file) {
    await this._preview.show(await vscode.workspace.openTextDocument(vscode.Uri.file(file)));
  }

  /** The workspace of a source-control view; else the only one, or the one that the person picks. */
  async _chosen(control) {
    if (!this.command) {
      await this.refresh();
      return undefined;
    }
    const root = control && control.rootUri && control.rootUri.fsPath;
    const roots = [...this.workspaces.keys()];
    if (root || roots.length < 2) {
      return this.workspaces.get(root || roots[0]);
    }
    const items = roots.map((one) => ({ label: path.basename(one), description: one }));
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Which workspace?' });
    return chosen && this.workspaces.get(chosen.description);
  }

  async dispose() {
    for (const part of [...this.workspaces.values(), ...this._controls.values()]) {
      part.dispose();
    }
    if (this._client) {
      await this._client.dispose();
    }
  }

  async _find() {
    const found = findStudio({
      trusted: vscode.workspace.isTrusted,
      wanted: vscode.workspace.getConfiguration('studio').get('path'),
      folders: (vscode.workspace.workspaceFolders || []).map(({ uri }) => uri.fsPath),
      interpreter: await interpreter(),
      installer: installer(this._context.extensionPath),
      env: process.env,
    });
    const command = found && found.command;
    if (JSON.stringify(command) === JSON.stringify(this.command) && command) {
      return;
    }
    this.command = command;
    if (this._client) {
      await this._client.dispose();
      this._client = undefined;
    }
    if (!command) {
      await this._tellMissing(found && found.missing);
      return;
    }
    this._log(`studio: ${command.join(' ')} (found by ${found.from})`);
    this._serve();
    if (this._automatic()) {
      this.workspaces.forEach((workspace) => workspace.refreshSoon());
    }
  }

  async _tellMissing(missing) {
    if (this._told || !vscode.workspace.isTrusted) {
      return;
    }
    this._told = true;
    const message = missing
      ? `studio.path leads to no program: ${missing}`
      : 'This folder is a workspace of studio, and the program studio was not found.';
    if ((await vscode.window.showWarningMessage(message, 'Set the Path')) === 'Set the Path') {
      await openPathSetting();
    }
  }

  _serve() {
    const [root] = this.workspaces.keys();
    const client = new LanguageClient(this.command, root, {
      isOurs: (document) => Boolean(this.workspaceOf(document.uri.fsPath)),
      log: this._log,
      onBroken: (why) => this._tellBroken(why),
    });
    this._client = client;
    client.start().catch((error) => this._log(`the language server: ${error.message}`));
  }

  async _tellBroken(why) {
    const [first] = why.split('\n');
    const message = `studio can't check files while you type: ${first}`;
    if ((await vscode.window.showWarningMessage(message, 'Show Output')) === 'Show Output') {
      this._output.show();
    }
  }

  _automatic() {
    return vscode.workspace.getConfiguration('studio').get('status') && Boolean(this.command);
  }

  _listen() {
    const saved = (uris) => {
      for (const uri of uris) {
        const workspace = uri.scheme === 'file' && this._automatic() && this.workspaceOf(uri.fsPath);
        if (workspace && RECORDS.test(uri.fsPath)) {
          workspace.refreshSoon();
        }
      }
    };
    const watcher = vscode.workspace.createFileSystemWatcher('**/studio.yaml');
    const { workspace, window } = vscode;
    this._context.subscriptions.push(
      // A save is over when this is called: nothing waits for studio.
      workspace.onDidSaveTextDocument(({ uri }) => {
        this._problems.forget(uri);
        saved([uri]);
      }),
      workspace.onDidDeleteFiles(({ files }) => saved(files)),
      workspace.onDidCreateFiles(({ files }) => saved(files)),
      workspace.onDidRenameFiles(({ files }) => saved(files.flatMap((f) => [f.oldUri, f.newUri]))),
      workspace.onDidChangeWorkspaceFolders(() => this.look()),
      workspace.onDidGrantWorkspaceTrust(() => this.look()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('studio.path')) {
          this._told = false;
          this.look();
        }
      }),
      watcher,
      watcher.onDidCreate(() => this.look()),
      watcher.onDidDelete(() => this.look()),
      window.onDidChangeWindowState(({ focused }) => {
        if (focused && this._automatic()) {
          this.workspaces.forEach((one) => one.refreshIfOlder(MAX_AGE));
        }
      })
    );
  }

  _show() {
    const workspaces = [...this.workspaces.values()];
    this._bar.show(this.command ? workspaces : []);
    vscode.commands.executeCommand('setContext', 'studio.active', Boolean(this.command && workspaces.length));
    this._badges.show(workspaces);
    for (const workspace of workspaces) {
      this._controls.get(workspace.root).show(workspace);
    }
  }
}

function openPathSetting() {
  return vscode.commands.executeCommand('workbench.action.openSettings', 'studio.path');
}

/** The file that a command is about: of a resource, an address, or the editor in front. */
function fileGiven(given) {
  const editor = vscode.window.activeTextEditor;
  const uri = (given && (given.resourceUri || given)) || (editor && editor.document.uri);
  return uri && uri.scheme === 'file' ? uri.fsPath : undefined;
}

let running;

async function activate(context) {
  running = new Extension(context);
  await running.start();
  return running;
}

async function deactivate() {
  if (running) {
    await running.dispose();
  }
}

module.exports = { activate, deactivate };
