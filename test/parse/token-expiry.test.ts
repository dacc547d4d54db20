import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tokenExpiry } from '../../src/parse/token-expiry.ts';

const token = (claims: unknown) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

test('reads exp, in seconds, and nothing else', () => {
  assert.equal(tokenExpiry(`${token({ exp: 1_700_000_000, sub: 'x' })}\n`), 1_700_000_000_000);
  for (const claims of [{}, { exp: '1700000000' }, { exp: null }, [], 'exp', null])
    assert.equal(tokenExpiry(token(claims)), null, JSON.stringify(claims));
  assert.equal(tokenExpiry(`${token({ exp: 1 })}${'x'.repeat(70_000)}`), null, 'too long');
});

test('takes anything', () => {
  fc.assert(fc.property(fc.string(), (text) => tokenExpiry(text) === null || text.split('.').length === 3));
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void tokenExpiry(`${a}.${b}.c`)));
});
