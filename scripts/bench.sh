#!/usr/bin/env bash
# Measures tern beside its peers: installs them, builds, runs every row, and writes bench/out/results.json and
# bench/out/report.html, which needs no network.
# usage: scripts/bench.sh [--quick | --smoke] [--only P1,P13b] [--seconds S]
#   --quick   a few minutes instead of twenty
#   --smoke   whether everything runs, in seconds, and with the peers that are here
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

smoke=
for argument in "$@"; do
  case $argument in
    --smoke) smoke=1 ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  esac
done

out=bench/out
data=build/bench-data/places.db
arguments=(--out "$out/results.json")
shared=${TERN_SHARED_DIR:-../shared}
[ ! -d "$shared" ] || arguments+=(--shared "$shared")

if [ -z "$smoke" ]; then
  scripts/deps.sh bench
  scripts/build.sh release tern_bench tern_cli
  if why=$(bench/peers/node/install.sh 2>&1 >"$out.folder"); then
    arguments+=(--node-peers "$(cat "$out.folder")")
  else
    arguments+=(--node-peers-absent "$why")
  fi
  rm -f "$out.folder"
  if [ ! -e "$data" ]; then
    mkdir -p "$(dirname "$data")"
    scripts/data.sh "$data.csv"
    build/release/bin/tern sql "$data.part" "$(cat docs/examples/properties.sql)" >/dev/null
    build/release/bin/tern import "$data.part" properties "$data.csv" >&2
    sqlite3 "$data.part" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
    rm -rf "$data.part-tern" "$data.part-wal" "$data.part-shm"
    mv "$data.part" "$data"
  fi
  arguments+=(--data "$data")
else
  arguments+=(--node-peers-absent "left out of a smoke run")
fi

status=0
build/release/bin/tern_bench "${arguments[@]}" "$@" || status=$?
[ -s "$out/results.json" ] || exit 1
if [ -z "$smoke" ]; then
  # Counted, not timed: these stand beside the table.
  scripts/instructions.sh >"$out/instructions.txt" || status=$?
fi
bench/report/report.py "$out/results.json" "$out/instructions.txt" >"$out/report.html"
echo "bench.sh: $out/report.html" >&2
exit $status
