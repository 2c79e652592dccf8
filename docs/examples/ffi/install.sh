#!/usr/bin/env bash
# Installs koffi outside the source tree, and prints the folder, with the example in it. What cannot be had is said on
# standard error, with exit code 1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is not installed" >&2; exit 1; }
made_from=$({ cat "$here/package-lock.json"; node -p process.version; } | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/koffi-$made_from
if [ ! -d "$folder" ]; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  # It comes with its binaries: no script of its own has to run.
  (cd "$work" && npm ci --no-audit --no-fund --ignore-scripts >install.log 2>&1) ||
    { tail -3 "$work/install.log" >&2; exit 1; }
  # Renamed in one step; somebody else may have been faster.
  mv -T "$work" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
cp "$here/koffi_example.mjs" "$folder/"
echo "$folder"
