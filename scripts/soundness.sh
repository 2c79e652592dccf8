#!/usr/bin/env bash
# Compares cached answers with SQLite's for as long as you like: see tests/property/soundness_test.cc. Prints its seed,
# which repeats it: TERN_SOUNDNESS_SEED=N scripts/soundness.sh MINUTES.
# usage: scripts/soundness.sh MINUTES
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export TERN_SOUNDNESS_MINUTES=${1:?usage: scripts/soundness.sh MINUTES}
scripts/deps.sh test
scripts/build.sh release tern_property_tests
build/release/bin/tern_property_tests --gtest_filter='SoundnessLong.*'
