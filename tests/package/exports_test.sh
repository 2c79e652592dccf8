#!/usr/bin/env bash
# libtern.so exports tern_* (version TERN_1) and the C++ interface (version TERN_CXX_0), and nothing else: a stray name,
# SQLite's above all, would answer for the host's own. What the C headers declare is all there.
# usage: exports_test.sh LIBTERN.SO
set -euo pipefail
lib=$1
mapfile -t exported < <(nm -D --defined-only --with-symbol-versions "$lib" | awk '$2 != "A" {print $3}')
bad=() c=0 cxx=0
declare -A is_exported
for name in "${exported[@]}"; do
  is_exported[$name]=1
  case $name in
    tern_*@@TERN_1) c=$((c + 1)) ;;
    _ZN4tern*@@TERN_CXX_0 | _ZNK4tern*@@TERN_CXX_0 | _ZNKR4tern*@@TERN_CXX_0 | _ZNO4tern*@@TERN_CXX_0 | _ZT[VIS]N4tern*@@TERN_CXX_0) cxx=$((cxx + 1)) ;;
    *) bad+=("$name") ;;
  esac
done
echo "$c C names, $cxx C++ names"
if [ ${#bad[@]} -gt 0 ]; then
  echo "exported, and neither tern_* nor of the C++ interface:"
  printf '  %s\n' "${bad[@]}"
  exit 1
fi
headers=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../engine/include/tern" && pwd)
mapfile -t declared < <(cat "$headers"/*.h | tr '\n' ' ' | grep -oE 'TERN_API [^(;]*\(' | grep -oE 'tern_[a-z0-9_]+\($' | tr -d '(')
[ ${#declared[@]} -gt 50 ] || { echo "only ${#declared[@]} functions found in the C headers"; exit 1; }
for name in "${declared[@]}"; do
  [ -n "${is_exported[$name@@TERN_1]:-}" ] || { echo "declared, but not exported: $name"; exit 1; }
done
# Parts of the lower folders are tern's own business, even where someone marked them for export.
inner=$(nm -DC --defined-only "$lib" | grep -E ' tern::(cache|sql)::' || true)
[ -z "$inner" ] || { echo "internal names are exported:"; echo "$inner"; exit 1; }
# A program that loads the library while it runs (an addon, an FFI) has 1,664 bytes for the thread-local memory of all
# that it loads so (glibc's surplus of static TLS); past that dlopen() fails.
tls=$(readelf -lW "$lib" | awk '$1 == "TLS" {print $6}')
[ $((${tls:-0})) -le 768 ] || { echo "$((tls)) bytes of thread-local memory, more than 768: dlopen() could fail"; exit 1; }
[ $((c + cxx)) -gt 0 ] || { echo "nothing is exported"; exit 1; }
