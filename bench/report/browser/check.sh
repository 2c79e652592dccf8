#!/usr/bin/env bash
# Opens a report in headless Chromium and uses it. usage: check.sh REPORT.html [PICTURE.png]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
report=$(realpath "$1")
picture=${2:+$(realpath -m "$2")}
chromium=${CHROMIUM:-$(command -v chromium || true)}
[ -x "$chromium" ] || { echo "check.sh: chromium is missing; run scripts/deps.sh ci" >&2; exit 1; }
# The driver is kept outside the source tree, by what it is made from, so that the network is needed once.
made_from=$(sha256sum <"$here/package-lock.json" | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tern/browser-$made_from
if [ ! -d "$folder/node_modules/playwright-core" ]; then
  mkdir -p "$(dirname "$folder")"
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && npm ci --silent --no-audit --no-fund --ignore-scripts)
  mv "$work" "$folder"
fi
cp "$here/check.mjs" "$folder/check.$$.mjs"
trap 'rm -f "$folder/check.$$.mjs"' EXIT
CHROMIUM=$chromium node "$folder/check.$$.mjs" "$report" ${picture:+"$picture"}
