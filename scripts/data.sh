#!/usr/bin/env bash
# Writes the example rows: 135,233 real places (see scripts/data/README.md).
# usage: scripts/data.sh OUT.csv|OUT.jsonl
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: scripts/data.sh OUT.csv|OUT.jsonl}
case $out in
  *.csv) format=csv ;;
  *.jsonl) format=jsonl ;;
  *) echo "data.sh: '$out' must end in .csv or .jsonl" >&2; exit 2 ;;
esac

# What was made is kept outside the source tree under a name that changes with anything it is made from.
made_from=$(cat "$here/data/cities.mjs" "$here/data/package-lock.json" | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tern/data-$made_from
made=$cache/properties.$format

if [ ! -s "$made" ]; then
  command -v npm >/dev/null && command -v node >/dev/null ||
    { echo "data.sh: node and npm are missing; run scripts/deps.sh" >&2; exit 1; }
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/data/"{package.json,package-lock.json,cities.mjs} "$work/"
  (cd "$work" && npm ci --silent --no-audit --no-fund --ignore-scripts && node cities.mjs --format "$format" made)
  mv "$work/made" "$made"
fi

mkdir -p "$(dirname "$out")"
cp "$made" "$out.part" && mv "$out.part" "$out"
echo "data.sh: $out, $(du -h "$out" | cut -f1)" >&2
