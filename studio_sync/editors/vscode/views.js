// What is shown of the comparison: the status bar, badges in the Explorer, and a view beside git's.
'use strict';

const path = require('path');
const vscode = require('vscode');
const { GROUPS, about, fileOf, summary, total } = require('./standing');

class StatusBar {
  constructor() {
    this._item = vscode.window.createStatusBarItem('studio.status', vscode.StatusBarAlignment.Left, 50);
    this._item.name = 'studio';
    this._item.command = 'studio.refresh';
  }

  show(workspaces) {
    if (!workspaces.length) {
      this._item.hide();
      return;
    }
    const troubled = workspaces.find(({ state }) => state === 'offline' || state === 'refused');
    const known = workspaces.filter(({ state }) => state !== 'unknown');
    const words = summary(total(known.map(({ report }) => report)));
    const conflicts = total(known.map(({ report }) => report)).conflict;
    const icon = troubled ? '$(debug-disconnect)' : conflicts ? '$(warning)' : '$(database)';
    this._item.text = `${icon} ${words || (known.length && !troubled ? 'in step' : 'studio')}`;
    this._item.tooltip = tooltip(workspaces);
    this._item.accessibilityInformation = { label: `studio: ${words || 'nothing differs'}` };
    this._item.show();
  }

  dispose() {
    this._item.dispose();
  }
}

/** Plain text: names of databases and messages are never read as Markdown. */
function tooltip(workspaces) {
  const lines = workspaces.map(({ root, state, report, trouble }) => {
    const name = path.basename(root);
    if (state === 'unknown') {
      return `${name}: not compared yet`;
    }
    if (state !== 'known') {
      const older = summary(report.counts) ? `; before that: ${summary(report.counts)}` : '';
      return [`${name}: can't compare: ${trouble.message}${older}`, trouble.hint].filter(Boolean).join('\n');
    }
    return `${name} and ${report.database}: ${summary(report.counts) || 'nothing differs'}`;
  });
  return [...lines, 'Click to compare again'].join('\n');
}

/** Marks files and folders whose records differ; git's own letters stay beside them. */
class Badges {
  constructor() {
    this._changed = new vscode.EventEmitter();
    this.onDidChangeFileDecorations = this._changed.event;
    this._marks = new Map();
    this._registered = vscode.window.registerFileDecorationProvider(this);
  }

  show(workspaces) {
    const before = this._marks;
    this._marks = new Map();
    for (const { root, report } of workspaces) {
      for (const record of report.records) {
        const file = fileOf(root, record);
        if (file) {
          this._marks.set(vscode.Uri.file(file).toString(), record);
        }
      }
    }
    const touched = new Set([...before.keys(), ...this._marks.keys()]);
    this._changed.fire([...touched].map((uri) => vscode.Uri.parse(uri)));
  }

  provideFileDecoration(uri) {
    const record = this._marks.get(uri.toString());
    const group = record && GROUPS.find(({ id }) => id === record.standing);
    if (!group) {
      return undefined;
    }
    const color = new vscode.ThemeColor(group.color);
    return { badge: group.badge, tooltip: `studio: ${about(record)}`, color, propagate: true };
  }

  dispose() {
    this._registered.dispose();
    this._changed.dispose();
  }
}

/** A source-control view of one workspace. */
class SourceControl {
  constructor(root) {
    this.root = root;
    this.control = vscode.scm.createSourceControl('studio', 'studio', vscode.Uri.file(root));
    this._groups = GROUPS.map(({ id, label }) => {
      const group = this.control.createResourceGroup(id, label);
      group.hideWhenEmpty = true;
      return group;
    });
    this.control.acceptInputCommand = { command: 'studio.push', title: 'Push', arguments: [this.control] };
    this.control.inputBox.placeholder = 'Why? Kept in the database with what is pushed';
  }

  show({ report }) {
    for (const group of this._groups) {
      group.resourceStates = report.records
        .filter(({ standing }) => standing === group.id)
        .map((record) => this._resource(record))
        .filter(Boolean);
    }
    this.control.count = report.records.length;
  }

  _resource(record) {
    const file = fileOf(this.root, record);
    if (!file) {
      return undefined;
    }
    const resourceUri = vscode.Uri.file(file);
    const command = RESOURCE_COMMANDS[record.standing] || RESOURCE_COMMANDS.other;
    return {
      resourceUri,
      contextValue: record.standing,
      decorations: { tooltip: about(record), strikeThrough: record.action === 'delete' },
      command: { ...command, arguments: [resourceUri] },
    };
  }

  dispose() {
    this.control.dispose();
  }
}

/** What a click on a file in the view does. */
const RESOURCE_COMMANDS = {
  conflict: { command: 'studio.merge', title: 'Merge' },
  other: { command: 'studio.compare', title: 'Compare' },
};

module.exports = { Badges, SourceControl, StatusBar };
