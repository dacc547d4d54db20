#!/usr/bin/env bash
# Unit tests first (parallel), then the end-to-end tests (one after the other: they share the kernel's counters; those of `apart` beside them).
# With CI=true the list of end-to-end tests is fixed: a skipped one is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s globstar nullglob

unit=()
for file in test/**/*.test.ts; do
  [[ $file == test/e2e/* || $file == test/torture/* ]] || unit+=("$file")
done
# Namespaces of their own, or no look at the kernel's counters, and minutes of waiting for traffic: beside the others. The faults first: they leave
# the processors to the demo, which has ten seconds.
faults=test/e2e/faults.test.ts
apart=(test/e2e/{access-log,envoy-access,envoy-access-cause,envoy-access-log,envoy-told,kubernetes-context,page,upstreams-changes,upstreams-outage}.test.ts)
slow=()
for file in test/e2e/**/*.test.ts test/torture/**/*.test.ts; do
  [[ " $faults ${apart[*]} " == *" $file "* ]] || slow+=("$file")
done
run_apart() {
  local failed=0
  node --test "$faults" || failed=1
  node --test --test-concurrency=1 "${apart[@]}" || failed=1
  return $failed
}
status=0
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# Each file is a process that loads the same sources: without their types a second time, that is half of the time.
# Node would leave one processor out: on two that is one file at a time, and most of it is waiting for programs to start.
NODE_COMPILE_CACHE="$temporary/compiled" node --test --test-concurrency="$(nproc)" "${unit[@]}" || status=1
if [[ ${TESTS:-all} != unit ]]; then
  run_apart >"$temporary/apart" 2>&1 &
  node --test --test-concurrency=1 "${slow[@]}" | tee "$temporary/slow" || status=1
  wait $! || status=1
  cat "$temporary/apart"
  if [[ ${CI:-} == true ]] && grep -q '^ℹ skipped [1-9]' "$temporary/slow" "$temporary/apart"; then
    echo "run-tests: an end-to-end test was skipped, which CI does not allow"
    status=1
  fi
fi
exit $status
