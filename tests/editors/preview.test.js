// The panel beside a file: what is let into its page, and when it is made anew.
'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Document, until } = require('./vscode');
const { ARTICLE, inWindow } = require('./window');

const PAGE = { title: 'A "title"', style: 'p{}', html: '<p><img src="studio-picture/0" alt="x"><img src="studio-picture/7"></p>', pictures: ['/desk/a b.png'] };

async function opened(window) {
  const document = new Document(window.file(ARTICLE), 'one');
  window.vscode.workspace.textDocuments.push(document);
  await until(() => window.extension._client && window.extension._client.capabilities, 'the language server');
  window.fire('open', document);
  await window.command('studio.preview', document.uri);
  return document;
}

const prepare = (window) => window.answer('studio-preview', PAGE);

test(
  'a page runs no script, takes in no form, and fetches nothing but pictures of the workspace',
  inWindow(async (window) => {
    await opened(window);
    const [panel] = window.seen.panels;
    assert.deepStrictEqual([panel.options.enableScripts, panel.options.enableCommandUris, panel.options.enableForms], [false, false, false]);
    assert.deepStrictEqual(panel.webview.options.localResourceRoots.map(String), [`file://${window.root}`]);
    const { html } = panel.webview;
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html);
    const [, nonce] = /<style nonce="([0-9a-f]{32})">p\{\}<\/style>/.exec(html);
    assert.strictEqual(policy, `default-src 'none'; img-src https://webview.test; style-src 'nonce-${nonce}'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'`);
    assert.match(html, /<title>A &quot;title&quot;<\/title>/);
    assert.match(html, /<img src="https:\/\/webview\.test\/desk\/a b\.png" alt="x"><img alt="">/);
    assert.ok(!/<script|src="studio-picture/.test(html));
  }, { prepare })
);

test(
  'the page follows what is typed, and says why there is none',
  inWindow(async (window) => {
    const document = await opened(window);
    const [panel] = window.seen.panels;
    window.answer('studio-preview', { ...PAGE, html: '<p>two</p>' });
    document.text = 'two';
    window.fire('change', { document, contentChanges: [{}] });
    await until(() => panel.webview.html.includes('<p>two</p>'));
    window.answer('studio-preview', { error: 'no <b>schema</b>' });
    await window.command('studio.preview', document.uri);
    assert.match(panel.webview.html, /<p>no &lt;b&gt;schema&lt;\/b&gt;<\/p>/);
    assert.strictEqual(window.seen.panels.length, 1);
    panel.dispose();
    await window.command('studio.preview', document.uri);
    assert.strictEqual(window.seen.panels.length, 2);
  }, { prepare })
);
