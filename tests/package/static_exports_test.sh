#!/usr/bin/env bash
# libtern.a defines, for other objects to see, only tern's names and the weak ones that any C++ object carries: a host
# that links its own SQLite must neither clash with ours nor be given it.
# usage: static_exports_test.sh LIBTERN.A
set -euo pipefail
visible=$(nm --defined-only --extern-only "$1" | awk 'NF == 3 {print $2, $3}')
bad=$(awk '($1 !~ /^[VWw]$/ && $2 !~ /^(tern_|_ZNK?[RO]?4tern|_ZT[VISR]N4tern)/) || $2 ~ /^(sqlite3|mdb_)/ {print "  " $2}' <<<"$visible")
[ -z "$bad" ] || { echo "visible outside libtern.a:"; echo "$bad"; exit 1; }
grep -q tern <<<"$visible" || { echo "nothing of tern's is visible"; exit 1; }
echo "only tern's names are visible"
