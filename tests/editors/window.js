// A window with a workspace of studio in it, and a studio whose answers the test decides.
'use strict';

const fs = require('fs');
const os = require('os');
const path = require('path');
const { load, stub } = require('./vscode');

const ARTICLE = 'content/acme/trust/01-a/1.1-b/article.md';
const QUIZ = 'content/acme/trust/01-a/1.1-b/quiz.yaml';

/** Answers with what lies beside it: answers/COMMAND.json {code, out, err}, once it may where it is `held`; and keeps what it was asked. */
const STUDIO = `#!${process.execPath}
const fs = require('fs'), path = require('path');
const args = process.argv.slice(2), folder = path.join(__dirname, 'answers');
if (args[0] === 'lsp') {
  const send = (message) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    process.stdout.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body);
  };
  let heard = '';
  process.stdin.on('end', () => process.exit(0)).on('data', (data) => {
    heard += data;
    for (let m; (m = /^Content-Length: (\\d+)\\r\\n\\r\\n/.exec(heard)) && heard.length >= m[0].length + Number(m[1]); ) {
      const { id, method } = JSON.parse(heard.slice(m[0].length, m[0].length + Number(m[1])));
      heard = heard.slice(m[0].length + Number(m[1]));
      const file = path.join(folder, method.replace('/', '-') + '.json');
      const result = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : { capabilities: {} };
      if (method === 'exit') process.exit(0);
      if (id !== undefined) send({ id, result });
    }
  });
  return;
}
fs.appendFileSync(path.join(folder, 'asked'), JSON.stringify({ args, cwd: process.cwd() }) + '\\n');
const names = [args.filter((a) => !path.isAbsolute(a)).slice(0, 3).join(' '), args.slice(0, 2).join(' '), args[0]];
const name = names.find((n) => fs.existsSync(path.join(folder, n + '.json')));
const { code = 0, out = '', err = '', held = false } = name ? JSON.parse(fs.readFileSync(path.join(folder, name + '.json'))) : { code: 3 };
const say = () => { process.stdout.write(typeof out === 'string' ? out : JSON.stringify(out)); process.stderr.write(err); process.exitCode = code; };
const look = () => (held && !fs.existsSync(path.join(folder, 'go')) ? setTimeout(look, 10) : say());
look();
`;

function record(standing, file = ARTICLE, more = {}) {
  return { kind: 'article', key: 'k', path: file, id: null, standing, action: 'update', fields: { content: standing }, ...more };
}

function report(command, outcome, records = [], problems = []) {
  const counts = { agreed: 9 };
  records.forEach(({ standing }) => (counts[standing] = (counts[standing] || 0) + 1));
  return { version: 1, command, outcome, database: 'training', records, counts, problems };
}

class Window {
  constructor(options = {}) {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'studio-window-')));
    this.root = path.join(this.folder, 'desk');
    this.bin = path.join(this.folder, 'bin');
    fs.mkdirSync(path.join(this.bin, 'answers'), { recursive: true });
    fs.mkdirSync(path.join(this.root, path.dirname(ARTICLE)), { recursive: true });
    fs.writeFileSync(path.join(this.root, 'studio.yaml'), '');
    fs.writeFileSync(this.file(ARTICLE), '---\nstatus: draft\n---\n\nWords.\n');
    fs.writeFileSync(this.file(QUIZ), 'questions: []\n');
    this.studio = path.join(this.bin, 'studio');
    fs.writeFileSync(this.studio, STUDIO, { mode: 0o755 });
    this.answer('status', { out: report('status', 'ok') });
    this.person = () => undefined;
    this.stubbed = stub({
      folders: [this.root],
      settings: { path: this.studio },
      answer: (...given) => this.person(...given),
      ...options,
    });
    this.vscode = this.stubbed.vscode;
    this.seen = this.stubbed.seen;
    this.fire = this.stubbed.fire;
  }

  file(relative) {
    return path.join(this.root, relative);
  }

  answer(name, given) {
    fs.writeFileSync(path.join(this.bin, 'answers', `${name}.json`), JSON.stringify(given));
  }

  /** Let what is held answer. */
  release() {
    fs.writeFileSync(path.join(this.bin, 'answers', 'go'), '');
  }

  asked(command) {
    const file = path.join(this.bin, 'answers', 'asked');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => JSON.parse(line)).filter(({ args }) => !command || args[0] === command);
  }

  async open() {
    this.context = {
      subscriptions: [],
      extensionPath: path.join(this.folder, 'extension'),
      storageUri: this.vscode.Uri.file(path.join(this.folder, 'storage')),
    };
    this.loaded = load(this.stubbed, 'extension.js');
    this.extension = await this.loaded.activate(this.context);
    return this;
  }

  async close() {
    if (this.loaded) {
      await this.loaded.deactivate();
      this.context.subscriptions.forEach((one) => one.dispose());
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  command(name, ...given) {
    return this.seen.commands.get(name)(...given);
  }

  get bar() {
    return this.seen.bars[0];
  }

  groups() {
    const shown = this.seen.controls[0].groups.filter((group) => group.resourceStates.length);
    return Object.fromEntries(
      shown.map(({ id, resourceStates }) => [id, resourceStates.map((r) => path.relative(this.root, r.resourceUri.fsPath))])
    );
  }

  badge(relative) {
    return this.seen.decorations[0].provideFileDecoration(this.vscode.Uri.file(this.file(relative)));
  }
}

/** Run `scene` in a window of its own. */
function inWindow(scene, { options, prepare } = {}) {
  return async () => {
    const window = new Window(options);
    try {
      if (prepare) {
        prepare(window);
      }
      await window.open();
      await scene(window);
    } finally {
      await window.close();
    }
  };
}

module.exports = { ARTICLE, QUIZ, Window, inWindow, record, report };
