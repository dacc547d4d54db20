import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Handover } from '../../src/collectors/handover.ts';
import type { Observation } from '../../src/contract/failure.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Observations are numbers here; `drain` gives those of `counted`. */
function setUp() {
  const seen: number[] = [];
  const counted: number[] = [];
  const observe = (one: Observation) => void seen.push(one as unknown as number);
  const handover = new Handover({ present: () => {}, observe });
  const drain = () => counted.splice(0) as unknown as Observation[];
  const count = (from: number, to: number) => {
    for (let i = from; i < to; i++) counted.push(i);
  };
  return { handover, drain, count, counted, seen };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

it('stops when the time is over, and goes on where it stopped, each once and in order', () => {
  const { handover, drain, count, counted, seen } = setUp();
  count(0, 40);
  assert.equal(handover.handOver(drain, 0), false);
  const atOnce = seen.length;
  assert.ok(atOnce > 0 && atOnce < 40, `${atOnce}: some, whatever the time`);
  count(40, 50);
  assert.equal(handover.handOver(drain, 0), false);
  assert.equal(counted.length, 10, 'what was counted meanwhile is not asked for before the rest is told');
  assert.equal(handover.handOver(drain, NEVER), true);
  assert.deepEqual(seen, upTo(50));
});

it('without an end of time, or with time enough, it is all of it', () => {
  const { handover, drain, count, seen } = setUp();
  count(0, 1000);
  assert.equal(handover.handOver(drain), true);
  count(1000, 1001);
  assert.equal(handover.handOver(drain, performance.now() + 60_000), true);
  assert.deepEqual(seen, upTo(1001));
});

it('is done when the last one is told as the time ends', () => {
  const { handover, drain, count, seen } = setUp();
  count(0, 16);
  assert.equal(handover.handOver(drain, 0), true);
  assert.equal(handover.handOver(drain, 0), true, 'nothing is left');
  assert.equal(seen.length, 16);
});
