#!/usr/bin/env bash
# Installs koffi outside the source tree (scripts/npm_folder.sh), and prints the folder, with the example in it. It comes
# with its binaries: no script of its own has to run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$("$here/../../../scripts/npm_folder.sh" koffi "$here")
cp "$here/koffi_example.mjs" "$folder/"
echo "$folder"
