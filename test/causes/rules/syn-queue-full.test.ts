import { synQueueFull } from '../../../src/causes/rules/syn-queue-full.ts';
import { pending } from '../../../src/facts/answer.ts';
import { grown, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const timeout = { symptom: 'connect_timeout', count: 40 } as const;
const EVIDENCE = [
  'TCPReqQFullDrop of pod shop/cart-7d9 grew from 1033 to 1160 between 11:59:56 and 12:00:01 UTC: 127 lost while 40 attempts failed',
];
const drops = { 'peer syn_queue_drops': grown(127) } as const;

testRule(synQueueFull, [
  {
    name: 'is proved by the peer’s counter',
    of: timeout,
    given: { growth: { ...drops, 'peer listen_overflows': grown(0) } },
    says: EVIDENCE,
  },
  { name: 'whatever is not known of the accept queue', of: timeout, given: { growth: drops }, says: EVIDENCE },
  {
    name: 'beside a few overflows',
    of: timeout,
    given: { growth: { ...drops, 'peer listen_overflows': grown(3) } },
    says: EVIDENCE,
  },
  {
    name: 'not when the accept queue was full as well',
    of: timeout,
    given: { growth: { ...drops, 'peer listen_overflows': grown(127) } },
    says: null,
  },
  {
    name: 'not where gateway and peer share a network: the queue may be the gateway’s',
    of: timeout,
    given: {
      growth: {
        'peer syn_queue_drops': grown(127, { where: 'the node' }),
        'gateway syn_queue_drops': grown(127, { where: 'the node' }),
      },
    },
    says: null,
  },
  {
    name: 'not when it was over before these attempts had sent all their SYNs',
    of: timeout,
    given: {
      ...{ growth: drops, timeout: { leastMs: 10_000, mostMs: 10_000 } },
      growthDuring: { 'peer syn_queue_drops': grown(39, { fromMs: NOON - 10_000 }) },
    },
    says: null,
  },
  {
    name: 'not when fewer were dropped than failed',
    of: { ...timeout, count: 64 },
    given: { growth: drops },
    says: null,
  },
  {
    name: 'not when nothing was dropped',
    of: timeout,
    given: { growth: { 'peer syn_queue_drops': grown(0) } },
    says: null,
  },
  {
    name: 'waits for the next reading',
    of: timeout,
    given: { growth: { 'peer syn_queue_drops': pending('soon') } },
    says: 'wait',
  },
]);
