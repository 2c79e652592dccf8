#!/usr/bin/env bash
# tern's main job before your eyes: real places, threads that read them at memory speed while another process and the
# sqlite3 shell write to the same file, and every read checked. Installs, builds and loads what is missing first.
# usage: scripts/demo.sh [--seconds 20] [--threads 2] [--rate 20] [--zipf 0.99] [--seed 1]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/deps.sh run

here=build/demo
build=$here/release
bin=$build/bin
db=$here/places.db
mkdir -p "$here"

# A build folder of its own: it leaves out the tests, which would need more packages, and does not unsettle other builds.
echo "== building" >&2
log=$here/build.log
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DTERN_BUILD_TESTS=OFF -DTERN_BUILD_BENCH=OFF -DTERN_INSTALL=OFF >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
targets=(tern_cli tern_demo tern_demo_plain)
if [ -t 2 ]; then
  cmake --build "$build" -j "$(nproc)" --target "${targets[@]}" >&2
else
  cmake --build "$build" -j "$(nproc)" --target "${targets[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi

places() { "$bin/tern" sql "$db" "SELECT count(*) FROM properties" --format csv | tail -n 1; }
# An import is whole or not there, so that any row means all of them.
if [ ! -e "$db" ] || [ "$(places)" = 0 ]; then
  [ -s "$here/places.csv" ] || scripts/data.sh "$here/places.csv"
  echo "== loading $db" >&2
  "$bin/tern" sql "$db" "$(cat docs/examples/properties.sql)" >"$log"
  "$bin/tern" import "$db" properties "$here/places.csv" >&2
fi

echo "== running" >&2
"$bin/tern_demo" run "$db" "$@"
