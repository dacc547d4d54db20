import { oomKilled } from '../../../src/causes/rules/oom-killed.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import { listenerFact, NOON, oomKill } from '../../support/fake-facts.ts';
import { testRule } from '../../support/rule-cases.ts';

const ends = (...peer: readonly ReturnType<typeof oomKill>[]) => ({ ends: { peer: known(peer) } });
const KILLED = 'the kernel killed a process of container app of pod shop/cart-7d9 for want of memory at 11:59:57 UTC';
const at = (ms: number, part = {}) => oomKill({ fromMs: NOON + ms, atMs: NOON + ms, ...part });
const crash = at(-10_000, { isOomKill: false, reason: 'Error', exitCode: 1 });
const loopback = { scheme: 'http', address: '127.0.0.1', port: 9000 };
const down = listenerFact({ state: 'not_listening' });
const DOWN = [
  KILLED.replace('11:59:57', '11:58:20'),
  'nothing listened at 10.2.71.14:8080 at 12:00:01 UTC: it has not come back since',
];

testRule(oomKilled, [
  { name: 'is proved by a kill at that moment', given: ends(oomKill()), says: [KILLED] },
  { name: 'of a request in flight', of: { symptom: 'premature_close' }, given: ends(oomKill()), says: [KILLED] },
  {
    name: 'by a kill that was seen after the failure only',
    given: ends(oomKill({ fromMs: NOON - 8_000, atMs: NOON + 7_000 })),
    says: [KILLED.replace('at 11:59:57', 'between 11:59:52 and 12:00:07')],
  },
  { name: 'by a kill before the latest end', given: ends(crash, oomKill()), says: [KILLED] },
  { name: 'not by another end', given: ends(crash), says: null },
  { name: 'not by a kill long before', of: { symptom: 'reset' }, given: ends(at(-16_000)), says: null },
  {
    name: 'not of a connection that broke 3 s later: it was to a program started since',
    of: { symptom: 'premature_close' },
    given: ends(at(-8_001)),
    says: null,
  },
  { name: 'not by a kill long after', given: ends(at(6_000)), says: null },
  {
    name: 'not by one of the gateway’s own processes',
    given: { ends: { gateway: known([oomKill()]), peer: known([]) } },
    says: null,
  },
  {
    name: 'not by one of the gateway’s workers, where both share a pod',
    of: { peer: loopback },
    given: ends(oomKill({ container: 'nginx' })),
    says: null,
  },
  {
    name: 'not by one of which the container is not known there',
    of: { peer: loopback },
    given: ends(oomKill({ container: '' })),
    says: null,
  },
  {
    name: 'by another container of the pod that both share',
    of: { peer: loopback },
    given: ends(oomKill({ container: 'fpm' })),
    says: [KILLED.replace('app', 'fpm')],
  },
  {
    name: 'not of a timeout: a pod keeps its network and refuses',
    of: { symptom: 'connect_timeout' },
    given: ends(oomKill()),
    says: null,
  },
  {
    name: 'of a timeout of a container that lost its network',
    of: { symptom: 'connect_timeout' },
    given: { ...ends(oomKill({ podUid: '', pod: '', container: 'cart' })), timeout: { leastMs: 1_000, mostMs: 1_000 } },
    says: ['the kernel killed a process of container cart for want of memory at 11:59:57 UTC'],
  },
  {
    name: 'not of one that had been begun long before',
    of: { symptom: 'connect_timeout' },
    given: {
      ...ends(oomKill({ podUid: '', pod: '', container: 'cart' })),
      timeout: { leastMs: 60_000, mostMs: 60_000 },
    },
    says: null,
  },
  {
    name: 'nor where nobody knows how long it was waited for',
    of: { symptom: 'connect_timeout' },
    given: ends(oomKill({ podUid: '', pod: '', container: 'cart' })),
    says: null,
  },
  { name: 'while it waits to be started again', given: { ...ends(at(-100_000)), listener: down }, says: DOWN },
  {
    name: 'not when it has listened since',
    given: { ...ends(at(-100_000)), listener: listenerFact({ state: 'not_listening', lastListenedMs: NOON - 50_000 }) },
    says: null,
  },
  { name: 'not when it listens again', given: { ...ends(at(-100_000)), listener: listenerFact() }, says: null },
  {
    name: 'not when it ended for another reason since',
    given: { ...ends(crash, at(-100_000)), listener: down },
    says: null,
  },
  {
    name: 'not when another container has ended as well: that may be the one that listened',
    given: { ...ends(at(-50_000, { container: 'shipper' }), at(-100_000, { isOomKill: false })), listener: down },
    says: null,
  },
  {
    name: 'not where others listen and this port never did: the kill may have been of anything in the pod',
    given: { ...ends(at(-100_000)), listener: listenerFact({ state: 'port_mismatch', others: [8081] }) },
    says: null,
  },
  {
    name: 'where others listen, and this port did before the kill',
    given: {
      ...ends(at(-100_000)),
      listener: listenerFact({ state: 'port_mismatch', others: [9090], lastListenedMs: NOON - 110_000 }),
    },
    says: DOWN,
  },
  { name: 'not when nobody saw its sockets', given: ends(at(-100_000)), says: null },
  { name: 'waits for its sockets', given: { ...ends(at(-100_000)), listener: pending('soon') }, says: 'wait' },
  {
    name: 'waits for sockets that were read after the failure',
    given: { ...ends(at(-100_000)), listener: listenerFact({ state: 'not_listening', atMs: NOON - 6_000 }) },
    says: 'wait',
  },
  { name: 'waits for the look at the containers', given: { ends: { peer: pending('soon') } }, says: 'wait' },
]);
