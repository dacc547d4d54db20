/**
 * Zero false verdicts: 1,000 seeded rollouts of a simulated cluster, judged by what was really so. One that fails is run
 * again, with all that happens in it, by `SEED=… node --test test/scenarios/rollouts.test.ts`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointState } from '../../src/contract/endpoint.ts';
import { ENDPOINT_STATES } from '../../src/contract/endpoint.ts';
import { HoldDown } from '../../src/facts/hold-down.ts';
import { Rollout, type RolloutOptions } from './rollout.ts';

const ROLLOUTS = 1_000;
const OF_MUTANTS = 60;

/** What is wrong in each of the rollouts that are not right. */
function violationsOf(seeds: Iterable<number>, options: Omit<RolloutOptions, 'seed'> = {}) {
  const wrong: string[] = [];
  const seen = new Set<EndpointState>();
  let verdicts = 0;
  for (const seed of seeds) {
    const judge = new Rollout({ ...options, seed }).run();
    verdicts += judge.verdicts;
    for (const state of judge.seen) seen.add(state);
    if (judge.violations.length > 0) wrong.push(`SEED=${seed} ${judge.violations.slice(0, 3).join('\n  ')}`);
  }
  return { wrong, seen, verdicts };
}

type Look = Parameters<HoldDown<unknown>['look']>;
const isFalselyStale = (text: string) => /said stale for \d+ ms, was not so/.test(text);

function* first(count: number): Generator<number> {
  for (let seed = 1; seed <= count; seed++) yield seed;
}

describe('rollouts [ci]', () => {
  it('every verdict was true, every truth that lasts is said, and since when', () => {
    const { SEED: asked } = process.env;
    if (asked !== undefined) {
      assert.deepEqual(violationsOf([Number(asked)], { trace: (line) => console.log(line) }).wrong, []);
      return;
    }
    const { wrong, seen, verdicts } = violationsOf(first(ROLLOUTS));
    assert.deepEqual(wrong, []);
    assert.ok(verdicts > 500_000, `only ${verdicts} verdicts`);
    assert.deepEqual([...seen].sort(), ENDPOINT_STATES.filter((state) => state !== 'unknown').sort());
  });

  it('is red with a hold-down of two looks and no time', () => {
    const { wrong } = violationsOf(first(OF_MUTANTS), { holdDownMs: 0 });
    assert.ok(wrong.some(isFalselyStale));
  });

  it('is red without any hold-down', (t) => {
    t.mock.method(HoldDown.prototype, 'look', (_: string, found: EndpointState) => ({
      ...{ said: found, sinceMs: 0, isWaiting: false },
    }));
    const { wrong } = violationsOf(first(OF_MUTANTS));
    assert.ok(wrong.filter(isFalselyStale).length > OF_MUTANTS / 10, `only ${wrong.filter(isFalselyStale).length}`);
  });

  it('is red when slices that are older than what the proxy took count as proof', (t) => {
    const { look } = HoldDown.prototype;
    t.mock.method(HoldDown.prototype, 'look', function (this: HoldDown<unknown>, ...[subject, found, options]: Look) {
      return look.call(this, subject, found, { ...options, knownUntilMs: Number.POSITIVE_INFINITY });
    });
    const { wrong } = violationsOf(first(OF_MUTANTS));
    assert.ok(wrong.some((text) => /was not so/.test(text)));
  });

  it('is red without the freshness gate', () => {
    const { wrong } = violationsOf(first(OF_MUTANTS), { staleAfterMs: Number.POSITIVE_INFINITY });
    assert.ok(wrong.some((text) => /said though the slices are too old/.test(text)));
    assert.ok(wrong.length > OF_MUTANTS / 20, `only ${wrong.length}`);
  });
});
