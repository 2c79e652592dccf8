#!/usr/bin/env bash
# Installs the packages of a lock file outside the source tree, and prints their folder; the second time it only prints.
# What cannot be had is said on standard error, with exit code 1. No package's own script runs.
# usage: scripts/npm_folder.sh NAME FOLDER     FOLDER has package.json and package-lock.json; NAME begins the printed one's
set -euo pipefail
name=$1
from=$2
command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is not installed" >&2; exit 1; }
made_from=$({ cat "$from/package-lock.json"; node -p process.version; } | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/$name-$made_from
if [ ! -d "$folder" ]; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$from/package.json" "$from/package-lock.json" "$work/"
  (cd "$work" && npm ci --no-audit --no-fund --ignore-scripts >install.log 2>&1) ||
    { tail -3 "$work/install.log" >&2; exit 1; }
  # Renamed in one step; somebody else may have been faster.
  mv -T "$work" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
echo "$folder"
