import { conntrackFull } from '../../../src/causes/rules/conntrack-full.ts';
import { pending } from '../../../src/facts/answer.ts';
import { type Given, grown, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const timeout = { symptom: 'connect_timeout', count: 30 } as const;
const node = { where: 'the node' };
const full = {
  growth: { 'node conntrack_drops': grown(525, node), 'node conntrack_insert_failures': grown(0, node) },
} as const;
const waited = (ms: number): Given => ({ timeout: { leastMs: ms, mostMs: ms } });
/** From a reading on that came five seconds after the first attempt, which was waited for ten. */
const during = (delta: number): Given => ({
  growthDuring: {
    'node conntrack_drops': grown(delta, { ...node, fromMs: NOON - 10_000 }),
    'node conntrack_insert_failures': grown(0, node),
  },
});
const evidence = (failures: string) => [
  `conntrack’s drop of the node grew from 1033 to 1558 between 11:59:56 and 12:00:01 UTC: 525 lost while ${failures} failed`,
];

testRule(conntrackFull, [
  { name: 'is proved by drops on the way', of: timeout, given: full, says: evidence('30 attempts') },
  {
    name: 'on either side',
    of: { ...timeout, count: 1 },
    given: { growth: { 'peer conntrack_drops': grown(3), 'peer conntrack_insert_failures': grown(0) } },
    says: [
      'conntrack’s drop of pod shop/cart-7d9 grew from 1033 to 1036 between 11:59:56 and 12:00:01 UTC: 3 lost while 1 attempt failed',
    ],
  },
  {
    name: 'not by one or two packets, which any busy node drops in passing',
    of: { ...timeout, count: 1 },
    given: {
      growth: { 'node conntrack_drops': grown(2), 'node conntrack_insert_failures': grown(0) },
      timeout: { leastMs: 1_000, mostMs: 1_000 },
    },
    says: null,
  },
  {
    name: 'not when SYNs of an attempt that was waited for as long were not dropped',
    of: { ...timeout, count: 2 },
    given: {
      growth: { 'node conntrack_drops': grown(5), 'node conntrack_insert_failures': grown(0) },
      timeout: { leastMs: 60_000, mostMs: 60_000 },
    },
    says: null,
  },
  {
    name: 'not when it was over before these attempts: their later SYNs were not dropped',
    of: timeout,
    given: { ...full, ...waited(10_000), ...during(29) },
    says: null,
  },
  {
    name: 'when it went on: a second later than the first reading there was one SYN left to send',
    of: timeout,
    given: { ...full, ...waited(10_000), ...during(30) },
    says: evidence('30 attempts'),
  },
  {
    name: 'where places that send there wait for different times, nobody knows when they were begun',
    of: timeout,
    given: { ...full, timeout: { leastMs: 10_000, mostMs: 60_000 }, ...during(0) },
    says: evidence('30 attempts'),
  },
  {
    name: 'of a datagram that could not be sent',
    of: {
      symptom: 'permission_denied',
      sample: 'send() failed (1: Operation not permitted) while proxying connection',
    },
    given: full,
    says: evidence('3 attempts'),
  },
  {
    name: 'not of EPERM of a TCP connection: a SYN is lost without a word',
    of: { symptom: 'permission_denied', sample: 'connect() to … failed (1) while connecting to upstream' },
    given: full,
    says: null,
  },
  { name: 'not of EPERM without its line', of: { symptom: 'permission_denied' }, given: full, says: null },
  {
    name: 'not of EACCES',
    of: { symptom: 'permission_denied', sample: 'connect() to … failed (13: Permission denied) while …' },
    given: full,
    says: null,
  },
  {
    name: 'of a name server that did not answer',
    of: { symptom: 'dns_failure', peer: null, sample: '… could not be resolved (110: Operation timed out)' },
    given: full,
    says: evidence('3 attempts'),
  },
  {
    name: 'not of a name that does not exist',
    of: { symptom: 'dns_failure', peer: null, sample: '… could not be resolved (3: Host not found)' },
    given: full,
    says: null,
  },
  {
    name: 'not of a name of which nothing more is known',
    of: { symptom: 'dns_failure', peer: null },
    given: full,
    says: null,
  },
  { name: 'not when fewer were dropped than failed', of: { ...timeout, count: 263 }, given: full, says: null },
  {
    name: 'not by refused entries, which count as drops too',
    of: timeout,
    given: { growth: { 'node conntrack_drops': grown(60), 'node conntrack_insert_failures': grown(60) } },
    says: null,
  },
  {
    name: 'not by evictions: they make room',
    of: timeout,
    given: {
      growth: {
        'node conntrack_early_drops': grown(570),
        'node conntrack_drops': grown(0),
        'node conntrack_insert_failures': grown(0),
      },
    },
    says: null,
  },
  {
    name: 'not while one of the counters is unknown',
    of: timeout,
    given: { growth: { 'node conntrack_drops': grown(525) } },
    says: null,
  },
  {
    name: 'waits for the next reading of one side',
    of: timeout,
    given: {
      growth: { 'gateway conntrack_drops': pending('soon'), 'gateway conntrack_insert_failures': pending('soon') },
    },
    says: 'wait',
  },
  {
    name: 'does not wait when another side proves it',
    of: timeout,
    given: { growth: { ...full.growth, 'gateway conntrack_drops': pending('soon') } },
    says: evidence('30 attempts'),
  },
]);
