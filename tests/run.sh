#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all tests: with clang and the address and undefined-behaviour sanitizers, then the release
# build (g++) with the integration tests. Ends with ctest's summary; exit code 0 only when everything passed.
#   bash tests/run.sh           the set that CI runs
#   bash tests/run.sh --full    the heavy matrix too: clang release, thread sanitizer, five minutes of fuzzing
set -euo pipefail
cd "$(dirname "$0")/.."

full=false
case "${1:-}" in
  "") ;;
  --full) full=true ;;
  *) echo "usage: bash tests/run.sh [--full]" >&2; exit 2 ;;
esac

bash deploy/install.sh test
export PATH="${XDG_CACHE_HOME:-$HOME/.cache}/bartizan/tools:$PATH"
jobs=$(nproc)
started=$(date +%s)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

build() {  # PRESET [CMAKE-ARGUMENT ...]
  local preset=$1
  shift
  echo "== build: $preset ($(($(date +%s) - started)) s)" >&2
  if ! { cmake --preset "$preset" "$@" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    exit 1
  fi
}
run() {  # PRESET [CTEST-ARGUMENT ...]
  local preset=$1
  shift
  echo "== test: $preset ($(($(date +%s) - started)) s)" >&2
  ctest --preset "$preset" --parallel "$jobs" --progress "$@" || failed=true
}

failed=false
if $full; then
  build clang && run clang -LE release-only
  build tsan && run tsan -LE release-only
  build fuzz && for target in build/fuzz/tests/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    echo "== fuzz: $(basename "$target")" >&2
    "$target" -max_total_time=100 -print_final_stats=1 >"$log" 2>&1 || { tail -n 30 "$log" >&2; failed=true; }
  done
fi
build asan && run asan -LE release-only
build release && run release
if $failed; then
  echo "some tests failed (see above)" >&2
  exit 1
fi
