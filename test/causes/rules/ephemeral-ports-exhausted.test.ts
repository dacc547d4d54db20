import { ephemeralPortsExhausted } from '../../../src/causes/rules/ephemeral-ports-exhausted.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { grown, NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const envoy = { proxy: 'envoy' } as const;
const ipv6 = {
  symptom: 'address_unavailable',
  peer: { scheme: 'http', address: 'fd00::10', port: 8080 },
} as const;
const ports = (isFull: boolean) =>
  known({ isFull, active: 60, timeWait: 68, lowest: 40_000, highest: 40_127, atMs: NOON - 2_000 });
const failed = (delta: number) => ({ 'gateway attempt_failures': grown(delta, { where: 'pod edge/edge-1' }) });

testRule(ephemeralPortsExhausted, [
  {
    name: 'is proved by a full range and no attempt that the kernel began',
    of: envoy,
    given: { localPorts: ports(true), growth: failed(0) },
    says: [
      'no local port was free towards 10.2.71.14:8080 at 11:59:58 UTC: 40000 to 40127 were taken, 60 in use and 68 in TIME_WAIT',
      'the kernel began no connection that failed: AttemptFails of pod edge/edge-1 stayed at 1033 between 11:59:56 and 12:00:01 UTC',
    ],
  },
  {
    name: 'not when a connection was begun and refused',
    of: envoy,
    given: { localPorts: ports(true), growth: failed(1) },
    says: null,
  },
  { name: 'not while ports are free', of: envoy, given: { localPorts: ports(false), growth: failed(0) }, says: null },
  { name: 'not where the counter is unknown', of: envoy, given: { localPorts: ports(true) }, says: null },
  {
    name: 'not of nginx, which says errno 99',
    given: { localPorts: ports(true), growth: failed(0) },
    says: null,
  },
  {
    name: 'of nginx, whose errno 99 towards IPv6 may mean that there is no address, is proved by a full range',
    of: ipv6,
    given: { localPorts: ports(true) },
    says: [
      'no local port was free towards [fd00::10]:8080 at 11:59:58 UTC: 40000 to 40127 were taken, 60 in use and 68 in TIME_WAIT',
    ],
  },
  { name: 'of nginx, not while ports are free', of: ipv6, given: { localPorts: ports(false) }, says: null },
  {
    name: 'not of what stays in the pod',
    of: { ...envoy, peer: { scheme: 'http', address: '127.0.0.1', port: 8080 } },
    given: { localPorts: ports(true), growth: failed(0) },
    says: null,
  },
  { name: 'waits for the next look at the sockets', of: envoy, given: { localPorts: pending('soon') }, says: 'wait' },
  {
    name: 'waits for the next reading of the counter',
    of: envoy,
    given: { localPorts: ports(true), growth: { 'gateway attempt_failures': pending('soon') } },
    says: 'wait',
  },
]);
