import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyUnwritable } from '../../src/sources/unwritable.ts';

test('a code of the system gets words and a way out, another stays as it is', () => {
  const error = (code: string) => Object.assign(new Error('said by the system'), { code });
  assert.equal(whyUnwritable(error('ENOSPC')), 'ENOSPC: the disk is full; make room there, or write elsewhere');
  assert.equal(whyUnwritable(error('EBUSY')), 'EBUSY');
});

test('what has no code is told as it is', () => {
  assert.equal(whyUnwritable(new Error('no rules')), 'no rules');
});
