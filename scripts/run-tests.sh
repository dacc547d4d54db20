#!/usr/bin/env bash
# Unit tests first (parallel), then the end-to-end tests (one after the other: they share the kernel's counters; the faults beside them).
# With CI=true the list of end-to-end tests is fixed: a skipped one is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s globstar nullglob

unit=()
for file in test/**/*.test.ts; do
  [[ $file == test/e2e/* || $file == test/torture/* ]] || unit+=("$file")
done
# Namespaces of its own, and minutes of waiting for traffic: beside the others.
apart=test/e2e/faults.test.ts
slow=()
for file in test/e2e/**/*.test.ts test/torture/**/*.test.ts; do
  [[ $file == "$apart" ]] || slow+=("$file")
done
status=0
# Node would leave one processor out: on two that is one file at a time, and most of it is waiting for programs to start.
node --test --test-concurrency="$(nproc)" "${unit[@]}" || status=1
if [[ ${TESTS:-all} != unit ]]; then
  logs=$(mktemp -d)
  trap 'rm -rf "$logs"' EXIT
  node --test "$apart" >"$logs/apart" 2>&1 &
  node --test --test-concurrency=1 "${slow[@]}" | tee "$logs/slow" || status=1
  wait $! || status=1
  cat "$logs/apart"
  if [[ ${CI:-} == true ]] && ! { grep -q '^ℹ skipped 0$' "$logs/slow" && grep -q '^ℹ skipped 0$' "$logs/apart"; }; then
    echo "run-tests: an end-to-end test was skipped, which CI does not allow"
    status=1
  fi
fi
exit $status
