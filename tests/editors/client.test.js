// The client in the extension against the real language server, over stdio.
'use strict';

const assert = require('node:assert');
const { PassThrough } = require('stream');
const path = require('path');
const { test, before, after } = require('node:test');
const { load, stub, until } = require('./vscode');
const { Connection } = require('../../studio_sync/editors/vscode/lsp/connection');

const COMMAND = JSON.parse(process.env.STUDIO_COMMAND || 'null');
const ROOT = process.env.STUDIO_WORKSPACE || '';
const SESSION = path.join(ROOT, process.env.STUDIO_SESSION || '');
const TEXT = '---\nid: 44444444-4444-4444-8444-444444444444\ntitle: 😀 Why\nhoook: x\nstatus: draft\n---\n\nWords.\n';
const STOP = { onCancellationRequested() {} };

let window;
let client;
let document;
const broken = [];

before(async () => {
  window = stub({ folders: [ROOT] });
  const { LanguageClient } = load(window, 'lsp/client.js');
  client = new LanguageClient(COMMAND, ROOT, {
    isOurs: (one) => one.fileName.startsWith(ROOT),
    log: () => undefined,
    onBroken: (why) => broken.push(why),
  });
  await client.start();
  document = new window.Document(SESSION, TEXT);
});
after(() => client.dispose());

function shown() {
  return window.seen.collections.get('studio').get(document.uri);
}

function type(text) {
  document.text = text;
  document.version += 1;
  window.seen.collections.get('studio').delete(document.uri);
  window.fire('change', { document, contentChanges: [{ text }] });
}

test('a mistake in front matter is shown at its place while it is typed', async () => {
  window.fire('open', document);
  const [problem] = await until(shown, 'a problem');
  assert.strictEqual(problem.code, 'unknown-key');
  assert.deepStrictEqual(problem.range.start, new window.vscode.Position(3, 0));
  assert.deepStrictEqual(problem.range.end, new window.vscode.Position(3, 5));
  assert.strictEqual(problem.severity, window.vscode.DiagnosticSeverity.Error);
  type(TEXT.replace('hoook', 'hook'));
  assert.deepStrictEqual(await until(shown, 'no problem'), []);
});

test('keys and statuses are offered, and replace what was typed of them', async () => {
  type(TEXT.replace('hoook: x', 'wi'));
  const { completion } = window.seen.providers;
  const items = await completion.provideCompletionItems(document, new window.vscode.Position(3, 2), STOP);
  const wiifm = items.find(({ label }) => label === 'wiifm');
  assert.strictEqual(wiifm.insertText, 'wiifm: ');
  assert.deepStrictEqual(wiifm.range, new window.vscode.Range(3, 0, 3, 2));
  assert.deepStrictEqual(window.seen.providers['completion.options'], [' ', '-']);
});

test('a key is explained, and nothing of the explanation acts', async () => {
  type(TEXT.replace('hoook', 'hook'));
  const { contents } = await window.seen.providers.hover.provideHover(document, new window.vscode.Position(2, 1), STOP);
  assert.match(contents.value, /title/i);
  assert.strictEqual(contents.isTrusted, false);
  assert.strictEqual(contents.supportHtml, false);
});

test('the page of a text is made by the server, from what is typed', async () => {
  type(TEXT.replace('Words.', 'Some *new* words.'));
  const page = await client.request('studio/preview', { uri: document.uri.toString() });
  assert.match(page.html, /<em>new<\/em>/);
  assert.strictEqual(page.title, '😀 Why');
  assert.strictEqual(await client.request('studio/preview', { uri: 'file:///elsewhere/a.md' }), null);
});

test('a quick fix of the server mends the text', async () => {
  type(TEXT);
  const [problem] = await until(() => (shown() || []).length && shown(), 'the problem');
  const { actions } = window.seen.providers;
  const found = await actions.provideCodeActions(document, problem.range, { diagnostics: [problem] }, STOP);
  const fixes = found.filter((one) => one.edit || (one.given && actions.resolveCodeAction));
  assert.ok(fixes.length);
  const fix = fixes[0].edit ? fixes[0] : await actions.resolveCodeAction(fixes[0], STOP);
  assert.ok(fix.edit.edits.some(({ text }) => text.includes('hook')));
});

test('the outline, links and what they lead to are those of the server', async () => {
  type(`${TEXT.replace('hoook', 'hook')}\n# One\n\n## Two\n\n[x](article.md)\n`);
  const { symbols, links, definition } = window.seen.providers;
  const names = (found) => found.map(({ name, children }) => [name, names(children)]);
  assert.match(JSON.stringify(names(await symbols.provideDocumentSymbols(document, STOP))), /"One",\[\["Two"/);
  const [link] = await links.provideDocumentLinks(document, STOP);
  const article = path.join(path.dirname(SESSION), 'article.md');
  assert.strictEqual(link.target.fsPath, article);
  const found = await definition.provideDefinition(document, link.range.start, STOP);
  assert.strictEqual(found.uri.fsPath, article);
});

test('documents of other folders and languages are not told', () => {
  for (const other of [new window.Document('/elsewhere/a.md', ''), new window.Document(SESSION, '', 'plaintext')]) {
    other.uri = other.languageId === 'plaintext' ? window.vscode.Uri.file(`${SESSION}.txt`) : other.uri;
    window.fire('open', other);
    assert.ok(!client.knows(other));
  }
});

test('a server that ends is started again, and told of what is open', async () => {
  window.vscode.workspace.textDocuments.push(document);
  type(TEXT);
  await until(() => (shown() || []).length, 'the problem');
  window.seen.collections.get('studio').clear();
  client._child.kill('SIGKILL');
  await until(() => (shown() || []).length, 'the problem again');
  assert.deepStrictEqual(broken, []);
});

test('a program that is no server is told once, and not started again', async () => {
  const { LanguageClient } = load(window, 'lsp/client.js');
  const reasons = [];
  const command = [process.execPath, '-e', "console.error('no pygls here'); process.exit(3)", '--'];
  const other = new LanguageClient(command, ROOT, {
    isOurs: () => true, log: () => undefined, onBroken: (why) => reasons.push(why),
  });
  await assert.rejects(other.start(), /ended/);
  await until(() => reasons.length, 'the reason');
  assert.deepStrictEqual(reasons, ['no pygls here']);
  await other.dispose();
});

test('messages are read whole, however they are cut, and a stream of junk ends the connection', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const told = [];
  const connection = new Connection(input, output, { said: (given) => told.push(given) });
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'said', params: 'ä😀' }));
  const message = Buffer.concat([Buffer.from(`Content-Type: x\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
  for (const byte of Buffer.concat([message, message])) {
    input.write(Buffer.from([byte]));
  }
  await until(() => told.length === 2);
  assert.deepStrictEqual(told, ['ä😀', 'ä😀']);
  const answer = connection.request('ask', {});
  input.write(Buffer.alloc(5000, 'x'));
  await assert.rejects(answer, /ended/);
});
