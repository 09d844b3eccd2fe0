#!/usr/bin/env bash
# Installs what is missing, builds Bartizan and runs its demo. Arguments go to `bartizan demo`:
#   bash deploy/demo.sh --once --headless
set -euo pipefail
cd "$(dirname "$0")/.."

bash deploy/install.sh build
# The build speaks only when something fails: people came for the demo.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "building (a few minutes the first time) ..." >&2
if ! { cmake --preset release -DBARTIZAN_TESTS=OFF -DBARTIZAN_BENCH=OFF -B build/demo && cmake --build build/demo --target bartizan; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  exit 5
fi
exec build/demo/connectors/bartizan demo "$@"
