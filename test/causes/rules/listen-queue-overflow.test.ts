import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenQueueOverflow } from '../../../src/causes/rules/listen-queue-overflow.ts';
import type { Symptom } from '../../../src/contract/names.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { failed, fakeFacts, type Given, grown, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const overflows = (delta: number) => ({ growth: { 'peer listen_overflows': grown(delta) } });
/** So many from a reading on that came so long after the first attempt; `waitedMs`: how long each connection was waited for. */
const during = (delta: number, afterMs: number, waitedMs?: number): Given => ({
  growthDuring: { 'peer listen_overflows': grown(delta, { fromMs: NOON - 5_000 - (waitedMs ?? 0) + afterMs }) },
  ...(waitedMs === undefined ? {} : { timeout: { leastMs: waitedMs, mostMs: waitedMs } }),
});
const timeout = { symptom: 'connect_timeout', count: 31 } as const;
const inOne = {
  'peer listen_overflows': grown(62, { where: 'the node' }),
  'gateway listen_overflows': grown(62, { where: 'the node' }),
};
const grew = (after: number, failures: string) => [
  `ListenOverflows of pod shop/cart-7d9 grew from 1033 to ${after} between 11:59:56 and 12:00:01 UTC: ${after - 1033} lost while ${failures} failed`,
];

testRule(listenQueueOverflow, [
  { name: 'is proved by the peer’s counter', of: timeout, given: overflows(62), says: grew(1_095, '31 attempts') },
  {
    name: 'by one drop for each failure that was waited for a second',
    of: timeout,
    given: { ...overflows(31), timeout: { leastMs: 1_000, mostMs: 60_000 } },
    says: grew(1_064, '31 attempts'),
  },
  {
    name: 'by three for each that was waited for longer: all SYNs are lost',
    of: timeout,
    given: { ...overflows(93), timeout: { leastMs: 5_000, mostMs: 5_000 } },
    says: grew(1_126, '31 attempts'),
  },
  {
    name: 'not by fewer: SYNs got through',
    of: timeout,
    given: { ...overflows(92), timeout: { leastMs: 5_000, mostMs: 5_000 } },
    says: null,
  },
  {
    name: 'not by fewer than two where nobody knows how long was waited',
    of: timeout,
    given: overflows(61),
    says: null,
  },
  {
    name: 'not while connections wait at another port of its network and none at its own',
    of: timeout,
    given: { ...overflows(62), queues: known({ own: 0, other: 5 }) },
    says: null,
  },
  {
    name: 'while they wait at its own too',
    of: timeout,
    given: { ...overflows(62), queues: known({ own: 4, other: 5 }) },
    says: grew(1_095, '31 attempts'),
  },
  {
    name: 'where nothing waits any more',
    of: timeout,
    given: { ...overflows(62), ...during(62, 0), queues: known({ own: 0, other: 0 }) },
    says: grew(1_095, '31 attempts'),
  },
  {
    name: 'not where nothing waits any more, and it overflowed before the attempts were begun',
    of: timeout,
    given: { ...overflows(62), ...during(0, 0, 1_000), queues: known({ own: 0, other: 0 }) },
    says: null,
  },
  {
    name: 'where nothing waits any more and it went on when they had been begun: by the SYNs that came later',
    of: timeout,
    given: { ...overflows(93), ...during(62, 2_000, 10_000), queues: known({ own: 0, other: 0 }) },
    says: grew(1_126, '31 attempts'),
  },
  {
    name: 'not by fewer of them',
    of: timeout,
    given: { ...overflows(93), ...during(61, 2_000, 10_000), queues: known({ own: 0, other: 0 }) },
    says: null,
  },
  {
    name: 'not while connections wait there, when it was over before the attempts had sent all their SYNs',
    of: timeout,
    given: { ...overflows(93), ...during(30, 4_000, 10_000), queues: known({ own: 4, other: 0 }) },
    says: null,
  },
  {
    name: 'while they wait there and the last SYNs were lost, too',
    of: timeout,
    given: { ...overflows(93), ...during(31, 4_000, 10_000), queues: known({ own: 4, other: 0 }) },
    says: grew(1_126, '31 attempts'),
  },
  {
    name: 'nor by what others lost when no SYN of these was to come any more',
    of: timeout,
    given: { ...overflows(93), ...during(93, 500, 1_000), queues: known({ own: 0, other: 0 }) },
    says: null,
  },
  {
    name: 'nor where nobody knows how long was waited, and it was read while they waited only',
    of: timeout,
    given: { ...overflows(93), ...during(93, 500), queues: known({ own: 0, other: 0 }) },
    says: null,
  },
  {
    name: 'nor of late answers: they had been accepted',
    of: { symptom: 'response_timeout', count: 20 },
    given: { ...overflows(62), queues: known({ own: 0, other: 0 }) },
    says: null,
  },
  {
    name: 'when a look at its sockets is still to come, not yet',
    of: timeout,
    given: { ...overflows(62), queues: pending('soon') },
    says: 'wait',
  },
  { name: 'not when nothing was dropped', of: { ...timeout, count: 1 }, given: overflows(0), says: null },
  {
    name: 'of what sat in the queue',
    of: { symptom: 'response_timeout', count: 1 },
    given: overflows(57),
    says: grew(1_090, '1 attempt'),
  },
  {
    name: 'not of a slow application with an overflow in passing',
    of: { symptom: 'response_timeout', count: 20 },
    given: overflows(2),
    says: null,
  },
  {
    name: 'nor one answer of it with a burst in passing',
    of: { symptom: 'response_timeout', count: 1 },
    given: overflows(4),
    says: null,
  },
  {
    name: 'of many requests that waited for one connection of Envoy',
    of: { ...timeout, proxy: 'envoy', count: 100 },
    given: overflows(2),
    says: grew(1_035, '100 attempts'),
  },
  {
    name: 'not of answers that Envoy waits for',
    of: { symptom: 'response_timeout', proxy: 'envoy', count: 100 },
    given: overflows(1),
    says: null,
  },
  {
    name: 'not by the gateway’s own counter',
    of: timeout,
    given: { growth: { 'gateway listen_overflows': grown(62) } },
    says: null,
  },
  {
    name: 'not where gateway and peer share a network: the queue may be the gateway’s',
    of: timeout,
    given: { growth: inOne },
    says: null,
  },
  {
    name: 'unless connections wait at its port alone',
    of: timeout,
    given: { growth: inOne, queues: known({ own: 5, other: 0 }) },
    says: grew(1_095, '31 attempts').map((text) => text.replace('pod shop/cart-7d9', 'the node')),
  },
  {
    name: 'not of late answers even so',
    of: { symptom: 'response_timeout', count: 31 },
    given: { growth: inOne, queues: known({ own: 5, other: 0 }) },
    says: null,
  },
  {
    name: 'where the gateway’s own queue overflows too',
    of: timeout,
    given: {
      growth: {
        'peer listen_overflows': grown(62),
        'gateway listen_overflows': grown(62, { where: 'pod edge/edge-1' }),
      },
    },
    says: grew(1_095, '31 attempts'),
  },
  {
    name: 'not of a name instead of an address',
    of: { ...timeout, peer: { scheme: 'http', address: 'backend', port: null } },
    given: overflows(62),
    says: null,
  },
  {
    name: 'not of the gateway’s own loopback',
    of: { ...timeout, peer: { scheme: 'http', address: '127.0.0.1', port: 80 } },
    given: overflows(62),
    says: null,
  },
  {
    name: 'waits for the next reading',
    of: timeout,
    given: { growth: { 'peer listen_overflows': pending('soon') } },
    says: 'wait',
  },
]);

test('timeouts are looked back on as long as they last, a reset is not', () => {
  const asked = (symptom: Symptom, given: Given = {}) => {
    let lookBack = 0;
    const growth = (ms: number) => {
      lookBack = ms;
      return grown(0);
    };
    listenQueueOverflow.judge(
      failed({ symptom }),
      fakeFacts({ ...given, growth: { 'peer listen_overflows': growth } }),
    );
    return lookBack;
  };
  assert.deepEqual(
    [asked('connect_timeout'), asked('response_timeout'), asked('connect_reset')],
    [75_000, 75_000, 10_000],
  );
  const timeout = { leastMs: 1_000, mostMs: 5_000 };
  assert.deepEqual([asked('connect_timeout', { timeout }), asked('connect_reset', { timeout })], [15_000, 10_000]);
});
