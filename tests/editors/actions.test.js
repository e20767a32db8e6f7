// Push, pull, compare, log and conflicts, as somebody at the screen goes through them.
'use strict';

const assert = require('node:assert');
const fs = require('fs');
const { test } = require('node:test');
const { Document, until } = require('./vscode');
const { ARTICLE, QUIZ, inWindow, record, report } = require('./window');

const SKIPPED = {
  path: QUIZ, line: 1, column: 1, severity: 'error', code: 'status-skipped',
  message: 'draft → approved skips review', hint: 'next legal status: review',
};
const HELD = { ...SKIPPED, line: 0, column: 0, severity: 'warning', code: 'deletion-held', message: 'held' };
const asked = (window, command) => window.asked(command).map(({ args }) => args.join(' '));
const resource = (window, file) => ({ resourceUri: window.vscode.Uri.file(window.file(file)) });
const shown = (window, file) => window.seen.collections.get('studio push').get(window.vscode.Uri.file(window.file(file)));

/** Answers by a piece of the message; what is asked beyond them is left. */
const says = (answers) => (kind, message, choices) => {
  const [, answer] = Object.entries(answers).find(([piece]) => message.includes(piece)) || [];
  return typeof answer === 'function' ? answer(choices) : answer;
};

test(
  'a push shows its plan first, and goes only when it is agreed to',
  inWindow(async (window) => {
    window.answer('push --json -n', { out: report('push', 'differs', [record('ahead')]) });
    window.answer('push', { out: report('push', 'ok', [record('ahead')]) });
    await window.command('studio.push');
    const [question] = window.seen.messages;
    assert.strictEqual(question.message, 'Push 1 change to training?');
    assert.strictEqual(question.modal, true);
    assert.strictEqual(question.detail, `${ARTICLE}: content`);
    assert.deepStrictEqual(asked(window, 'push'), ['push --json -n --']);
    window.person = says({ 'Push 1 change': 'Push' });
    window.seen.controls[0].inputBox.value = ' why; $(touch x) ';
    window.answer('push --json -n', { out: report('push', 'differs', [record('ahead')]) });
    await window.command('studio.push', window.seen.controls[0]);
    const { args } = window.asked('push').pop();
    assert.deepStrictEqual(args, ['push', '--json', '-m', 'why; $(touch x)', '--']);
    assert.strictEqual(window.seen.controls[0].inputBox.value, '');
    await window.command('studio.pushFile', resource(window, ARTICLE));
    assert.deepStrictEqual(window.asked('push').pop().args, ['push', '--json', '--', window.file(ARTICLE)]);
  })
);

test(
  'what refuses a push is shown at its line, and the rest can be pushed',
  inWindow(async (window) => {
    const records = [record('ahead'), record('ahead', QUIZ)];
    window.answer('push', { code: 1, out: report('push', 'refused', records, [SKIPPED]) });
    await window.command('studio.push');
    assert.deepStrictEqual(asked(window, 'push'), ['push --json -n --']);
    const [problem] = shown(window, QUIZ);
    assert.strictEqual(problem.message, 'draft → approved skips review\nnext legal status: review');
    assert.deepStrictEqual(problem.range, new window.vscode.Range(0, 0, 0, 'questions: []'.length));
    assert.deepStrictEqual(window.seen.messages[0].choices, ['Show Problems', 'Push the Rest...']);
    window.person = says({ refused: 'Push the Rest...', 'Push 1 change': 'Push' });
    await window.command('studio.push');
    assert.deepStrictEqual(asked(window, 'push').slice(-2), ['push --json -n --partial --', 'push --json --partial --']);
    window.fire('save', { uri: window.vscode.Uri.file(window.file(QUIZ)) });
    assert.strictEqual(shown(window, QUIZ), undefined);
  })
);

test(
  'a deletion that is held is named in the plan, and not counted',
  inWindow(async (window) => {
    const records = [record('ahead'), record('ahead', QUIZ, { action: 'delete', fields: {} })];
    window.answer('push', { out: report('push', 'differs', records, [HELD]) });
    await window.command('studio.push');
    assert.strictEqual(window.seen.messages[0].message, 'Push 1 change to training?');
    assert.match(window.seen.messages[0].detail, /1 deletion held: `studio push --delete`/);
    window.answer('push', { out: report('push', 'differs', [records[1]], [HELD]) });
    await window.command('studio.push');
    assert.match(window.seen.messages[1].message, /^Nothing to push; 1 deletion held/);
  })
);

test(
  'files that are not saved are saved first, or nothing is done',
  inWindow(async (window) => {
    const document = new Document(window.file(ARTICLE), 'new');
    document.isDirty = true;
    const elsewhere = new Document('/elsewhere/a.md', 'new');
    elsewhere.isDirty = true;
    window.vscode.workspace.textDocuments.push(document, elsewhere);
    window.answer('pull', { out: report('pull', 'ok') });
    await window.command('studio.pull');
    assert.deepStrictEqual(asked(window, 'pull'), []);
    window.person = says({ '1 file not saved': 'Save' });
    await window.command('studio.pull');
    assert.deepStrictEqual([document.isDirty, elsewhere.isDirty], [false, true]);
    assert.deepStrictEqual(asked(window, 'pull'), ['pull --json --']);
  })
);

test(
  'a pull that meets a conflict leads to it',
  inWindow(async (window) => {
    window.answer('pull', { code: 1, out: report('pull', 'refused', [record('conflict')]) });
    window.person = says({ '1 conflict to decide': 'Show' });
    await window.command('studio.pull');
    assert.ok(window.seen.executed.some(([name]) => name === 'workbench.view.scm'));
  })
);

test(
  'a file is compared with the database; where studio prints no sides, by its own difference',
  inWindow(async (window) => {
    window.answer('show --side database', { out: 'the row\n' });
    await window.command('studio.compare', resource(window, ARTICLE));
    const [, left, right, title] = window.seen.executed.find(([name]) => name === 'vscode.diff');
    assert.strictEqual(title, 'article.md (database, file)');
    assert.strictEqual(right.fsPath, window.file(ARTICLE));
    assert.strictEqual((await window.vscode.workspace.openTextDocument(left)).getText(), 'the row\n');
    window.answer('show --side database', { code: 2 });
    window.answer('diff', { out: '! content\n' });
    await window.command('studio.compare', resource(window, ARTICLE));
    assert.strictEqual(window.seen.opened.pop().getText(), '! content\n');
    assert.deepStrictEqual(asked(window, 'diff'), [`diff --full -- ${window.file(ARTICLE)}`]);
  })
);

test(
  'the log of a file lists runs, and shows the one that is chosen',
  inWindow(async (window) => {
    const run = { revision: '80fccb95-05e5', at: '2026-11-29T16:57:03Z', actor: 'Eve', role: 'r', source: 'push', message: 'why', records: [record('ahead', ARTICLE, { fields: ['title'] })] };
    window.answer('log', { out: { ...report('log', 'ok'), runs: [run] } });
    window.answer('show', { out: 'what changed\n' });
    window.person = (kind, message, items) => kind === 'pick' && items[0];
    await window.command('studio.log', window.vscode.Uri.file(window.file(ARTICLE)));
    assert.strictEqual(window.seen.opened.pop().getText(), 'what changed\n');
    assert.deepStrictEqual(asked(window, 'show'), [`show 80fccb95-05e5 --full -- ${window.file(ARTICLE)}`]);
  })
);

test(
  'a file is shown with who wrote what in it',
  inWindow(async (window) => {
    window.answer('blame', { out: 'Eve wrote this\n' });
    await window.command('studio.blame', resource(window, ARTICLE));
    assert.strictEqual(window.seen.opened.pop().getText(), 'Eve wrote this\n');
    assert.deepStrictEqual(asked(window, 'blame'), [`blame -- ${window.file(ARTICLE)}`]);
  })
);

test(
  'a conflict is shown whole before it is asked which side counts',
  inWindow(async (window) => {
    window.answer('diff', { out: '! conflict\n' });
    window.answer('resolve', { out: report('resolve', 'ok') });
    await window.command('studio.resolve', resource(window, ARTICLE));
    assert.deepStrictEqual(asked(window, 'resolve'), []);
    window.person = says({ 'which side counts': 'Keep the Database' });
    await window.command('studio.resolve', resource(window, ARTICLE));
    assert.strictEqual(window.seen.opened.pop().getText(), '! conflict\n');
    assert.deepStrictEqual(asked(window, 'resolve'), [`resolve --json --keep database -- ${window.file(ARTICLE)}`]);
  })
);

function threeSides(window) {
  const texts = { base: 'a\n', files: 'b\n', database: 'c\n' };
  const conflict = record('conflict', ARTICLE, { texts, seen: 't0ken' });
  window.answer('diff --json --full', { out: report('diff', 'differs', [conflict]) });
  window.answer('resolve', { out: report('resolve', 'ok') });
}

/** Begin to merge; the text that is being merged, and how it is saved. */
async function merging(window) {
  threeSides(window);
  await window.command('studio.merge', resource(window, ARTICLE));
  const [, given] = window.seen.executed.find(([name]) => name === '_open.mergeEditor');
  const scratch = new Document(given.output.fsPath, 'merged\n');
  const save = (reason) => {
    window.fire('willSave', { document: scratch, reason });
    window.fire('save', scratch);
  };
  return { given, scratch, save };
}

test(
  'a conflict is merged in the merge editor, and the file stays as it is until the merge is done',
  inWindow(async (window) => {
    const { given, scratch, save } = await merging(window);
    const sides = [given.base, given.input1.uri, given.input2.uri];
    const texts = await Promise.all(sides.map((uri) => window.vscode.workspace.openTextDocument(uri)));
    assert.deepStrictEqual(texts.map((one) => one.getText()), ['a\n', 'c\n', 'b\n']);
    const { Manual, AfterDelay } = window.vscode.TextDocumentSaveReason;
    assert.match(fs.readFileSync(given.output.fsPath, 'utf8'), /^<<<<<<< File\nb\n\n=======\nc\n/);
    window.vscode.workspace.textDocuments.push(scratch);
    save(AfterDelay);
    window.person = says({ merged: 'Not Yet' });
    save(Manual);
    await until(() => window.seen.messages.some(({ message }) => message.includes('merged?')));
    assert.deepStrictEqual([asked(window, 'resolve'), window.seen.applied], [[], []]);
    window.person = says({ merged: 'Resolve' });
    save(Manual);
    await until(() => asked(window, 'resolve').length);
    assert.deepStrictEqual(window.seen.applied, ['merged\n']);
    assert.deepStrictEqual(asked(window, 'resolve'), [`resolve --json --keep files --seen t0ken -- ${window.file(ARTICLE)}`]);
    assert.ok(!fs.existsSync(given.output.fsPath));
    assert.deepStrictEqual(window.seen.closed, ['Merging: article.md']);
  })
);

test(
  'a row or a file that changed while its conflict was merged is not resolved',
  inWindow(async (window) => {
    const { save, scratch } = await merging(window);
    window.vscode.workspace.textDocuments.push(scratch);
    const problem = { ...SKIPPED, path: ARTICLE, code: 'seen-changed', message: 'the row has changed', hint: '' };
    window.answer('resolve', { code: 1, out: report('resolve', 'refused', [], [problem]) });
    window.answer('diff --full --', { out: '! conflict\n' });
    window.person = says({ 'Is article.md merged': 'Resolve', 'Not resolved': 'Show Again' });
    save(1);
    await until(() => window.seen.opened.length);
    assert.ok(window.seen.messages.some(({ message }) => message === 'Not resolved: the row has changed'));
    assert.strictEqual(asked(window, 'resolve').length, 1);
    const again = await merging(window);
    fs.writeFileSync(window.file(ARTICLE), 'changed meanwhile\n');
    again.save(1);
    await until(() => window.seen.messages.some(({ message }) => message.includes('has changed since you began')));
    assert.strictEqual(asked(window, 'resolve').length, 1);
  })
);

test(
  'where studio gives no whole texts, the conflict is shown and a side is asked for',
  inWindow(async (window) => {
    window.answer('diff --json --full', { out: report('diff', 'differs', [record('conflict')]) });
    window.answer('diff --full --', { out: '! conflict\n' });
    await window.command('studio.merge', resource(window, ARTICLE));
    assert.strictEqual(window.seen.opened.pop().getText(), '! conflict\n');
    assert.match(window.seen.messages.pop().message, /which side counts/);
  })
);

test(
  'without a merge editor the database is shown beside the file',
  inWindow(async (window) => {
    threeSides(window);
    window.vscode.commands.missing.push('_open.mergeEditor');
    await window.command('studio.merge', resource(window, ARTICLE));
    assert.ok(window.seen.executed.some(([name]) => name === 'vscode.diff'));
    const [, , scratch] = window.seen.executed.find(([name]) => name === 'vscode.diff');
    assert.strictEqual(fs.readFileSync(scratch.fsPath, 'utf8'), 'b\n');
  })
);
