#!/usr/bin/env bash
# Unit tests first, then the end-to-end tests in three lanes, and at last those that want to be alone. With CI=true the list of end-to-end tests is fixed: a skipped one is a failure.
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
# What stands beside a test and does so does it for the test.
rigs=()
for file in test/**/*.ts; do
  [[ $file == *.test.ts || $file == test/support/* ]] || rigs+=("$file")
done
mapfile -t own < <(
  {
    grep -lE "$alone" "${unit[@]}"
    grep -lE "$alone" "${rigs[@]}" | while read -r rig; do grep -lF "from './${rig##*/}'" "${rig%/*}"/*.test.ts </dev/null; done
  } | grep -v '^test/e2e/\|^test/torture/' | sort -u
)
mapfile -t sharing < <(printf '%s\n' "${unit[@]}" | grep -vxFf <(printf '%s\n' "${own[@]}"))
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

status=0
# One more than there are processors: some wait for the programs that they start.
node --test --test-concurrency=$(($(nproc) + 1)) "${shared[@]}" "${own[@]}" || status=1
if [[ ${TESTS:-all} != unit ]]; then
  node --test --test-concurrency=2 "${others[@]}" >"$temporary/others" 2>&1 &
  node --test --test-concurrency=1 "${one_by_one[@]}" | tee "$temporary/one-by-one" || status=1
  wait $! || status=1
  cat "$temporary/others"
  node --test --test-concurrency=1 "${quiet[@]}" | tee "$temporary/quiet" || status=1
  if [[ ${CI:-} == true ]] && grep -q '^ℹ skipped [1-9]' "$temporary"/{one-by-one,others,quiet}; then
    echo "run-tests: an end-to-end test was skipped, which CI does not allow"
    status=1
  fi
fi
exit $status
