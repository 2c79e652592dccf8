#!/usr/bin/env bash
# Runs an example under valgrind's memcheck: no error, and nothing lost.
# usage: memcheck_test.sh PROGRAM WORK_DIR
set -euo pipefail
program=$1 work=$2
rm -rf "$work" && mkdir -p "$work"
valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible \
  --errors-for-leak-kinds=definite,indirect,possible "$program" "$work/example.db"
