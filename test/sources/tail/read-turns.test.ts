import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { ReadTurns } from '../../../src/sources/tail/read-turns.ts';

/** A file of some blocks, each of which takes `eachMs`. */
function file(name: string, blocks: number, read: string[], eachMs = 0) {
  let left = blocks;
  return {
    step() {
      read.push(name);
      for (const endMs = performance.now() + eachMs; performance.now() < endMs; );
      return --left > 0;
    },
  };
}

function rig() {
  const read: string[] = [];
  return { read, turns: new ReadTurns() };
}

test('a block of each in turn', () => {
  const { read, turns } = rig();
  for (const [name, blocks] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const)
    turns.add(file(name, blocks, read));
  turns.all();
  assert.equal(read.join(''), 'abcaca');
});

test('in slices, between which others have the event loop', async () => {
  const { read, turns } = rig();
  turns.add(file('a', 20, read, 2));
  turns.now();
  assert.ok(read.length >= 1 && read.length <= 3, `${read.length} blocks of 2 ms in 6 ms`);
  let times = 0;
  while (read.length < 20) {
    await turn();
    assert.ok(++times < 100);
  }
  assert.ok(times >= 6, `${times} turns`);
});

test('held it reads nothing, also what was to be read soon; then it goes on', async () => {
  const { read, turns } = rig();
  turns.add(file('a', 2, read));
  turns.soon();
  turns.hold();
  turns.now();
  turns.soon();
  await turn();
  await turn();
  assert.deepEqual(read, []);
  turns.letGo();
  await turn();
  await turn();
  assert.deepEqual(read, ['a', 'a']);
});

test('one whose sink has no room is asked again a moment later, and holds up nobody', async () => {
  const { read, turns } = rig();
  let rooms = 0;
  const full = {
    step() {
      read.push(rooms > 0 ? 'F' : '-');
      return rooms-- > 0 ? rooms > 0 : ('later' as const);
    },
  };
  turns.add(full);
  turns.add(file('a', 40, read, 1));
  turns.now();
  turns.add(full);
  assert.equal(turns.has(full), true);
  while (read.filter((one) => one === 'a').length < 40) await turn();
  const asked = read.filter((one) => one === '-').length;
  assert.ok(asked >= 2 && asked < 40, `${asked} times in 40 ms`);
  rooms = 2;
  for (const deadline = Date.now() + 10_000; turns.has(full); await turn()) assert.ok(Date.now() < deadline);
  assert.deepEqual(read.slice(-2), ['F', 'F']);
});

test('one whose sink has no room is gone, held and stopped as others are', async () => {
  const { read, turns } = rig();
  const full = {
    step() {
      read.push('-');
      return 'later' as const;
    },
  };
  turns.add(full);
  turns.now();
  turns.hold();
  await wait(5);
  assert.equal(read.length, 1);
  turns.letGo();
  await wait(20);
  assert.ok(read.length > 1);
  turns.stop();
  const before = read.length;
  await wait(5);
  assert.equal(read.length, before);
  turns.remove(full);
  assert.equal(turns.has(full), false);
});

test('what is gone, or stopped, is not read', async () => {
  const { read, turns } = rig();
  const [gone, stays] = [file('gone', 1, read), file('stays', 1, read)];
  turns.add(gone);
  turns.add(stays);
  turns.remove(gone);
  assert.deepEqual([turns.has(gone), turns.has(stays)], [false, true]);
  turns.soon();
  turns.stop();
  await turn();
  await turn();
  assert.deepEqual(read, []);
  turns.all();
  assert.deepEqual(read, ['stays']);
});
