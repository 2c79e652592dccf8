#!/usr/bin/env bash
# Every row runs, and the report made of them holds up in a browser. usage: report_test.sh TERN_BENCH OUT_FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
report=$here/../../bench/report
program=$1
out=$2
rm -rf "$out"
mkdir -p "$out"
"$program" --smoke --out "$out/results.json" >"$out/table.txt"
"$report/report.py" "$out/results.json" >"$out/report.html"
"$report/browser/check.sh" "$out/report.html" "$out/report.png"
