// Conflicts: looked at side by side, merged in VS Code's merge editor, resolved by `studio resolve`.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const vscode = require('vscode');
const { fileOf, reason } = require('./standing');
const { saved } = require('./actions');

const MERGE_EDITOR = '_open.mergeEditor';

/** The answers to which side counts, and what `studio resolve --keep` calls them. */
const CHOICES = { 'Keep the File': 'files', 'Keep the Database': 'database', 'Both, Between Marks': 'both' };

class Conflicts {
  /** `storage` is a folder of the extension's own, for texts that are being merged. */
  constructor(runner, sides, storage) {
    this._runner = runner;
    this._sides = sides;
    this._storage = storage;
    this._merging = new Map();
    this._asked = new Set();
    this._saves = [
      vscode.workspace.onWillSaveTextDocument(({ document, reason: why }) => {
        if (why === vscode.TextDocumentSaveReason.Manual && this._merging.has(document.uri.fsPath)) {
          this._asked.add(document.uri.fsPath);
        }
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this._asked.delete(uri.fsPath)) {
          this._ask(uri.fsPath);
        }
      }),
    ];
  }

  /** Show a conflict whole, and ask which side counts. */
  async resolve(workspace, file) {
    if (!(await saved(workspace, [file], 'decision'))) {
      return;
    }
    // What is decided is what this shows: studio resolves it only while it is still like that.
    const code = await this._sides.show(workspace, 'conflict.diff', ['diff', '--full', '--', file], 'diff');
    if (code !== 0) {
      return;
    }
    // A message at the edge of the window leaves the conflict itself in sight.
    const asked = `${path.basename(file)}: which side counts where both changed the same thing?`;
    const choice = await vscode.window.showInformationMessage(asked, ...Object.keys(CHOICES));
    if (choice) {
      await this._decide(workspace, file, ['--keep', CHOICES[choice]]);
    }
  }

  /** Open the three sides in the merge editor, or where that isn't possible two of them as a difference. */
  async merge(workspace, file) {
    if (!(await saved(workspace, [file], 'merge'))) {
      return;
    }
    const { report } = await this._runner.json(['diff', '--full', '--', file], workspace.root);
    const record = (report.records || []).find(
      (one) => one.texts && one.seen && fileOf(workspace.root, one) === file
    );
    if (!record) {
      await this.resolve(workspace, file);
      return;
    }
    const { base, files, database } = record.texts;
    const before = (await vscode.workspace.openTextDocument(vscode.Uri.file(file))).getText();
    // The file itself stays as it is until the merge is done: also where the editor saves by itself.
    const scratch = path.join(this._storage, hashOf(file), path.basename(file));
    this._merging.set(scratch, { workspace, file, before, seen: record.seen });
    const side = (word, text, title) => ({ uri: this._sides.document(file, word, text || ''), title });
    const [left, right] = [side('database', database, 'Database'), side('files', files, 'File')];
    // Between marks, the merge editor begins with a result of its own, in which what only one side changed is
    // merged. Without them it would begin with the file, and leave out what only the database changed.
    write(scratch, `<<<<<<< File\n${files || ''}\n=======\n${database || ''}\n>>>>>>> Database\n`);
    const output = vscode.Uri.file(scratch);
    try {
      await vscode.commands.executeCommand(MERGE_EDITOR, {
        base: this._sides.document(file, 'base', base || ''),
        input1: left,
        input2: right,
        output,
      });
      vscode.window.setStatusBarMessage('studio: merge, then save the result', 10_000);
    } catch {
      write(scratch, files || '');
      const title = `${path.basename(file)} (database, merged): edit the right side, then save it`;
      await vscode.commands.executeCommand('vscode.diff', left.uri, output, title);
    }
  }

  /** A text that is being merged was saved by hand: is it done? */
  async _ask(scratch) {
    const asked = `Is ${path.basename(scratch)} merged? Then it goes into the file, and the conflict is resolved.`;
    const choice = await vscode.window.showInformationMessage(asked, 'Resolve', 'Not Yet');
    // An older question may be answered after a newer one.
    if (choice === 'Resolve' && this._merging.has(scratch)) {
      await this._takeMerge(scratch);
    }
  }

  async _takeMerge(scratch) {
    const { workspace, file, before, seen } = this._merging.get(scratch);
    const merged = (await vscode.workspace.openTextDocument(vscode.Uri.file(scratch))).getText();
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    if (document.getText() !== before) {
      const asked = `${path.basename(file)} has changed since you began to merge. Nothing is resolved.`;
      if ((await vscode.window.showWarningMessage(asked, 'Merge Again')) === 'Merge Again') {
        await this.merge(workspace, file);
      }
      return;
    }
    await replaceText(document, merged);
    if (await document.save()) {
      this._merging.delete(scratch);
      await closeMerge(path.basename(scratch));
      fs.rmSync(path.dirname(scratch), { recursive: true, force: true });
      // The file is taken as it is, against the version of the row that was on the screen and no later one.
      await this._decide(workspace, file, ['--keep', 'files', '--seen', seen]);
    }
  }

  async _decide(workspace, file, decision) {
    const [, keep] = decision;
    const { report } = await this._runner.json(['resolve', ...decision, '--', file], workspace.root);
    if (report.outcome === 'ok') {
      const next = keep === 'both' ? 'edit the marks away, then push' : keep === 'files' ? 'push sends it' : '';
      vscode.window.setStatusBarMessage(`studio: resolved${next ? `; ${next}` : ''}`, 8000);
      if (keep === 'both') {
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
      }
    } else {
      const { message, hint } = reason(report);
      const said = [message || 'it is not as it was shown', hint].filter(Boolean).join('. ');
      if ((await vscode.window.showErrorMessage(`Not resolved: ${said}`, 'Show Again')) === 'Show Again') {
        await this.resolve(workspace, file);
        return;
      }
    }
    await workspace.refresh();
  }

  dispose() {
    this._saves.forEach((one) => one.dispose());
  }
}

/** Close the merge editor of a file: what it edited is in the file now. */
async function closeMerge(name) {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter(({ label }) => label === `Merging: ${name}`));
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

const hashOf = (text) => crypto.createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Give an open document another text, without saving it. */
async function replaceText(document, text) {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
}

module.exports = { Conflicts };
