#!/usr/bin/env bash
# Installs the libraries of package.json outside the source tree, and prints their folder. What cannot be had is said on
# standard error, with exit code 1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is not installed" >&2; exit 1; }
made_from=$(sha256sum <"$here/package-lock.json" | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/node-clients-$made_from
if [ ! -d "$folder" ]; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && npm ci --no-audit --no-fund --ignore-scripts >install.log 2>&1) ||
    { tail -3 "$work/install.log" >&2; exit 1; }
  mv "$work" "$folder" 2>/dev/null || [ -d "$folder" ] # somebody else was faster
fi
echo "$folder"
