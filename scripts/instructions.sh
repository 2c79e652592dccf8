#!/usr/bin/env bash
# How many instructions a hot hit takes, counted by callgrind: through cache/ alone (hashed, found, pinned, validated),
# the same as a statement's answer (its key built, its first cell read), through the public C++ interface, of 64 in one
# call through both, and absl::flat_hash_map's find beside them. A figure that noise cannot move.
# usage: scripts/instructions.sh [--check] [TERN_BENCH]     --check fails past the bounds that stand here
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A little above what was counted; whoever makes a hit cheaper lowers them.
names=(hot answer found public many kv)
declare -A bound=([hot]=185 [answer]=258 [found]=235 [public]=580 [many]=488 [kv]=390)
declare -A what=(
  [hot]="hot hit through cache/" [answer]="hot hit through cache/, a statement's answer"
  [found]="hot hit through cache/, 64 at once" [public]="hot hit through the public interface"
  [many]="hot hit through the public interface, 64 at once"
  [kv]="hot hit of a KV key, through the public interface")

check=
[ "${1:-}" != --check ] || { check=1; shift; }
program=${1:-build/release/bin/tern_bench}
[ -x "$program" ] || { echo "instructions.sh: $program is not built; run scripts/build.sh release tern_bench" >&2; exit 1; }
command -v valgrind >/dev/null || { echo "instructions.sh: valgrind is missing; run scripts/deps.sh bench" >&2; exit 1; }

reads=20032  # whole batches
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    --toggle-collect=tern_bench_measured "$program" --role instructions "$1" $reads >"$log" 2>&1 ||
    { cat "$log" >&2; return 1; }
  local collected
  collected=$(sed -n 's/^==[0-9]*== Collected : *\([0-9]*\).*/\1/p' "$log")
  [ -n "$collected" ] && [ "$collected" -gt $reads ] || { cat "$log" >&2; return 1; }
  echo $((collected / reads))
}

status=0
for name in "${names[@]}"; do
  counted=$(count "$name")
  printf '%-52s %6d instructions (bound %d)\n' "${what[$name]}" "$counted" "${bound[$name]}"
  [ "$counted" -le "${bound[$name]}" ] || { echo "instructions.sh: more than ${bound[$name]} for $name" >&2; status=1; }
done
if absl=$(count absl 2>/dev/null); then
  printf '%-52s %6d instructions\n' "absl::flat_hash_map find" "$absl"
else
  printf '%-52s absent\n' "absl::flat_hash_map find"
fi
[ -n "$check" ] || exit 0
exit $status
