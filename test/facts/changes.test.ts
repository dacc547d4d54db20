import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Change } from '../../src/contract/evidence.ts';
import { Changes } from '../../src/facts/changes.ts';

it('keeps what was changed within the hour, and tells whoever listens', () => {
  let nowMs = 10_000_000;
  const changes = new Changes({ now: () => nowMs });
  const heard: string[] = [];
  changes.listen(({ text }) => heard.push(text));
  const change = (text: string, atMs = nowMs): Change => ({ kind: 'reload', atMs, subject: null, service: '', text });
  changes.changed(change('b'));
  changes.changed(change('a', nowMs - 10));
  assert.deepEqual(
    changes.since(nowMs - 10).map(({ text }) => text),
    ['a', 'b'],
  );
  assert.deepEqual(
    changes.since(nowMs).map(({ text }) => text),
    ['b'],
  );
  assert.deepEqual(heard, ['b', 'a']);
  nowMs += 3_600_001;
  changes.changed(change('c'));
  assert.deepEqual(
    changes.since(0).map(({ text }) => text),
    ['c'],
  );
  for (let at = 0; at < 1_000; at++) changes.changed(change(String(at)));
  assert.deepEqual([changes.since(0).length, changes.dropped], [1_000, 1]);
});
