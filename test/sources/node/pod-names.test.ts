import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PodNames } from '../../../src/sources/node/pod-names.ts';
import { FakeProc } from '../../support/fake-proc.ts';

const A = '3b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f';
const B = '4b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f';
const STATIC = 'a3e1b4c5d6f708192a3b4c5d6e7f8091';

function setting(t: TestContext) {
  const { root } = new FakeProc(t, 'host');
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const api = new Map<string, { namespace: string; pod: string }>();
  const isAsked = { now: false };
  const names = new PodNames({
    clock,
    root: `${root}/`,
    podByUid: (uid) => api.get(uid),
    isClusterAsked: () => isAsked.now,
  });
  const log = (name: string) => mkdirSync(join(root, 'var/log/pods', name), { recursive: true });
  const find = (...uids: string[]) => Object.fromEntries(names.find(new Set(uids)));
  return { clock, api, names, log, find, isAsked };
}

test('from the directories of the logs, static pods too; the API comes first', (t) => {
  const { api, log, find } = setting(t);
  log(`shop_cart-0_${A}`);
  log(`kube-system_etcd-node1_${STATIC}`);
  log('what is this');
  assert.deepEqual(find(A, STATIC, B), {
    [A]: { namespace: 'shop', pod: 'cart-0' },
    [STATIC]: { namespace: 'kube-system', pod: 'etcd-node1' },
  });
  api.set(B, { namespace: 'shop', pod: 'b' });
  assert.deepEqual(find(B), { [B]: { namespace: 'shop', pod: 'b' } });
});

test('the directory is looked at again for a pod that is new, not more often than every five seconds, and not for ever', (t) => {
  const { clock, log, find } = setting(t);
  log(`shop_a_${A}`);
  find(A);
  log(`shop_b_${B}`);
  assert.deepEqual(Object.keys(find(A, B)), [A]);
  clock.nowMs += 5_000;
  assert.deepEqual(Object.keys(find(A, B)), [A, B]);

  const late = A.replace('3', '9');
  for (let look = 0; look < 20; look++) {
    clock.nowMs += 5_000;
    find(late);
  }
  log(`shop_late_${late}`);
  clock.nowMs += 5_000;
  assert.deepEqual(find(late), {});
});

test('a clock that was set back does not put the next look off', (t) => {
  const { clock, log, find } = setting(t);
  clock.nowMs = 3_600_000;
  assert.deepEqual(find(A), {});
  clock.nowMs = 0;
  log(`shop_a_${A}`);
  assert.deepEqual(Object.keys(find(A)), [A]);
});

test('no such directory is said', (t) => {
  const { names, find } = setting(t);
  assert.deepEqual(find(A), {});
  assert.match(names.problem(), /^pods may have no name: cannot list .*\/var\/log\/pods \(ENOENT\)$/);
});

test('a name is awaited for half a minute, and where it cannot come not at all', (t) => {
  const { clock, api, names, log, find, isAsked } = setting(t);
  const awaited = (...uids: string[]) => {
    find(...uids);
    return [...names.awaited()];
  };
  assert.deepEqual(awaited(A), [], 'no directory, and nobody asks the cluster');
  isAsked.now = true;
  assert.deepEqual(awaited(A), [A]);
  isAsked.now = false;
  log(`shop_b_${B}`);
  clock.nowMs += 5_000;
  assert.deepEqual(awaited(A, B), [A], 'there is a directory, without it');
  clock.nowMs += 24_999;
  assert.deepEqual(awaited(A), [A]);
  clock.nowMs += 1;
  assert.deepEqual(awaited(A), []);
  api.set(STATIC, { namespace: 'shop', pod: 'c' });
  assert.deepEqual(awaited(STATIC), []);
});
