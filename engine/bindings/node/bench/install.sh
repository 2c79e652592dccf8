#!/usr/bin/env bash
# Installs miniflare outside the source tree, and prints its folder (scripts/npm_folder.sh). workerd is a program of its
# own, which comes with a package for the platform; no build step is needed for it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$here/../../../../scripts/npm_folder.sh" node-bench "$here"
