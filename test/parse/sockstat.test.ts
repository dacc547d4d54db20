import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSockstat } from '../../src/parse/sockstat.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real capture', () => {
  const values = parseSockstat(readFixture('sockstat'));
  assert.equal(values.get('TCP.inuse'), 15);
  assert.equal(values.get('TCP.tw'), 0);
  assert.equal(values.get('TCP.alloc'), 24);
  assert.equal(values.get('TCP.mem'), 155);
  assert.equal(values.get('sockets.used'), 21);
});

test('a line of another shape is an error', () => {
  for (const text of ['TCP: inuse\n', 'TCP: inuse x\n', 'TCP inuse 1\n', 'TCP: inuse 1 orphan\n']) {
    assert.throws(() => parseSockstat(text), /^Error: sockstat: /, JSON.stringify(text));
  }
});

test('any text: finite values or an error that says sockstat', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok([...parseSockstat(text).values()].every(Number.isFinite));
      } catch (error) {
        assert.match((error as Error).message, /^sockstat: /);
      }
    }),
  );
});
