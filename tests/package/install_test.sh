#!/usr/bin/env bash
# Installs into a folder of its own and builds a small program against it, as a user would: by find_package with either
# library, and by pkg-config with a C++ and a C compiler.
# usage: install_test.sh BUILD_DIR WORK_DIR
set -euo pipefail
build=$1 work=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$work" && mkdir -p "$work"
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" >"$work/install.log"

[ -x "$prefix/bin/tern" ] && "$prefix/bin/tern" --version
for target in tern::tern tern::tern_static; do
  dir=$work/by-cmake-${target#*::}
  cmake -S "$here/consumer" -B "$dir" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCONSUMER_TARGET="$target" >"$dir.log" 2>&1 ||
    { cat "$dir.log"; exit 1; }
  cmake --build "$dir" >>"$dir.log" 2>&1 || { cat "$dir.log"; exit 1; }
  "$dir/consumer" "$work/$(basename "$dir").db"
done

pc=("$prefix"/lib*/pkgconfig "$prefix"/lib/*/pkgconfig)
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(printf '%s:' "${pc[@]}")
libdir=$(pkg-config --variable=libdir tern)
read -ra flags <<<"$(pkg-config --cflags --libs tern)"
"${CXX:-c++}" -std=c++20 "$here/consumer/consumer.cc" -o "$work/by-pc" "${flags[@]}" -Wl,-rpath,"$libdir"
"$work/by-pc" "$work/by-pc.db"
if [ -e "$prefix/include/tern/tern.h" ]; then
  "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror "$here/consumer/consumer.c" -o "$work/by-pc-c" "${flags[@]}" \
    -Wl,-rpath,"$libdir"
  "$work/by-pc-c" "$work/by-pc-c.db"
fi
# The archive is named outright: -ltern would prefer the shared library beside it.
read -ra static_flags <<<"$(pkg-config --cflags --libs --static tern | sed 's/-ltern\b//')"
"${CXX:-c++}" -std=c++20 "$here/consumer/consumer.cc" -o "$work/by-pc-static" "$libdir/libtern.a" "${static_flags[@]}"
"$work/by-pc-static" "$work/by-pc-static.db"
