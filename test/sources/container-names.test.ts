import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { ContainerNames } from '../../src/sources/container-names.ts';
import { FakeProc } from '../support/fake-proc.ts';

const UID = '8712f785-1a3e-41ec-a00b-e2dcc77431cb';
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];

test("by the names of kubelet's links, and only those that are asked for", (t) => {
  const root = new FakeProc(t, 'root')
    .write(`var/log/containers/web-x2bcd_edge_my-nginx-${A}.log`, '')
    .write(`var/log/containers/odd_${B}.log`, '')
    .write(`var/log/containers/web-x2bcd_edge_other-${'c'.repeat(64)}.log`, '');
  const names = new ContainerNames(`${root.root}/`);
  const ask = [A, B].map((containerId) => ({ podUid: UID, containerId, alone: false }));
  assert.deepEqual([...names.find(ask)], [[A, 'my-nginx']]);
  // Known ones are kept without a look, and forgotten when nobody asks.
  rmSync(`${root.root}/var`, { recursive: true });
  assert.deepEqual([...names.find(ask)], [[A, 'my-nginx']]);
  assert.deepEqual([...names.find([])], []);
});

test('by the logs of a pod that has those of one container only', (t) => {
  const root = new FakeProc(t, 'root').write(`var/log/pods/edge_web-x2bcd_${UID}/nginx/0.log`, '');
  const one = { podUid: UID, containerId: A, alone: true };
  assert.deepEqual([...new ContainerNames(root.root).find([one])], [[A, 'nginx']]);
  assert.deepEqual([...new ContainerNames(root.root).find([{ ...one, alone: false }])], []);
  assert.deepEqual([...new ContainerNames(root.root).find([{ ...one, podUid: '' }])], []);
  root.write(`var/log/pods/edge_web-x2bcd_${UID}/init/0.log`, '');
  assert.deepEqual([...new ContainerNames(root.root).find([one])], []);
});

test('without the directories nothing has a name', () =>
  assert.equal(new ContainerNames('/no/such').find([{ podUid: UID, containerId: A, alone: true }]).size, 0));
