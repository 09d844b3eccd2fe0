#!/usr/bin/env bash
# Installs what is missing on Debian 12: `build` (what demo.sh needs) or `test` (what tests/run.sh needs too). Does nothing, and needs no
# root, when all of it is there.
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config git
  libsimdjson-dev rapidjson-dev libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev libboost-dev prometheus-cpp-dev libabsl-dev
  librdkafka-dev libsqlite3-dev libzstd-dev zlib1g-dev libssl-dev)
test=(catch2 libbenchmark-dev clang-14 libclang-rt-14-dev lld-14 openjdk-17-jre-headless maven kcat openssl curl zstd gzip procps)

case "${1:-build}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  *) echo "usage: bash deploy/install.sh [build|test]" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# promtool checks our metrics in the tests. Its package starts a server where systemd runs, so it is unpacked, not installed.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/bartizan/tools"
if [ "${1:-build}" = test ] && ! command -v promtool >/dev/null && [ ! -x "$tools/promtool" ]; then
  echo "unpacking: promtool" >&2
  work=$(mktemp -d)
  (cd "$work" && { apt-get download -qq prometheus 2>/dev/null || { as_root apt-get update -qq && apt-get download -qq prometheus; }; } && dpkg-deb -x prometheus_*.deb .)
  mkdir -p "$tools"
  cp "$work/usr/bin/promtool" "$tools/"
  rm -rf "$work"
fi

# The broker of the Kafka tests.
if [ "${1:-build}" = test ]; then bash "$(dirname "$0")/../tests/support/kafka/fetch.sh" >/dev/null; fi
