import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnhealthyHosts } from '../../src/facts/unhealthy-hosts.ts';
import type { UsedAddresses } from '../../src/facts/used-addresses.ts';
import { failed, NOON } from '../support/fake-facts.ts';

const of = failed({ proxy: 'envoy', symptom: 'no_healthy_upstream', peer: null });
const servers = [
  { kind: 'ip', host: '10.0.0.1', port: 80, failsChecks: true },
  { kind: 'ip', host: '10.0.0.2', port: 80, failsChecks: false },
  { kind: 'unix', host: '/run/app.sock', port: null, failsChecks: true },
  { kind: 'ip', host: '10.0.0.3', port: 80 },
];
const hosts = (readAtMs: number, its: readonly object[] = servers) =>
  new UnhealthyHosts({ named: () => ({ view: { readAtMs }, upstream: { servers: its } }) } as unknown as UsedAddresses);

test('addresses of which the health checks failed when the proxy was read, at most 15 s before the failures', () => {
  const failing = [{ scheme: 'tcp', address: '10.0.0.1', port: 80 }];
  for (const readAtMs of [NOON, NOON - 20_000])
    assert.deepEqual(hosts(readAtMs).unhealthy(of), { isKnown: true, value: { failing, total: 4 } });
});

test('an old reading says nothing: the next one will', () => {
  const answer = hosts(NOON - 20_001).unhealthy(of);
  assert.deepEqual([answer.isKnown, !answer.isKnown && answer.mayCome], [false, true]);
});

test('a reading from before the failures that found all well says nothing either: an access log tells of them first', () => {
  const well = servers.filter(({ failsChecks }) => failsChecks !== true);
  const before = hosts(of.sinceMs - 1, well).unhealthy(of);
  assert.deepEqual([before.isKnown, !before.isKnown && before.mayCome], [false, true]);
  assert.deepEqual(hosts(of.sinceMs, well).unhealthy(of), { isKnown: true, value: { failing: [], total: 2 } });
  assert.deepEqual(hosts(of.sinceMs - 1, []).unhealthy(of), { isKnown: true, value: { failing: [], total: 0 } });
});

test('not of an upstream that nobody names', () => {
  const answer = hosts(NOON).unhealthy({ ...of, upstream: { ...of.upstream, upstream: '' } });
  assert.deepEqual([answer.isKnown, !answer.isKnown && answer.mayCome], [false, false]);
});
