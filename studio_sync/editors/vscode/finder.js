// Where the program studio is: the first of five places, and never one that a stranger's folder brought.
'use strict';

const fs = require('fs');
const path = require('path');

const WINDOWS = process.platform === 'win32';
const SCRIPT = WINDOWS ? 'studio.exe' : 'studio';
const BIN = WINDOWS ? 'Scripts' : 'bin';

function runnable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function isBelow(place, folder) {
  const relative = path.relative(folder, place);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

function realOf(place) {
  try {
    return fs.realpathSync(place);
  } catch {
    return path.resolve(place);
  }
}

/**
 * The command line that starts studio, and where it was found: {command: [program, ...], from}.
 * undefined where there is none, or where the workspace is not trusted: then nothing may run.
 * `wanted` is the setting; a setting that leads nowhere gives {missing: path}, so that no other
 * program runs in its place. `folders` are the open ones, `interpreter` is the Python extension's,
 * `installer` the command line that installed this extension.
 */
function findStudio({ trusted, wanted, folders, interpreter, installer, env }) {
  if (!trusted) {
    return undefined;
  }
  if (wanted) {
    const usable = path.isAbsolute(wanted) && runnable(wanted);
    return usable ? { command: [wanted], from: 'the setting studio.path' } : { missing: wanted };
  }
  for (const folder of folders) {
    const script = path.join(folder, '.venv', BIN, SCRIPT);
    if (runnable(script)) {
      return { command: [script], from: "the workspace's .venv" };
    }
  }
  if (interpreter && path.isAbsolute(interpreter)) {
    const script = path.join(path.dirname(interpreter), SCRIPT);
    if (runnable(script)) {
      return { command: [script], from: "the Python extension's interpreter" };
    }
  }
  if (Array.isArray(installer) && path.isAbsolute(installer[0] || '') && runnable(installer[0])) {
    return { command: installer, from: 'where `studio editor vscode` was run' };
  }
  const script = inPath(env, folders);
  return script ? { command: [script], from: 'PATH' } : undefined;
}

/** The whole path of studio in PATH. Relative entries and open folders hold somebody's files, not programs. */
function inPath(env, folders) {
  const tops = folders.map(realOf);
  const entries = (env.PATH || env.Path || '').split(path.delimiter);
  for (const entry of entries) {
    if (path.isAbsolute(entry) && !tops.some((top) => isBelow(realOf(entry), top))) {
      const script = path.join(entry, SCRIPT);
      if (runnable(script)) {
        return script;
      }
    }
  }
  return undefined;
}

/** Whether a folder contains something named studio.yaml that is not a folder, as studio itself asks. */
function hasConfig(folder) {
  try {
    return !fs.lstatSync(path.join(folder, 'studio.yaml')).isDirectory();
  } catch {
    return false;
  }
}

/** The folder with studio.yaml at or above a folder; undefined if there is none. */
function rootAround(folder) {
  for (let here = path.resolve(folder); ; here = path.dirname(here)) {
    if (hasConfig(here)) {
      return here;
    }
    if (path.dirname(here) === here) {
      return undefined;
    }
  }
}

module.exports = { findStudio, isBelow, rootAround };
