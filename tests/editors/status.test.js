// What is shown of the comparison, when it is asked for, and that nothing waits for it.
'use strict';

const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const { test } = require('node:test');
const { until } = require('./vscode');
const { ARTICLE, QUIZ, inWindow, record, report } = require('./window');
const { about, fileOf, summary } = require('../../studio_sync/editors/vscode/standing');

test('standings are counted in plain words', () => {
  assert.strictEqual(summary({ ahead: 2, behind: 1, conflict: 1, agreed: 7 }), '2 to push, 1 to pull, 1 conflict');
  assert.strictEqual(summary({ diverged: 3, conflict: 2 }), '3 to merge, 2 conflicts');
  assert.strictEqual(summary({ agreed: 7 }), '');
  assert.strictEqual(about(record('ahead')), 'to push: content');
  assert.strictEqual(about(record('behind', ARTICLE, { action: 'delete', fields: {} })), 'to pull: deleted');
});

test('a record whose path leads out of the workspace has no file', () => {
  assert.strictEqual(fileOf('/desk', { path: 'content/a.md' }), '/desk/content/a.md');
  for (const place of ['../a.md', '/etc/passwd', 'content/../../a', '']) {
    assert.strictEqual(fileOf('/desk', { path: place }), undefined, place);
  }
});

const DIFFERS = { out: report('status', 'differs', [record('ahead'), record('conflict', QUIZ)]) };

test(
  'the status bar, the badges and the groups show what differs',
  inWindow(
    async (window) => {
      await until(() => window.bar.text.includes('to push'));
      assert.strictEqual(window.bar.text, '$(warning) 1 to push, 1 conflict');
      assert.match(window.bar.tooltip, /^desk and training: 1 to push, 1 conflict\n/);
      assert.deepStrictEqual(window.groups(), { conflict: [QUIZ], ahead: [ARTICLE] });
      assert.strictEqual(window.seen.controls[0].count, 2);
      assert.strictEqual(window.badge(ARTICLE).badge, '↑');
      assert.strictEqual(window.badge(QUIZ).tooltip, 'studio: conflict: content');
      assert.strictEqual(window.badge('studio.yaml'), undefined);
      window.answer('status', { out: report('status', 'ok') });
      await window.command('studio.refresh');
      assert.strictEqual(window.bar.text, '$(database) in step');
      assert.deepStrictEqual(window.groups(), {});
      assert.strictEqual(window.badge(ARTICLE), undefined);
    },
    { prepare: (window) => window.answer('status', DIFFERS) }
  )
);

test(
  'an offline database is shown quietly, beside what was known',
  inWindow(
    async (window) => {
      await until(() => window.bar.text.includes('to push'));
      const problem = { severity: 'error', message: 'no answer from db.test', hint: 'is it up?' };
      window.answer('status', { code: 3, out: { ...report('status', 'failed'), problems: [problem] } });
      await window.command('studio.refresh');
      assert.strictEqual(window.bar.text, '$(debug-disconnect) 1 to push, 1 conflict');
      assert.match(window.bar.tooltip, /can't compare: no answer from db.test; before that: 1 to push/);
      assert.match(window.bar.tooltip, /is it up\?/);
      assert.deepStrictEqual(window.groups(), { conflict: [QUIZ], ahead: [ARTICLE] });
      assert.deepStrictEqual(window.seen.messages, []);
      window.answer('status', { code: 1, out: 'Traceback', err: 'it broke\n' });
      await window.command('studio.refresh');
      assert.match(window.bar.tooltip, /can't compare: it broke/);
      assert.deepStrictEqual(window.seen.messages, []);
    },
    { prepare: (window) => window.answer('status', DIFFERS) }
  )
);

test(
  'saves that follow each other ask once, one question at a time, and no save waits',
  inWindow(async (window) => {
    await until(() => window.asked('status').length === 1);
    await until(() => window.bar.text === '$(database) in step');
    window.answer('status', { out: report('status', 'ok'), held: true });
    const save = (file) => window.fire('save', { uri: window.vscode.Uri.file(window.file(file)) });
    for (let k = 0; k < 20; k++) {
      save(ARTICLE);
    }
    assert.strictEqual(window.asked('status').length, 1);
    await until(() => window.asked('status').length === 2);
    for (let k = 0; k < 20; k++) {
      window.command('studio.refresh'); // while the question is asked
    }
    const last = window.command('studio.refresh');
    window.release();
    await last;
    assert.strictEqual(window.asked('status').length, 3);
    save('notes.txt');
    window.fire('save', { uri: window.vscode.Uri.file('/elsewhere/a.md') });
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.strictEqual(window.asked('status').length, 3);
    assert.ok(window.asked('status').every(({ cwd }) => cwd === window.root));
  })
);

test(
  'a window that gets the focus compares again, unless it just did',
  inWindow(async (window) => {
    await until(() => window.bar.text === '$(database) in step');
    const [workspace] = window.extension.workspaces.values();
    window.fire('window', { focused: true });
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.strictEqual(window.asked('status').length, 1);
    workspace._at -= 60_000;
    window.fire('window', { focused: false });
    window.fire('window', { focused: true });
    await until(() => window.asked('status').length === 2);
  })
);

test(
  'in a workspace that is not trusted nothing runs, and nothing is said',
  inWindow(
    async (window) => {
      window.fire('save', { uri: window.vscode.Uri.file(window.file(ARTICLE)) });
      await window.command('studio.refresh');
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.deepStrictEqual(window.asked(), []);
      assert.deepStrictEqual(window.seen.messages, []);
    },
    { options: { trusted: false } }
  )
);

test(
  'where there is no studio one message with one button says so, once',
  inWindow(
    async (window) => {
      window.fire('folders');
      window.fire('save', { uri: window.vscode.Uri.file(window.file(ARTICLE)) });
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.strictEqual(window.seen.messages.length, 1);
      assert.match(window.seen.messages[0].message, /leads to no program/);
      assert.deepStrictEqual(window.seen.messages[0].choices, ['Set the Path']);
      const opened = window.seen.executed.filter(([name]) => name !== 'setContext');
      assert.deepStrictEqual(opened, [['workbench.action.openSettings', 'studio.path']]);
      assert.strictEqual(window.bar.visible, false);
    },
    {
      options: { settings: { path: '/nowhere/studio' } },
      prepare: (window) => (window.person = () => 'Set the Path'),
    }
  )
);

test(
  'a folder without studio.yaml is left alone',
  inWindow(
    async (window) => {
      assert.deepStrictEqual([window.asked(), window.seen.messages, window.seen.controls], [[], [], []]);
      fs.writeFileSync(path.join(window.root, 'studio.yaml'), '');
      window.fire('created');
      await until(() => window.bar.text === '$(database) in step');
    },
    { prepare: (window) => fs.unlinkSync(path.join(window.root, 'studio.yaml')) }
  )
);
