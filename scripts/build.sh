#!/usr/bin/env bash
# Configures and builds one preset; says little unless it fails.
# usage: scripts/build.sh [release|debug|asan|tsan|coverage] [target]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}
shift || true
mkdir -p build
log=build/$preset.configure.log
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build --preset "$preset" -j "$(nproc)" ${1:+--target "$@"}
