#!/usr/bin/env bash
# Unit tests first (parallel), then the end-to-end tests (one after the other: they share the kernel's counters).
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s globstar nullglob

unit=()
for file in test/**/*.test.ts; do
  [[ $file == test/e2e/* || $file == test/torture/* ]] || unit+=("$file")
done
slow=(test/e2e/**/*.test.ts test/torture/**/*.test.ts)
status=0
node --test "${unit[@]}" || status=1
if [[ ${BADGATEWAY_TESTS:-all} != unit ]]; then
  node --test --test-concurrency=1 "${slow[@]}" || status=1
fi
exit $status
