// One workspace of studio in the window: what `studio status` last said of it, asked again when it may differ.
'use strict';

const { isComparison, reason } = require('./standing');

const PAUSE = 400;

class Workspace {
  /** `root` is the folder with studio.yaml; `onChanged` is called with each new answer. */
  constructor(root, runner, onChanged) {
    this.root = root;
    this.report = { records: [], counts: {}, problems: [], database: '' };
    this.state = 'unknown';
    this.trouble = { message: '', hint: '' };
    this._runner = runner;
    this._onChanged = onChanged;
    this._asked = false;
    this._asking = undefined;
    this._timer = undefined;
    this._at = 0;
    this._closed = false;
  }

  /** Compare soon. Saves that follow each other closely are one question. */
  refreshSoon() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.refresh(), PAUSE);
  }

  /** Compare if the last answer is older than `age` milliseconds. */
  refreshIfOlder(age) {
    if (Date.now() - this._at > age) {
      this.refreshSoon();
    }
  }

  /** Compare. While a comparison runs, any number of further questions is one more. */
  refresh() {
    clearTimeout(this._timer);
    if (this._asking) {
      this._asked = true;
      return this._asking;
    }
    this._asking = this._refresh().finally(() => {
      this._asking = undefined;
      if (this._asked && !this._closed) {
        this._asked = false;
        return this.refresh();
      }
      return undefined;
    });
    return this._asking;
  }

  async _refresh() {
    if (this._closed) {
      return;
    }
    try {
      const { report } = await this._runner.json(['status'], this.root);
      if (isComparison(report)) {
        this.report = report;
        this.state = 'known';
        this.trouble = { message: '', hint: '' };
      } else {
        // What was known stays on the screen; that it may be old is said beside it.
        this.state = report.outcome === 'refused' ? 'refused' : 'offline';
        this.trouble = reason(report);
      }
    } catch (error) {
      this.state = 'offline';
      this.trouble = { message: error.message, hint: '' };
    }
    this._at = Date.now();
    if (!this._closed) {
      this._onChanged(this);
    }
  }

  dispose() {
    this._closed = true;
    clearTimeout(this._timer);
  }
}

module.exports = { Workspace };
