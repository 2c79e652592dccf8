#!/usr/bin/env bash
# Installs what is missing, builds, and runs the quick tests. Further arguments go to ctest (e.g. -R Stamps).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/deps.sh test
scripts/build.sh release
ctest --test-dir build/release -L quick -j "$(nproc)" --output-on-failure --no-tests=error "$@"
