import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObjectStore } from '../../../src/sources/kubernetes/object-store.ts';
import { identityOf, isOlder } from '../../../src/sources/kubernetes/resource-version.ts';

function ground() {
  const told: string[] = [];
  const store = new ObjectStore<string>({
    set: (key, version, object) => told.push(`+${key} ${version} ${object}`),
    delete: (key, version) => told.push(`-${key} ${version}`),
  });
  return { store, told: () => told.splice(0) };
}

test('versions are numbers of any length; of anything else nothing is known', () => {
  assert.equal(isOlder('9', '10'), true);
  assert.equal(isOlder('10', '9'), false);
  assert.equal(isOlder('10', '10'), false);
  assert.equal(isOlder('99999999999999999998', '99999999999999999999'), true);
  for (const odd of ['', 'a1', '01', '-1', '1.5']) {
    assert.equal(isOlder(odd, '10'), false);
    assert.equal(isOlder('10', odd), false);
  }
});

test('an object without name or version is none', () => {
  const metadata = { namespace: 'shop', name: 'cart', resourceVersion: '7' };
  assert.deepEqual(identityOf({ metadata }), { key: 'shop/cart', version: '7' });
  for (const value of [
    null,
    7,
    {},
    { metadata: null },
    { metadata: { name: 'cart' } },
    { metadata: { ...metadata, name: '' } },
  ])
    assert.throws(() => identityOf(value), { reason: 'bad_data' });
});

test('events that come twice or late change nothing, also after a deletion', () => {
  const { store, told } = ground();
  store.change({ key: 'a/b', version: '5' }, 'five');
  store.change({ key: 'a/b', version: '5' }, 'again');
  store.change({ key: 'a/b', version: '4' }, 'late');
  store.remove({ key: 'a/b', version: '4' });
  assert.deepEqual(told(), ['+a/b 5 five']);
  store.remove({ key: 'a/b', version: '6' });
  store.change({ key: 'a/b', version: '5' }, 'late');
  store.remove({ key: 'a/b', version: '6' });
  assert.deepEqual(told(), ['-a/b 6']);
  store.change({ key: 'a/b', version: '7' }, 'new');
  assert.deepEqual(told(), ['+a/b 7 new']);
});

test('an object that is of no interest any more is gone, and stays so', () => {
  const { store, told } = ground();
  store.change({ key: 'a/b', version: '5' }, 'five');
  store.change({ key: 'a/b', version: '7' }, null);
  store.change({ key: 'a/b', version: '6' }, 'late');
  store.change({ key: 'a/c', version: '8' }, null);
  assert.deepEqual(told(), ['+a/b 5 five', '-a/b 7']);
  assert.equal(store.size, 0);
});

test('a list takes the place of all: new ones before those that are gone, and versions may begin again', async () => {
  const { store, told } = ground();
  store.change({ key: 'a/b', version: '900' }, 'before');
  store.change({ key: 'a/same', version: '901' }, 'same');
  store.change({ key: 'a/gone', version: '902' }, 'gone');
  store.remove({ key: 'a/c', version: '903' });
  told();
  const next = new Map([
    ['a/same', null],
    ['a/b', { version: '3', object: 'after' }],
    ['a/new', { version: '4', object: 'new' }],
    ['a/odd', { version: '5', object: null }],
  ]);
  await store.replace(next, '6', new AbortController().signal);
  assert.deepEqual(told(), ['+a/b 3 after', '+a/new 4 new', '-a/gone 6']);
  store.change({ key: 'a/b', version: '7' }, 'next');
  store.change({ key: 'a/c', version: '8' }, 'back');
  assert.deepEqual(told(), ['+a/b 7 next', '+a/c 8 back']);
});

test('nothing is handed over after the stop, and long lists leave other work its turn', async () => {
  const { store, told } = ground();
  const list = new Map([['a/b', { version: '1', object: 'one' }]]);
  await store.replace(list, '1', AbortSignal.abort());
  assert.deepEqual(told(), []);
  const stop = new AbortController();
  let handed = 0;
  const slow = new ObjectStore<number>({
    set() {
      const untilMs = performance.now() + 11;
      while (performance.now() < untilMs);
      handed++;
    },
    delete() {},
  });
  const many = new Map(Array.from({ length: 50 }, (_, at) => [`a/${at}`, { version: '1', object: at }]));
  setImmediate(() => stop.abort());
  await slow.replace(many, '1', stop.signal);
  assert.ok(handed > 0 && handed < 5);
});

test('only so many deletions are remembered', () => {
  const { store, told } = ground();
  for (let count = 0; count < 1001; count++) store.remove({ key: `a/${count}`, version: '10' });
  store.change({ key: 'a/0', version: '9' }, 'late');
  store.change({ key: 'a/1000', version: '9' }, 'late');
  assert.deepEqual(told(), ['+a/0 9 late']);
});
