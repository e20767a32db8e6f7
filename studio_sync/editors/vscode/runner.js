// Runs studio: one command at a time, with nothing to ask and a bound on what it may say.
'use strict';

const { spawn } = require('child_process');

const MAX_OUTPUT = 64 * 1024 * 1024;
const PATIENCE = 10 * 60 * 1000;

function environment(env) {
  return { ...env, NO_COLOR: '1', PYTHONUTF8: '1', PYTHONIOENCODING: 'utf-8', PYTHONUNBUFFERED: '1' };
}

/** Start a program without a shell: no word of a path or a message is ever read as a command. */
function start(command, args, cwd, stdio) {
  const [program, ...first] = command;
  return spawn(program, [...first, ...args], {
    cwd,
    env: environment(process.env),
    shell: false,
    windowsHide: true,
    stdio,
  });
}

class Runner {
  /** `command` gives the command line of studio when it is needed; `log` takes lines. */
  constructor(command, log) {
    this._command = command;
    this._log = log;
    this._last = Promise.resolve();
    this._running = undefined;
    this._closed = false;
  }

  /** Run studio when every earlier run has ended: {code, out, err}. Rejects where it can't be started. */
  run(args, cwd) {
    const turn = this._last.then(() => this._run(args, cwd));
    this._last = turn.catch(() => undefined);
    return turn;
  }

  /** The same with --json: {code, report, err}; a report that is none is made of what was said. */
  async json(args, cwd) {
    const [name, ...rest] = args; // behind "--" everything is a path
    const { code, out, err } = await this.run([name, '--json', ...rest], cwd);
    try {
      return { code, report: JSON.parse(out), err };
    } catch {
      const message = err.trim() || `studio ended with ${code} and said nothing`;
      return { code, report: failed(name, message), err };
    }
  }

  _run(args, cwd) {
    return new Promise((resolve, reject) => {
      const command = this._command();
      if (this._closed || !command) {
        reject(new Error('there is no studio to run'));
        return;
      }
      const began = Date.now();
      const child = start(command, args, cwd, ['ignore', 'pipe', 'pipe']);
      this._running = child;
      const said = { out: [], err: [] };
      let size = 0;
      const take = (name) => (data) => {
        size += data.length;
        if (size > MAX_OUTPUT) {
          child.kill();
        } else {
          said[name].push(data);
        }
      };
      child.stdout.on('data', take('out'));
      child.stderr.on('data', take('err'));
      // Ctrl-C ends any wait of studio's, and what it wrote is whole.
      const timer = setTimeout(() => child.kill('SIGINT'), PATIENCE);
      const end = (settle) => {
        clearTimeout(timer);
        this._running = undefined;
        settle();
      };
      child.on('error', (error) => end(() => reject(error)));
      child.on('close', (code) =>
        end(() => {
          const [out, err] = [said.out, said.err].map((parts) => Buffer.concat(parts).toString('utf8'));
          this._log(`studio ${args.join(' ')}  (${code}, ${Date.now() - began} ms)`);
          if (err.trim()) {
            this._log(err.trimEnd());
          }
          resolve({ code: code === null ? -1 : code, out, err });
        })
      );
    });
  }

  dispose() {
    this._closed = true;
    if (this._running) {
      this._running.kill('SIGINT');
    }
  }
}

function failed(command, message) {
  const problem = { path: '', line: 0, column: 0, severity: 'error', code: 'failed', message, hint: '' };
  return { command, outcome: 'failed', database: '', records: [], counts: {}, problems: [problem] };
}

module.exports = { Runner, start };
