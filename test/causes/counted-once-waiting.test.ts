import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Waiting } from '../../src/causes/counted-once-options.ts';
import { WaitingFailures } from '../../src/causes/counted-once-waiting.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { ProxyKind } from '../../src/contract/names.ts';

const told = (proxy: ProxyKind, gateway: string) =>
  ({ proxy, subject: { namespace: '', pod: '', container: '', gateway } }) as Observation;

const waiting = (proxy: ProxyKind, gateway: string, key: string, count = 1): Waiting => ({
  ...{ observation: told(proxy, gateway), key, count, untilMs: 0, lagMs: 0, isVague: false },
});

function rig() {
  const all = [
    waiting('nginx', 'edge', 'nginx edge failed 10.0.0.1 80', 3),
    waiting('nginx', 'edge', 'nginx edge failed 10.0.0.2 80'),
    waiting('nginx', 'edge', 'nginx edge failed 10.0.0.1 80'),
    waiting('envoy', 'mesh', 'envoy mesh one'),
    waiting('envoy', 'mesh', 'envoy mesh other'),
    waiting('envoy', 'other', 'envoy other one'),
  ];
  const failures = new WaitingFailures();
  for (const one of all) failures.add(one);
  return { all, failures };
}

test('of nginx those of the same key are near, of Envoy those of the same gateway, the oldest first', () => {
  const { all, failures } = rig();
  const at = (one: Waiting) => all.indexOf(one);
  assert.deepEqual(failures.near(told('nginx', 'edge'), 'nginx edge failed 10.0.0.1 80').map(at), [0, 2]);
  assert.deepEqual(failures.near(told('nginx', 'edge'), 'nginx edge failed 10.0.0.9 80').map(at), []);
  assert.deepEqual(failures.near(told('envoy', 'mesh'), 'envoy mesh one').map(at), [3, 4]);
});

test('what is removed is nowhere any more', () => {
  const { all, failures } = rig();
  assert.deepEqual([failures.size, failures.count, failures.oldest], [6, 8, all[0]]);
  failures.remove(all[0]);
  failures.remove(all[0]);
  assert.deepEqual([failures.size, failures.count, failures.oldest], [5, 5, all[1]]);
  assert.deepEqual(failures.near(told('nginx', 'edge'), all[0].key), [all[2]]);
  for (const one of failures.filter(({ observation }) => observation.proxy === 'nginx')) failures.remove(one);
  assert.deepEqual(failures.near(told('nginx', 'edge'), all[0].key), []);
  assert.deepEqual(
    failures.filter(() => true),
    all.slice(3),
  );
});
