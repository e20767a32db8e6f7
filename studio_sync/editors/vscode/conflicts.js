// Conflicts: looked at side by side, merged in VS Code's merge editor, settled by `studio resolve`.
'use strict';

const path = require('path');
const vscode = require('vscode');
const { reason } = require('./standing');
const { saved } = require('./actions');

const MERGE_EDITOR = '_open.mergeEditor';
const CHOICES = [
  { label: 'Keep the Files', keep: 'files', detail: "Where both changed the same thing, the file's version stays; a push sends it" },
  { label: 'Keep the Database', keep: 'database', detail: "Where both changed the same thing, the database's version goes into the file" },
  { label: 'Keep Both Between Marks', keep: 'both', detail: 'Both versions of the lines go into the text, to be edited there' },
];

class Conflicts {
  constructor(runner, sides) {
    this._runner = runner;
    this._sides = sides;
    this._merging = new Map();
    this._asking = new Set();
    this._saves = vscode.workspace.onDidSaveTextDocument(({ uri }) => this._savedMerge(uri.fsPath));
  }

  /** Show a conflict whole, and ask which side counts. */
  async resolve(workspace, file) {
    if (!(await saved(workspace, [file], 'decision'))) {
      return;
    }
    // What is decided is what this shows: studio settles it only while it is still like that.
    const code = await this._sides.show(workspace, 'conflict.diff', ['diff', '--full', '--', file], 'diff');
    if (code !== 0) {
      return;
    }
    const placeHolder = `${path.basename(file)}: which side counts where both changed the same thing?`;
    const chosen = await vscode.window.showQuickPick(CHOICES, { placeHolder, ignoreFocusOut: true });
    if (chosen) {
      await this._settle(workspace, file, chosen.keep);
    }
  }

  /** Open the three sides in the merge editor, or where that isn't possible two of them as a difference. */
  async merge(workspace, file) {
    if (!(await saved(workspace, [file], 'merge'))) {
      return;
    }
    const [base, files, database] = await Promise.all(
      ['base', 'files', 'database'].map((side) => this._sides.text(workspace, file, side))
    );
    if (base === undefined || database === undefined) {
      await this.resolve(workspace, file);
      return;
    }
    this._merging.set(file, { workspace, database });
    const side = (word, text, title) => ({ uri: this._sides.document(file, word, text), title });
    const output = vscode.Uri.file(file);
    const [left, right] = [side('database', database, 'Database'), side('files', files, 'File')];
    try {
      await vscode.commands.executeCommand(MERGE_EDITOR, {
        base: this._sides.document(file, 'base', base),
        input1: left,
        input2: right,
        output,
      });
    } catch {
      const title = `${path.basename(file)} (database, file): edit the right side, then save it`;
      await vscode.commands.executeCommand('vscode.diff', left.uri, output, title);
    }
  }

  /** A file that is being merged was saved: is it done? */
  async _savedMerge(file) {
    const merging = this._merging.get(file);
    if (!merging || this._asking.has(file)) {
      return;
    }
    this._asking.add(file);
    const asked = `Is ${path.basename(file)} merged? Then the conflict is settled, and a push sends the file.`;
    const choice = await vscode.window.showInformationMessage(asked, 'Settle', 'Not Yet');
    this._asking.delete(file);
    if (choice === 'Settle') {
      await this._settleMerge(merging, file);
    }
  }

  async _settleMerge({ workspace, database }, file) {
    this._merging.delete(file);
    if ((await this._sides.text(workspace, file, 'database')) !== database) {
      const asked = 'The database has changed since you began to merge. Nothing is settled.';
      if ((await vscode.window.showWarningMessage(asked, 'Merge Again')) === 'Merge Again') {
        await this.merge(workspace, file);
      }
      return;
    }
    // With all three sides in its answer, the conflict counts as shown as it now is.
    await this._runner.json(['diff', '--', file], workspace.root);
    await this._settle(workspace, file, 'files');
  }

  async _settle(workspace, file, keep) {
    const { report } = await this._runner.json(['resolve', '--keep', keep, '--', file], workspace.root);
    if (report.outcome === 'ok') {
      const next = keep === 'both' ? 'edit the marks away, then push' : keep === 'files' ? 'push sends it' : '';
      vscode.window.setStatusBarMessage(`studio: settled${next ? `; ${next}` : ''}`, 8000);
      if (keep === 'both') {
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
      }
    } else {
      const { message, hint } = reason(report);
      const said = [message || 'it is not as it was shown', hint].filter(Boolean).join('. ');
      if ((await vscode.window.showErrorMessage(`Not settled: ${said}`, 'Show Again')) === 'Show Again') {
        await this.resolve(workspace, file);
        return;
      }
    }
    await workspace.refresh();
  }

  dispose() {
    this._saves.dispose();
  }
}

module.exports = { Conflicts };
