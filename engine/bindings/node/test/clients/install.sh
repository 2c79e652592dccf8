#!/usr/bin/env bash
# Installs the libraries of package.json outside the source tree, and prints their folder (scripts/npm_folder.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$here/../../../../../scripts/npm_folder.sh" node-clients "$here"
