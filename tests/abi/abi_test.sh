#!/usr/bin/env bash
# The C interface must stay as programs were compiled against it: every function with its types, every struct with its
# layout. engine/tern.abi has it as it was; abidiff holds what the headers say now against that.
#
# What is looked at is a library that is made of the headers alone (each function that they declare, with an empty body),
# so that nothing but the interface counts: not how tern is compiled, nor what it is made of. That the real library has
# all that the headers declare, under its version, Exports.SharedLibraryShowsTernAlone checks.
#
# A function more and an enumerator more are no failure. All else is; what is compatible all the same, such as a field
# more at the end of a struct that begins with its size, goes into engine/tern.abi with --update, by somebody who has
# looked at it.
# usage: abi_test.sh [--update] WORK_DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
update=
[ "${1:-}" != --update ] || { update=1; shift; }
work=$1
reference=$root/engine/tern.abi
rm -rf "$work" && mkdir -p "$work"

# The interface of the headers in a folder, as abidw writes it.
interface_of() {
  local headers=$1 out=$2
  echo '#include <tern/tern.h>' >"$work/all.c"
  "${CC:-cc}" -E -P -I "$headers" "$work/all.c" |
    sed -E 's/__attribute__\(\(visibility\("default"\)\)\)/\nTERN_API/g' | tr '\n' ' ' |
    sed -E 's/TERN_API ([^;{]*\));/\n\1 { __builtin_trap(); }\n/g' >"$work/bodies.c"
  "${CC:-cc}" -w -g -fno-eliminate-unused-debug-types -fPIC -shared -o "$work/interface.so" "$work/bodies.c"
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --out-file "$out" "$work/interface.so"
}

# Exit code 0: compatible. The bits of abidiff's own: 1 an error, 2 wrong usage, 4 a change, 8 an incompatible one.
compare() {
  abidiff --no-added-syms --no-show-locs --no-architecture "$reference" "$1" >"$work/report" 2>&1
}

interface_of "$root/engine/include" "$work/now.abi"
if [ -n "$update" ]; then
  cp "$work/now.abi" "$reference"
  echo "abi_test.sh: $reference holds what the headers say"
  exit 0
fi
functions=$(grep -c '<function-decl' "$work/now.abi")
[ "$functions" -gt 90 ] || { echo "only $functions functions were found in the headers"; exit 1; }
compare "$work/now.abi" || {
  cat "$work/report"
  echo "The C interface is not what programs were compiled against. If this is meant, and compatible: $0 --update"
  exit 1
}

# That a change is noticed, or allowed, as the beginning of this file has it: each in headers of its own.
try() {
  local expected=$1 what=$2 file=$3 edit=$4
  rm -rf "$work/changed" && cp -r "$root/engine/include" "$work/changed"
  sed -E -i "$edit" "$work/changed/tern/$file"
  ! cmp -s "$root/engine/include/tern/$file" "$work/changed/tern/$file" || { echo "nothing was changed: $what"; exit 1; }
  interface_of "$work/changed" "$work/changed.abi"
  local found=compatible
  compare "$work/changed.abi" || found=incompatible
  [ "$found" = "$expected" ] || { cat "$work/report"; echo "$what is taken for $found"; exit 1; }
}
try incompatible "a function less" tern.h 's/^TERN_API const char\* tern_version\(void\);//'
try incompatible "another type of an argument" tern.h 's/tern_result_column\(const tern_result\* result, size_t column\)/tern_result_column(const tern_result* result, int column)/'
try incompatible "another type that is returned" tern.h 's/TERN_API int64_t tern_result_changes/TERN_API int tern_result_changes/'
try incompatible "an argument more" tern_kv.h 's/TERN_API void tern_kv_free\(tern_kv\* kv/TERN_API void tern_kv_free(int how, tern_kv* kv/'
try incompatible "a field in the middle" tern.h 's/^  uint64_t hot_bytes; .*/  uint64_t more; uint64_t hot_bytes;/'
try incompatible "a field of another type" tern_kv.h 's/^  uint32_t limits; .*/  uint64_t limits;/'
try incompatible "a field more in tern_value" tern.h 's/^  uint64_t len; .*bytes of text or blob.*/  uint64_t len; uint64_t more;/'
try incompatible "another number of an enumerator" tern.h 's/TERN_BUSY = 3,/TERN_BUSY = 33,/'
try compatible "a function more" tern.h 's/^(TERN_API const char\* tern_version\(void\);)/\1 TERN_API int tern_more(void);/'
try compatible "an enumerator more" tern.h 's/^(  TERN_WOULD_BLOCK = 15),/\1, TERN_MORE = 16,/'
try incompatible "a field more at the end of a struct" tern.h 's/^(  uint64_t kv_map_bytes; ).*/\1 uint64_t more;/'
echo "$functions functions are what they were; 11 changes were told apart"
