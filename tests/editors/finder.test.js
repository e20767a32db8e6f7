'use strict';

const assert = require('node:assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { test } = require('node:test');
const { findStudio, rootAround } = require('../../studio_sync/editors/vscode/finder');

const top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'studio-finder-')));
test.after(() => fs.rmSync(top, { recursive: true }));

function program(...parts) {
  const file = path.join(top, ...parts);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '', { mode: 0o755 });
  return file;
}

const workspace = path.join(top, 'desk');
const places = {
  wanted: program('mine', 'studio'),
  venv: program('desk', '.venv', 'bin', 'studio'),
  beside: program('python', 'bin', 'studio'),
  installer: program('installed', 'python3'),
  inPath: program('usr', 'bin', 'studio'),
};
const everything = {
  trusted: true,
  wanted: places.wanted,
  folders: [workspace],
  interpreter: path.join(top, 'python', 'bin', 'python'),
  installer: [places.installer, '-P', '-m', 'studio_sync'],
  env: { PATH: `/nowhere:.:${path.dirname(places.inPath)}` },
};

test('studio is the first that there is of five places', () => {
  const given = { ...everything };
  const found = [];
  for (const next of ['wanted', 'folders', 'interpreter', 'installer', 'env']) {
    found.push(findStudio(given).command);
    given[next] = next === 'folders' ? [] : next === 'env' ? {} : undefined;
  }
  assert.deepStrictEqual(found, [
    [places.wanted], [places.venv], [places.beside], everything.installer, [places.inPath],
  ]);
  assert.strictEqual(findStudio(given), undefined);
});

test('nothing is found in a workspace that is not trusted', () => {
  assert.strictEqual(findStudio({ ...everything, trusted: false }), undefined);
});

test('a setting that leads nowhere is told, and no other program takes its place', () => {
  for (const wanted of [path.join(top, 'gone', 'studio'), 'studio', './studio', top]) {
    assert.deepStrictEqual(findStudio({ ...everything, wanted }), { missing: wanted });
  }
});

test('a file that is not executable, and an installer that is gone, are passed over', () => {
  const plain = path.join(top, 'plain', '.venv', 'bin', 'studio');
  fs.mkdirSync(path.dirname(plain), { recursive: true });
  fs.writeFileSync(plain, '', { mode: 0o644 });
  const given = { ...everything, wanted: '', folders: [path.join(top, 'plain')], interpreter: 'python', installer: ['/gone'] };
  assert.deepStrictEqual(findStudio(given).command, [places.inPath]);
});

test('a folder of PATH that lies in the workspace, also behind a link, or is relative holds no program', () => {
  program('desk', 'tools', 'studio');
  fs.symlinkSync(path.join(workspace, 'tools'), path.join(top, 'link'));
  for (const entry of [path.join(workspace, 'tools'), path.join(top, 'link'), 'desk/tools', '']) {
    const given = { ...everything, wanted: '', interpreter: '', installer: undefined, env: { PATH: entry } };
    fs.renameSync(path.join(workspace, '.venv'), path.join(workspace, 'venv.gone'));
    try {
      assert.strictEqual(findStudio(given), undefined, entry);
    } finally {
      fs.renameSync(path.join(workspace, 'venv.gone'), path.join(workspace, '.venv'));
    }
  }
});

test('the workspace is the nearest folder above with studio.yaml', () => {
  fs.mkdirSync(path.join(workspace, 'content', 'acme'), { recursive: true });
  fs.writeFileSync(path.join(workspace, 'studio.yaml'), '');
  fs.mkdirSync(path.join(workspace, 'content', 'studio.yaml')); // a folder of this name is none
  assert.strictEqual(rootAround(path.join(workspace, 'content', 'acme')), workspace);
  assert.strictEqual(rootAround(path.join(top, 'usr')), undefined);
});
