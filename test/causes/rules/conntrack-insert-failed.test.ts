import { conntrackInsertFailed } from '../../../src/causes/rules/conntrack-insert-failed.ts';
import { pending } from '../../../src/facts/answer.ts';
import { grown } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const timeout = { symptom: 'connect_timeout', count: 10 } as const;
const refused = {
  growth: {
    'gateway conntrack_drops': grown(20),
    'gateway conntrack_insert_failures': grown(20, { where: 'pod edge/edge-1' }),
  },
} as const;
const evidence = (failures: string) => [
  `conntrack’s insert_failed of pod edge/edge-1 grew from 1033 to 1053 between 11:59:56 and 12:00:01 UTC: 20 lost while ${failures} failed`,
];

testRule(conntrackInsertFailed, [
  { name: 'is proved by refused entries on the way', of: timeout, given: refused, says: evidence('10 attempts') },
  {
    name: 'of a name server that did not answer',
    of: { symptom: 'dns_failure', peer: null, sample: '… could not be resolved (110: Operation timed out)' },
    given: refused,
    says: evidence('3 attempts'),
  },
  {
    name: 'not of EACCES',
    of: { symptom: 'permission_denied', sample: 'connect() to … failed (13: Permission denied)' },
    given: refused,
    says: null,
  },
  { name: 'not when fewer were refused than failed', of: { ...timeout, count: 11 }, given: refused, says: null },
  {
    name: 'not by two datagrams that raced for one entry',
    of: { ...timeout, count: 1 },
    given: { growth: { 'node conntrack_drops': grown(2), 'node conntrack_insert_failures': grown(2) } },
    says: null,
  },
  {
    name: 'not by drops of a full table',
    of: timeout,
    given: { growth: { 'gateway conntrack_drops': grown(525), 'gateway conntrack_insert_failures': grown(0) } },
    says: null,
  },
  {
    name: 'waits for the next reading',
    of: timeout,
    given: { growth: { 'node conntrack_drops': grown(1), 'node conntrack_insert_failures': pending('soon') } },
    says: 'wait',
  },
]);
