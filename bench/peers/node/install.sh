#!/usr/bin/env bash
# Installs the peers that live in Node, outside the source tree, and prints their folder. What cannot be had is said on
# standard error, with exit code 1.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is not installed" >&2; exit 1; }
version=$(node -p process.version)
made_from=$({ cat "$here/package-lock.json"; echo "$version"; } | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/node-peers-$made_from
if [ ! -d "$folder" ]; then
  # better-sqlite3 is compiled where no binary of it can be had, which needs Node's headers; node-gyp would otherwise
  # ask nodejs.org for them.
  root=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  [ ! -e "$root/include/node/node_version.h" ] || export npm_config_nodedir=$root
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  # Only the two packages' own build steps run; without better-sqlite3's binary the other one still works.
  (cd "$work" && npm ci --no-audit --no-fund --ignore-scripts >install.log 2>&1 &&
    { npm rebuild better-sqlite3 --foreground-scripts >>install.log 2>&1 || true; }) ||
    { tail -3 "$work/install.log" >&2; exit 1; }
  mv "$work" "$folder"
fi
cp "$here/peer.mjs" "$folder/"
echo "$folder"
