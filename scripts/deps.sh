#!/usr/bin/env bash
# Installs from Debian's packages what is missing, and asks nothing. When all is there it only looks, well under a second.
# usage: scripts/deps.sh [run|test|ci|bench]...
#   run   build the library and the program, make the example data (the default)
#   test  run, and what the tests and benchmarks need
#   ci    test, and the checks of style, coverage and packaging
#   bench test, and what tern is measured beside
set -euo pipefail

run=(g++ cmake ninja-build ccache pkg-config liblmdb-dev libxxhash-dev libcli11-dev nlohmann-json3-dev libsqlite3-dev
  sqlite3)
test=(libgtest-dev librapidcheck-dev python3-dev)
ci=(abigail-tools clang-format clang-tidy gcovr spin valgrind chromium fonts-dejavu-core python3-pip python3-setuptools
  python3-wheel)
bench=(libabsl-dev librocksdb-dev redis-server libhiredis-dev zstd valgrind)

wanted=()
for group in "${@:-run}"; do
  case $group in
    run) wanted+=("${run[@]}") ;;
    test) wanted+=("${run[@]}" "${test[@]}") ;;
    ci) wanted+=("${run[@]}" "${test[@]}" "${ci[@]}") ;;
    bench) wanted+=("${run[@]}" "${test[@]}" "${bench[@]}") ;;
    *) echo "deps.sh: '$group' is no group; they are run, test, ci and bench" >&2; exit 2 ;;
  esac
done

missing=()
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
for package in "${wanted[@]}"; do
  grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
done
# Asked for by command: Node may have come from elsewhere, and Debian's npm cannot be installed beside such a one.
# Its headers are for the binding; Debian has them in a package of their own.
command -v node >/dev/null || missing+=(nodejs libnode-dev)
command -v npm >/dev/null || missing+=(npm)
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "deps.sh: this system has no apt-get; please install what corresponds to Debian's ${missing[*]}" >&2
  exit 1
}
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "deps.sh: run as root, or install sudo, to get ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "deps.sh: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; }
if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; }; then
  cat "$log" >&2
  echo "deps.sh: the packages could not be installed; the reason stands above" >&2
  exit 1
fi
