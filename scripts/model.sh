#!/usr/bin/env bash
# Checks the models of docs/model with spin, exhaustively: the right ones must have no error, each broken variant must be
# refuted. Prints a table; exit code 1 if a result is another than expected.
# usage: scripts/model.sh [MODEL...]    with names such as publish, only these
# MODEL_JOBS (default: the processors) run at a time; none needs more than 1.5 GiB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v spin >/dev/null || { echo "model.sh: spin is missing; scripts/deps.sh ci installs it" >&2; exit 1; }
models=$PWD/docs/model
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check MODEL VARIANT EXPECTED [OPTION...]: one row. A variant is a macro of the model; "-" is the model as it is.
check() {
  local model=$1 variant=$2 expected=$3
  shift 3
  local dir=$work/$model.$variant define=() row found=? states=? depth=? seconds=? verdict=ok
  [ "$variant" = - ] || define=("-D$variant")
  mkdir -p "$dir"
  if ! (cd "$dir" && spin -a "${define[@]}" "$@" "$models/$model.pml" &&
    "${CC:-cc}" -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c) >"$dir/build" 2>&1; then
    cat "$dir/build" >&2
    verdict=broken
  else
    (cd "$dir" && ./pan -m20000 >out 2>&1) || true
    found=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$dir/out")
    depth=$(sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "$dir/out")
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$dir/out")
    seconds=$(sed -n 's/^pan: elapsed time \([0-9.]*\) seconds/\1/p' "$dir/out")
    # A search that was cut short proves nothing; only a violated assertion refutes.
    if grep -q "Search not completed\|max search depth too small\|out of memory" "$dir/out" && [ "$expected" = 0 ]; then verdict=cut; fi
    [ "${found:-?}" = "$expected" ] || verdict=WRONG
    if [ "$expected" = 1 ] && ! grep -q "assertion violated" "$dir/out"; then verdict=WRONG; fi
  fi
  row=$(printf '%-9s %-28s %9s %7s %8s %9s %6s  %s' "$model" "$variant" "${states:-?}" "${depth:-?}" "${seconds:-?}" "$expected" "${found:-?}" "$verdict")
  printf '%s\n' "$row" >"$work/row.$(printf %03d "$number")"
  echo "$row"
  rm -rf "$dir"
}

jobs_at_once=${MODEL_JOBS:-$(nproc)}
number=0
selected=" $* "
row() {
  [ "$selected" = "  " ] || [[ $selected == *" $1 "* ]] || return 0
  number=$((number + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$jobs_at_once" ]; do wait -n || true; done
  check "$@" &
}

printf '%-9s %-28s %9s %7s %8s %9s %6s\n' model variant states depth seconds expected found
row publish - 0
row guardian - 0
row publish VALIDATED_AT_LABEL 0 -DDEATHS=0
row publish STATE_SECOND 0 -DDEATHS=0
row publish SAVED_NEVER 0 -DDEATHS=0
for variant in LABEL_AFTER_READING EXPECTED_BEFORE_STAMPS SEQ_BEFORE_STAMPS STAMPS_BEFORE_STATE ALL_UNCHECKED \
  SAVED_BEFORE_STAMPS FIRST_FRAME_SKIPPED OLD_SNAPSHOT PAGE_DROPPED FLIGHT_UNCHECKED; do
  row publish "$variant" 1
done
row guardian MOVED_UNPUBLISHED 1 -DMOVES=2 -DOPENS=1
row guardian RELEASED_BEFORE_NEXT_HOLDS 1 -DOPENS=1 -DEVENTS=1 -DLETS=0
row guardian EMPTY_LOG_BY_WORD 1 -DEVENTS=1 -DLETS=0
for variant in LET_GO_SILENTLY JOIN_BLIND JOIN_TRUSTS_RESTART NO_FRAME_CHECKSUM \
  EMPTY_LOG_BELIEVED SALTS_IGNORED SAVED_NEVER; do
  row guardian "$variant" 1 -DCOMMITS=3
done
row many - 0
row many NO_SECOND_LOOK 1
row kv - 0
for variant in NO_PENDING VALIDATED_AT_LABEL LABEL_AFTER_READING NO_SECOND_LOOK HEALED_UNDECIDED; do row kv "$variant" 1; done
wait

[ "$number" -gt 0 ] || { echo "model.sh: no such model" >&2; exit 1; }
failed=$(cat "$work"/row.* | grep -vc ' ok$' || true)
if [ "$failed" -ne 0 ]; then
  echo "model.sh: $failed of $number are not as expected:" >&2
  grep -hv ' ok$' "$work"/row.* >&2
  exit 1
fi
echo "$number checked, all as expected"
