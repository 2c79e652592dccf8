#!/usr/bin/env bash
# Installs miniflare outside the source tree, and prints its folder. What cannot be had is said on standard error, with
# exit code 1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is not installed" >&2; exit 1; }
made_from=$(sha256sum <"$here/package-lock.json" | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/node-bench-$made_from
if [ ! -d "$folder" ]; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  # workerd is a program of its own, which comes with a package for the platform; no build step is needed for it.
  (cd "$work" && npm ci --no-audit --no-fund --ignore-scripts >install.log 2>&1) ||
    { tail -3 "$work/install.log" >&2; exit 1; }
  mv "$work" "$folder"
fi
echo "$folder"
