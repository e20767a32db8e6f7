// What the window has around the extension: workspaces in its folders, a Python, whoever installed it.
'use strict';

const fs = require('fs');
const path = require('path');
const vscode = require('vscode');
const { rootAround } = require('./finder');

const PYTHON_EXTENSION = 'ms-python.python';
const NOT_SEARCHED = '**/{node_modules,.venv,venv,.git,site-packages}/**';
const MAX_WORKSPACES = 20;

/** The folders with studio.yaml: in the open folders, or around them. */
async function findRoots() {
  const found = new Set();
  for (const { uri } of vscode.workspace.workspaceFolders || []) {
    if (uri.scheme === 'file') {
      const above = rootAround(uri.fsPath);
      if (above) {
        found.add(above);
      }
      const pattern = new vscode.RelativePattern(uri, '**/studio.yaml');
      const files = await vscode.workspace.findFiles(pattern, NOT_SEARCHED, MAX_WORKSPACES);
      files.forEach((file) => found.add(path.dirname(file.fsPath)));
    }
  }
  return [...found].sort();
}

/** The Python that the Python extension works with; nothing where there is no such extension. */
async function interpreter() {
  const extension = vscode.extensions.getExtension(PYTHON_EXTENSION);
  if (!extension) {
    return undefined;
  }
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    const [folder] = vscode.workspace.workspaceFolders || [];
    return api.environments.getActiveEnvironmentPath(folder && folder.uri).path;
  } catch {
    return undefined;
  }
}

/** The command line of the studio that installed this extension; it stands in a file that it added. */
function installer(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'installer.json'), 'utf8')).command;
  } catch {
    return undefined;
  }
}

module.exports = { findRoots, installer, interpreter };
