// What people ask for: push, pull, compare, log.
'use strict';

const path = require('path');
const vscode = require('vscode');
const { about, fileOf, isComparison, reason } = require('./standing');

const LISTED = 20;
const HELD = 'deletion-held';

class Actions {
  constructor(runner, sides, problems) {
    this._runner = runner;
    this._sides = sides;
    this._problems = problems;
  }

  /** Show the plan, ask, push. `files` narrow it; none is the whole workspace. */
  async push(workspace, files, inputBox) {
    if (!(await saved(workspace, files, 'push'))) {
      return;
    }
    const said = inputBox.value.trim();
    const message = said ? ['-m', said] : [];
    const plan = await this._plan(workspace, files, message, []);
    if (plan.outcome === 'failed' || !('ahead' in plan.counts || plan.records.length)) {
      await this._tell(plan, 'Nothing to push.', 'The push is refused');
    } else if (plan.outcome === 'refused') {
      const choices = ['Show Problems', ...(plan.records.length > 1 ? ['Push the Rest...'] : [])];
      const why = count(errors(plan).length, 'problem');
      const asked = `The push is refused: ${why}. Nothing was pushed.`;
      const choice = await vscode.window.showErrorMessage(asked, ...choices);
      if (choice === 'Show Problems') {
        await vscode.commands.executeCommand('workbench.actions.view.problems');
      } else if (choice) {
        const partial = await this._plan(workspace, files, message, ['--partial']);
        await this._confirm(workspace, files, [...message, '--partial'], partial, inputBox);
      }
    } else {
      await this._confirm(workspace, files, message, plan, inputBox);
    }
  }

  async _plan(workspace, files, message, more) {
    const args = ['push', '-n', ...message, ...more, '--', ...files];
    const { report } = await withProgress('studio: looking what a push would do', () =>
      this._runner.json(args, workspace.root)
    );
    this._problems.show(workspace.root, report);
    return report;
  }

  async _confirm(workspace, files, options, plan, inputBox) {
    const stopped = new Set(plan.problems.filter((p) => p.severity === 'error' || p.code === HELD).map((p) => p.path));
    const goes = plan.records.filter(({ path: place, standing }) => standing === 'ahead' && !stopped.has(place));
    const held = plan.problems.filter(({ code }) => code === HELD).length;
    if (!goes.length) {
      await vscode.window.showInformationMessage(held ? `Nothing to push; ${holds(held)}.` : 'Nothing to push.');
      return;
    }
    const lines = goes.slice(0, LISTED).map((record) => `${record.path}: ${about(record).replace(/^.*?: /, '')}`);
    const more = goes.length > LISTED ? [`... and ${goes.length - LISTED} more`] : [];
    const detail = [...lines, ...more, ...(held ? [`${holds(held)}.`] : [])].join('\n');
    const question = `Push ${count(goes.length, 'change')} to ${plan.database}?`;
    if ((await vscode.window.showInformationMessage(question, { modal: true, detail }, 'Push')) !== 'Push') {
      return;
    }
    const { report } = await withProgress('studio: pushing', () =>
      this._runner.json(['push', ...options, '--', ...files], workspace.root)
    );
    this._problems.show(workspace.root, report);
    if (report.outcome === 'ok' || (report.outcome === 'refused' && options.includes('--partial'))) {
      inputBox.value = '';
      vscode.window.setStatusBarMessage(`studio: pushed ${count(goes.length, 'change')}`, 5000);
    } else {
      await this._tell(report, '', 'The push is refused');
    }
    await workspace.refresh();
  }

  async pull(workspace, files) {
    if (!(await saved(workspace, [], 'pull'))) {
      return;
    }
    const { report } = await withProgress('studio: pulling', () =>
      this._runner.json(['pull', '--', ...files], workspace.root)
    );
    this._problems.show(workspace.root, report);
    const conflicts = (report.records || []).filter(({ standing }) => standing === 'conflict');
    if (conflicts.length) {
      const asked = `${count(conflicts.length, 'conflict')} to decide; everything else is pulled.`;
      if ((await vscode.window.showWarningMessage(asked, 'Show')) === 'Show') {
        await vscode.commands.executeCommand('workbench.view.scm');
      }
    } else {
      await this._tell(report, 'Pulled: the files say what the database says.', 'The pull is refused');
    }
    await workspace.refresh();
  }

  /** The database's version of a file beside the file. */
  async compare(workspace, file) {
    const text = await this._sides.text(workspace, file, 'database');
    if (text === undefined) {
      await this._sides.show(workspace, 'difference.diff', ['diff', '--full', '--', file], 'diff');
      return;
    }
    const database = this._sides.document(file, 'database', text);
    const title = `${path.basename(file)} (database, file)`;
    await vscode.commands.executeCommand('vscode.diff', database, vscode.Uri.file(file), title);
  }

  /** Who changed a file when, and on choosing a run, what it changed. */
  async log(workspace, file) {
    const { report } = await this._runner.json(['log', '--limit', '100', '--', file], workspace.root);
    if (!Array.isArray(report.runs)) {
      await this._tell(report, '', 'There is no log');
      return;
    }
    if (!report.runs.length) {
      await vscode.window.showInformationMessage('Nothing was pushed or pulled here yet.');
      return;
    }
    const items = report.runs.map(item);
    const placeHolder = `What was written into ${report.database}: ${path.basename(file)}`;
    const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true });
    if (chosen) {
      const args = ['show', chosen.revision, '--full', '--', file];
      await this._sides.show(workspace, `${chosen.revision.slice(0, 8)}.diff`, args, 'diff');
    }
  }

  /** Who wrote each field and each sentence of a file. */
  async blame(workspace, file) {
    await this._sides.show(workspace, `${path.basename(file)}.blame`, ['blame', '--', file]);
  }

  /** What came of a command, in one message. */
  async _tell(report, well, refused) {
    if (report.outcome === 'ok' || (isComparison(report) && !errors(report).length)) {
      vscode.window.setStatusBarMessage(`studio: ${well}`, 5000);
      return;
    }
    const { message, hint } = reason(report);
    const choice = await vscode.window.showErrorMessage(
      [`${refused}: ${message || 'see the problems'}`, hint].filter(Boolean).join('. '),
      'Show Output'
    );
    if (choice) {
      await vscode.commands.executeCommand('studio.showOutput');
    }
  }
}

function item(run) {
  const [record] = run.records;
  const what = record && record.action !== 'update' ? record.action : (record && record.fields.join(', ')) || '';
  return {
    label: new Date(run.at).toLocaleString(),
    description: `${run.actor || run.role} · ${run.source}${what ? ` · ${what}` : ''}`,
    detail: run.message || undefined,
    revision: run.revision,
  };
}

const count = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;
const holds = (n) => `${count(n, 'deletion')} held: \`studio push --delete\` in a terminal deletes the rows`;
const errors = (report) => (report.problems || []).filter(({ severity }) => severity === 'error');

/** Whether everything that the command would look at is saved, by now. */
async function saved(workspace, files, word) {
  const inside = (file) => Boolean(fileOf(workspace.root, { path: path.relative(workspace.root, file) }));
  const concerned = (file) => (files.length ? files.includes(file) : inside(file));
  const dirty = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && document.uri.scheme === 'file' && concerned(document.uri.fsPath)
  );
  if (!dirty.length) {
    return true;
  }
  const asked = `${count(dirty.length, 'file')} not saved. Save before the ${word}?`;
  if ((await vscode.window.showWarningMessage(asked, { modal: true }, 'Save')) !== 'Save') {
    return false;
  }
  const done = await Promise.all(dirty.map((document) => document.save()));
  return done.every(Boolean);
}

function withProgress(title, task) {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, task);
}

module.exports = { Actions, count, saved, withProgress };
