#!/usr/bin/env bash
# Fails when an include goes against the layers: engine may use cache and sql, which know neither engine nor each other.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"
status=0
forbid() {
  local folder=$1 others=$2
  local found
  found=$(grep -rnE --include='*.h' --include='*.hpp' --include='*.cc' --include='*.c' \
    "^[[:space:]]*#[[:space:]]*include[[:space:]]*[\"<](\.\./)*($others)" "$folder" || true)
  [ -z "$found" ] && return
  printf '%s must not include this:\n%s\n' "$folder/" "$found"
  status=1
}
forbid cache 'sql/|engine/|tern/|sqlite3'
forbid sql 'cache/|engine/|tern/|lmdb'
forbid engine/include 'cache/|sql/|engine/|sqlite3|lmdb|xxhash'
# The bindings are programs over tern.h, as anybody's.
forbid engine/bindings 'cache/|sql/|engine/|tern/[a-z_]*\.hpp|sqlite3|lmdb|xxhash'
exit $status
