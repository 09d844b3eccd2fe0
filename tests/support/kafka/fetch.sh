#!/usr/bin/env bash
# Fetches the jars of Apache Kafka 3.9.1 that the test broker runs on (57 files, 48 MB), once, and prints their folder. Needs mvn and java.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root="${XDG_CACHE_HOME:-$HOME/.cache}/bartizan/kafka-3.9.1"

if [ ! -f "$root/complete" ]; then
  echo "fetching: Apache Kafka 3.9.1 for the tests" >&2
  mkdir -p "$root"
  exec 9>"$root/lock"
  flock 9
  if [ ! -f "$root/complete" ]; then
    rm -rf "$root/libs"
    mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
      -DoutputDirectory="$root/libs" -DincludeScope=runtime >&2
    ls "$root/libs"/kafka_2.13-3.9.1.jar >/dev/null
    : > "$root/complete"
  fi
fi
echo "$root/libs"
