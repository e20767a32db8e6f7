#!/bin/sh
# Puts VS Code for the browser (code-server) into a folder, from the npm registry, for the scenes in test_scenes.py:
#   tests/editors/code-server.sh FOLDER && STUDIO_TEST_CODE_SERVER=FOLDER pytest -m browser -n 0 tests/editors
# No script of a package is run; the few modules in C++ that it needs are built here, which takes node 20, a compiler,
# make and python3.
set -eu
mkdir -p "$1"
cd "$1"
npm install --ignore-scripts --no-audit --no-fund code-server@4.100.3 @vscode/ripgrep@1.18.0
code=$PWD/node_modules/code-server/lib/vscode
rg=$(find "$PWD/node_modules/@vscode" -path '*ripgrep-*/bin/rg' -type f | head -n 1)
for folder in "$code" "$code/extensions"; do
  (cd "$folder" && npm install --ignore-scripts --omit=dev --no-audit --no-fund)
done
ln -sfn node_modules "$code/node_modules.asar"
mkdir -p "$code/node_modules/@vscode/ripgrep/bin"
cp "$rg" "$code/node_modules/@vscode/ripgrep/bin/rg"
gyp=$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js
for module in @vscode/spdlog node-pty @parcel/watcher native-watchdog; do
  (cd "$code/node_modules/$module" && node "$gyp" rebuild --nodedir="$(dirname "$(dirname "$(command -v node)")")")
done
# Both are for passwords, which a server on loopback for one test does not ask for.
echo 'module.exports = {};' >node_modules/argon2/argon2.js
rm -f "$code/node_modules/kerberos/package.json"
mkdir -p "$code/node_modules/kerberos"
echo 'module.exports = {};' >"$code/node_modules/kerberos/index.js"
