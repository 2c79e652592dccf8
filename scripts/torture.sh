#!/usr/bin/env bash
# Tortures databases for as long as you like: see tests/torture. Each round has a new file and a seed, which it prints;
# calm rounds and ones with VACUUM, schema changes and deletions of the cache take turns. The figures at the end are sums.
# With --kv it is the KV tier (tests/torture/kv), in rounds with grouped commits and with one for each write.
# usage: scripts/torture.sh [--kv] MINUTES [OPTION VALUE]...   options as the program has them, such as --seed 7
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage="usage: scripts/torture.sh [--kv] MINUTES [OPTION VALUE]..."
program=tern_torture
if [ "${1:-}" = --kv ]; then
  program=tern_kv_torture
  shift
fi
minutes=${1:?$usage}
shift
scripts/deps.sh test
scripts/build.sh release "$program"
if [ "$program" = tern_kv_torture ]; then
  exec build/release/bin/tern_kv_torture run --minutes "$minutes" --kills 1 "$@"
fi
exec build/release/bin/tern_torture run --minutes "$minutes" --seconds 60 --kills 60 --least-hit-ratio 90 "$@"
