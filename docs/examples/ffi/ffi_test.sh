#!/usr/bin/env bash
# Runs an example of a foreign function interface on a new database, and checks what it says. Exit code 77, which says
# that it was left out, where koffi cannot be had.
# usage: ffi_test.sh ctypes|koffi LIBTERN.SO WORK_DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
which=$1 library=$2 work=$3
rm -rf "$work" && mkdir -p "$work"
case $which in
  ctypes)
    said=$(python3 "$here/ctypes_example.py" "$library" "$work/ctypes.db")
    row="[('Taos', -7, 0.5, b'\\x00\\xff', None)]"
    ;;
  koffi)
    folder=$("$here/install.sh") || exit 77
    said=$(node "$folder/koffi_example.mjs" "$library" "$work/koffi.db")
    row='[["a","Santa Fé"]]'
    ;;
  *) echo "ffi_test.sh: '$which' is no example" >&2; exit 2 ;;
esac
expected=$(printf 'not in memory yet\n%s from SQLite\n%s from memory' "$row" "$row")
[ "$said" = "$expected" ] || { printf 'it says\n%s\nand should say\n%s\n' "$said" "$expected"; exit 1; }
