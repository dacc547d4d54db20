#!/usr/bin/env bash
# Unit tests first, then the end-to-end tests in three lanes, and at last those that want to be alone. With CI=true the list of end-to-end tests is fixed: a skipped one is a failure.
# A few files that fail are run a second time, alone: see `again` below.
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s globstar nullglob

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# Programs of the tests that run as nobody read it too.
chmod 755 "$temporary"
# Each test file and each badgateway that one starts is a process that loads the same sources: without their types a second time, that is half of
# the time.
export NODE_COMPILE_CACHE="$temporary/compiled"

unit=()
for file in test/**/*.test.ts; do
  [[ $file == test/e2e/* || $file == test/torture/* ]] || unit+=("$file")
done
# A process of their own have the files that change what all of a process share (hooks outside of a suite, clocks that stand still, the environment,
# signals) or measure it, and those that start programs and wait for them. All others share one, thirty in each: the start of Node and the loading of the same
# sources took more time than their tests. Such a process is a file that imports theirs; node counts their tests as it does those of any file.
alone='^(before|after)(Each)?\(|mock\.|process\.(env|on|once|kill|exit|memoryUsage)|child_process|skipWithout|support/(certs|netns)'
mapfile -t own < <(grep -lE "$alone" "${unit[@]}")
mapfile -t sharing < <(grep -LE "$alone" "${unit[@]}")
shared=()
for ((at = 0; at < ${#sharing[@]}; at += 30)); do
  group="$temporary/shared-$(printf %02d $((at / 30))).mjs"
  {
    echo "import { test } from 'node:test';"
    for file in "${sharing[@]:at:30}"; do
      echo "await import(process.cwd() + '/$file').catch((error) => test('$file', () => { throw error; }));"
    done
  } >"$group"
  shared+=("$group")
done

# At the end, one after the other and nothing beside them: they measure to half a second, look at counters of the kernel and at namespaces that others
# would move or make, or take a processor for themselves.
quiet=(test/e2e/{demo,envoy-admin,kernel,nginx,node,upstreams-rollout}.test.ts)
# One after the other, beside the others: they take a processor each.
one_by_one=(test/e2e/{alerts,causes-across-nodes}.test.ts test/torture/*.test.ts)
# Two at a time beside them: of the time they take they wait most.
others=()
for file in test/e2e/**/*.test.ts; do
  [[ " ${one_by_one[*]} ${quiet[*]} " == *" $file "* ]] || others+=("$file")
done

# `node --test` that leaves the files in which a test has failed in $temporary/failed-*, or a name that is no file where nobody knows.
run() {
  local name=$1 concurrency=$2
  shift 2
  node --test --test-concurrency="$concurrency" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=./scripts/failed-files.ts --test-reporter-destination="$temporary/failed-$name" "$@" && return
  [[ -s $temporary/failed-$name ]] || echo "unknown-of-$name" >"$temporary/failed-$name"
  return 1
}

status=0
# One more than there are processors: some wait for the programs that they start.
run unit $(($(nproc) + 1)) "${shared[@]}" "${own[@]}" || status=1
if [[ ${TESTS:-all} != unit ]]; then
  run others 2 "${others[@]}" >"$temporary/others" 2>&1 &
  run one-by-one 1 "${one_by_one[@]}" | tee "$temporary/one-by-one" || status=1
  wait $! || status=1
  cat "$temporary/others"
  run quiet 1 "${quiet[@]}" | tee "$temporary/quiet" || status=1
fi

# Some tests measure real programs to half a second, on machines that others use too. What failed is run once more with nothing beside it, and is a
# failure if it fails again; that it was needed is printed, for whoever reads the log. More than this many are no accident.
AGAIN_AT_MOST=4
mapfile -t again < <(sort -u "$temporary"/failed-*)
if ((status && ${#again[@]} <= AGAIN_AT_MOST)) && ls -- "${again[@]}" >/dev/null; then
  echo "run-tests: once more, alone: ${again[*]}"
  if run again 1 "${again[@]}" | tee "$temporary/again"; then
    status=0
    echo "run-tests: UNSTEADY: failed beside others and passed alone: ${again[*]}"
  fi
fi
if [[ ${CI:-} == true && ${TESTS:-all} != unit ]] && grep -qs '^ℹ skipped [1-9]' "$temporary"/{one-by-one,others,quiet,again}; then
  echo "run-tests: an end-to-end test was skipped, which CI does not allow"
  status=1
fi
exit $status
