#!/usr/bin/env bash
# Builds with coverage, runs the quick tests, and fails when fewer than 85 % of the lines of cache/, sql/ and engine/ ran.
# usage: scripts/coverage.sh [-L LABELS]      (default: -L quick)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/deps.sh ci
scripts/build.sh coverage
# Counts of an earlier run would cover up what is no longer reached.
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage ${*:--L quick} -j "$(nproc)" --output-on-failure --no-tests=error
gcovr --root . --object-directory build/coverage --filter '(cache|sql|engine)/' \
  --exclude 'engine/bindings/' --exclude-unreachable-branches --exclude-throw-branches \
  --print-summary --html-details build/coverage/coverage.html --txt build/coverage/coverage.txt \
  --fail-under-line "${TERN_COVERAGE_FLOOR:-85}"
