import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
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
