import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Symptom } from '../../src/contract/names.ts';
import { AbruptExitMemory } from '../../src/facts/abrupt-exits.ts';
import type { Termination } from '../../src/facts/pod-terminations.ts';
import { failure } from './facts-rig.ts';

const AT = 1_000_000_000;
const DAY_MS = 86_400_000;

function ground() {
  let nowMs = AT;
  const ends: Termination[] = [];
  const memory = new AbruptExitMemory({ now: () => nowMs }, (ip, sinceMs, untilMs) =>
    ends.filter(({ ips, endedMs }) => ips.includes(ip) && untilMs >= endedMs && sinceMs <= endedMs + 2_000),
  );
  return {
    memory,
    later: (ms: number) => {
      nowMs += ms;
    },
    ends(part: Partial<Termination> = {}) {
      const of = { namespace: 'shop', workload: 'cart', container: 'app' };
      const base = { of, pod: 'shop/cart-1', ips: ['10.0.0.1'], seconds: 0, isAbrupt: true };
      const one = { ...base, exitCode: 143, endedMs: nowMs, ...part };
      if (one.isAbrupt) ends.push(one);
      memory.ended(one);
    },
    fails(symptom: Symptom = 'premature_close', count = 1, address = '10.0.0.1') {
      memory.observe(failure(nowMs + 500, { symptom, count, peer: { scheme: 'http', address, port: 8080 } }));
    },
  };
}

test('requests that broke off count, whether they are read before the end is heard of or after', () => {
  const { memory, ends, fails } = ground();
  fails('premature_close', 2);
  ends();
  fails('reset', 3);
  assert.deepEqual(memory.of('shop/cart'), [
    { container: 'app', exits: 1, failures: 5, exitCode: 143, lastPod: 'shop/cart-1', lastAtMs: AT },
  ]);
  assert.deepEqual(memory.of('shop/pay'), []);
});

test('an end without a failure, a refusal, another address and an end that took its time are nothing', () => {
  const { memory, ends, fails, later } = ground();
  ends();
  fails('connect_refused');
  fails('premature_close', 1, '10.0.0.2');
  assert.deepEqual(memory.of('shop/cart'), []);
  later(60_000);
  ends({ isAbrupt: false });
  fails('premature_close');
  assert.deepEqual(memory.of('shop/cart'), []);
});

test('exits add up by container, for a day', () => {
  const { memory, ends, fails, later } = ground();
  ends();
  fails();
  later(3_600_000);
  ends({ pod: 'shop/cart-2', exitCode: 137 });
  fails();
  const [{ exits, failures, exitCode, lastPod }] = memory.of('shop/cart');
  assert.deepEqual([exits, failures, exitCode, lastPod], [2, 2, 137, 'shop/cart-2']);
  later(DAY_MS - 1_800_000);
  assert.deepEqual([memory.of('shop/cart')[0].exits], [1]);
  later(DAY_MS);
  assert.deepEqual(memory.of('shop/cart'), []);
});

test('what is too much is counted', () => {
  const { memory, fails } = ground();
  for (let n = 0; n < 2_003; n++) fails();
  assert.equal(memory.dropped, 3);
});
