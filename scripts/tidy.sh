#!/usr/bin/env bash
# Runs clang-tidy over tern's own sources, as many at a time as there are cores. A file that passed is not looked at
# again while nothing that it includes has changed.
#
# Nearly all of its time goes into the headers of the standard library, the same for each file: so several sources of a
# folder are looked at as one. Where that finds anything, or they cannot be one (two helpers of one name), each of them
# is looked at by itself, and what that says counts.
# usage: scripts/tidy.sh [FILE.cc]...     (default: all of cache, sql and engine)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${TERN_TIDY_BUILD:-build/release}
[ -e "$build/compile_commands.json" ] || { echo "tidy.sh: no $build/compile_commands.json; run scripts/build.sh first" >&2; exit 1; }
passed=${XDG_CACHE_HOME:-$HOME/.cache}/tern/tidy
mkdir -p "$passed" build/tidy
if [ $# -eq 0 ]; then
  mapfile -t files < <(git ls-files -co --exclude-standard -- 'cache/*.cc' 'sql/*.cc' 'engine/*.cc')
  set -- "${files[@]}"
fi
[ $# -gt 0 ] || exit 0

# Any header may change what a file means; one key over all of them is coarse, and never wrong.
headers=$(cat .clang-tidy $(git ls-files -co --exclude-standard -- 'cache/*.h' 'sql/*.h' 'engine/*.h' 'engine/*.hpp') |
  sha256sum)
key() { { echo "$headers"; cat "$1"; } | sha256sum | cut -c1-32; }
left=()
for file in "$@"; do
  [ -e "$passed/$(key "$file")" ] || left+=("$file")
done
[ ${#left[@]} -gt 0 ] || exit 0

# The groups, a line of names each; their sources and commands go to build/tidy.
groups() {
  python3 - "$build/compile_commands.json" "$@" <<'EOF'
import itertools, json, os, sys

SIZE = 12
# Clang knows nothing of what GCC alone is told.
commands = {os.path.relpath(e["file"]): e | {"command": e["command"].replace(" -fno-gnu-unique", "")}
            for e in json.load(open(sys.argv[1]))}
entries = list(commands.values())
sources = sorted(f for f in sys.argv[2:] if f in commands)
for unknown in sorted(set(sys.argv[2:]) - set(sources)):
    print(unknown)
for folder, files in itertools.groupby(sources, os.path.dirname):
    files = list(files)
    for first in range(0, len(files), SIZE):
        group = files[first:first + SIZE]
        path = os.path.abspath(f"build/tidy/{folder.replace('/', '_')}_{first}.cc")
        with open(path, "w") as out:
            out.writelines(f'#include "{os.path.abspath(f)}"\n' for f in group)
        model = commands[group[0]]
        entries.append(model | {"file": path, "command": model["command"].replace(model["file"], path)})
        print(path, *group)
json.dump(entries, open("build/tidy/compile_commands.json", "w"))
EOF
}

tidy() {
  clang-tidy -p build/tidy --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option "$@" 2>/dev/null
}
check() {
  local together=$1 file status=0
  shift
  if [ $# -gt 0 ] && tidy --header-filter='/(cache|sql|engine)/([^/]*\.(h|hpp)|(cli/)?[^/]*\.cc)$' --checks=-bugprone-suspicious-include \
    "$together" >/dev/null; then
    for file in "$@"; do touch "$passed/$(key "$file")"; done
    return 0
  fi
  [ $# -gt 0 ] || set -- "$together"
  for file in "$@"; do
    if tidy "$file"; then touch "$passed/$(key "$file")"; else status=1; fi
  done
  return $status
}
export -f check tidy key
export passed headers
groups "${left[@]}" | xargs -P "$(nproc)" -L 1 bash -c 'check "$@"' _
