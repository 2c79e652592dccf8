#!/usr/bin/env bash
# Runs clang-tidy over tern's own sources, as many at a time as there are cores. A file that passed is not looked at
# again while nothing that it includes has changed.
# usage: scripts/tidy.sh [FILE.cc]...     (default: all of cache, sql and engine)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${TERN_TIDY_BUILD:-build/release}
[ -e "$build/compile_commands.json" ] || { echo "tidy.sh: no $build/compile_commands.json; run scripts/build.sh first" >&2; exit 1; }
# Clang knows nothing of what GCC alone is told.
mkdir -p build/tidy
sed 's/ -fno-gnu-unique//g' "$build/compile_commands.json" >build/tidy/compile_commands.json
build=build/tidy
passed=${XDG_CACHE_HOME:-$HOME/.cache}/tern/tidy
mkdir -p "$passed"
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files -co --exclude-standard -- 'cache/*.cc' 'sql/*.cc' 'engine/*.cc')
  set -- "${files[@]}"
fi
[ $# -gt 0 ] || exit 0

check() {
  local file=$1 build=$2 passed=$3 key
  # Any header may change what a file means; one key over all of them is coarse, and never wrong.
  key=$(cat .clang-tidy "$file" $(git ls-files -co --exclude-standard -- 'cache/*.h' 'sql/*.h' 'engine/*.h' 'engine/*.hpp') |
    sha256sum | cut -c1-32)
  [ -e "$passed/$key" ] && return 0
  clang-tidy -p "$build" --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option "$file" 2>/dev/null && touch "$passed/$key"
}
export -f check
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I{} bash -c 'check "$@"' _ {} "$build" "$passed"
