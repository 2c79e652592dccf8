#!/usr/bin/env bash
# The libraries that are shipped hold nothing of the probes (cache/probes.h): no name, no text. The second library is the
# one that has them: what is looked for must be found there, or this test could not fail.
# usage: no_probes_test.sh LIBTERN_ENGINE_PROBED.A LIBTERN.SO LIBTERN.A…
set -euo pipefail
probed=$1
shift
# Counts what a build with probes cannot be without: symbols of tern::probes, and names that tests set from outside.
traces() {
  local names texts
  names=$({ nm "$1"; nm -D "$1"; } 2>/dev/null | grep -c 'N4tern6probes' || true)
  texts=$(strings -a "$1" | grep -cE 'TERN_PROBE|TERN_MUTANT|publish:seq-out|kWalStateIgnored' || true)
  echo $((names + texts))
}
[ "$(traces "$probed")" -gt 0 ] || { echo "$probed has no probes: this looks for the wrong thing"; exit 1; }
status=0
for lib in "$@"; do
  found=$(traces "$lib")
  echo "$lib: $found"
  [ "$found" -eq 0 ] || status=1
done
exit $status
