#!/usr/bin/env bash
# Loads a few invented places through the program and asks the four example queries, twice each: the second answer comes
# from memory and must be the first one.
# usage: examples_test.sh TERN WORK_DIR
set -euo pipefail
tern=$1 work=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
examples=$here/../../docs/examples
rm -rf "$work" && mkdir -p "$work"
db=$work/places.db
sqlite3 "$db" 'PRAGMA journal_mode = WAL' ".read '$examples/properties.sql'" >"$work/schema.log"
"$tern" import "$db" properties "$here/places.csv" >"$work/import.log"

asked=0
ask() {
  local query=$1 expected=$2 answer again
  shift 2
  answer=$("$tern" sql "$db" "$(cat "$examples/queries/$query.sql")" "$@" --format csv)
  again=$("$tern" sql "$db" "$(cat "$examples/queries/$query.sql")" "$@" --format csv)
  [ "$answer" = "$again" ] || { printf '%s: two answers differ:\n%s\n%s\n' "$query" "$answer" "$again"; exit 1; }
  # The first column of each line after the header is the id.
  local ids
  ids=$(tail -n +2 <<<"$answer" | grep -oE '^p-[0-9]+' | paste -sd ' ')
  [ "$ids" = "$expected" ] || { printf '%s: expected "%s", got:\n%s\n' "$query" "$expected" "$answer"; exit 1; }
  asked=$((asked + 1))
}

nulls=$(printf "NULL %.0s" {1..17})
ask by_id 'p-1' p-1
ask by_region 'p-2 p-1' XA-01 10
ask by_region 'p-2' XA-01 1
# shellcheck disable=SC2086 — seventeen arguments are meant
ask by_ids 'p-1 p-3' p-3 p-1 p-9 $nulls
ask search 'p-2 p-3' '%populated place%'
echo "$asked questions answered"
