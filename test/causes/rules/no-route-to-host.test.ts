import { noRouteToHost } from '../../../src/causes/rules/no-route-to-host.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { NOON } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const peer = (address: string) => ({ scheme: 'http', address, port: 8080 });
const of = { symptom: 'address_unavailable', peer: peer('fd00::10') } as const;
const taken = (active: number, isFull = false) =>
  known({ isFull, active, timeWait: 2, lowest: 40_000, highest: 40_127, atMs: NOON - 2_000 });

testRule(noRouteToHost, [
  {
    name: 'is proved by free ports: there was no address to send from',
    of,
    given: { localPorts: taken(3) },
    says: [
      'the gateway had no IPv6 address to send from: 5 local ports were taken towards [fd00::10]:8080 at 11:59:58 UTC, so others were free',
    ],
  },
  { name: 'not when no port was free', of, given: { localPorts: taken(126, true) }, says: null },
  { name: 'not when many were taken: the range may be narrow', of, given: { localPorts: taken(62) }, says: null },
  { name: 'not when nobody looked', of, given: {}, says: null },
  { name: 'waits for the next look at the sockets', of, given: { localPorts: pending('soon') }, says: 'wait' },
  {
    name: 'not towards an IPv4 address, where no port was free',
    of: { ...of, peer: peer('10.0.0.1') },
    given: { localPorts: taken(3) },
    says: null,
  },
  { name: 'not of bind()', of: { ...of, detail: 'not_our_address' }, given: { localPorts: taken(3) }, says: null },
]);
