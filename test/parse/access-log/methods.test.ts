import assert from 'node:assert/strict';
import { it } from 'node:test';
import { METHODS } from '../../../src/contract/traffic.ts';
import { methodIndex } from '../../../src/parse/access-log/methods.ts';

const methodOf = (text: string) => METHODS[methodIndex(Buffer.from(`x${text}`), 1, 1 + text.length)];

it('folds what a client may invent', () => {
  for (const method of METHODS) assert.equal(methodOf(method), method);
  assert.equal(methodOf('GET / HTTP/1.1'), 'GET');
  for (const other of ['', '-', 'get', 'GETX /', 'GE', 'PROPFIND', '\\x16\\x03', ' GET'])
    assert.equal(methodOf(other), 'other', other);
});

it('does not look beyond the end', () => assert.equal(METHODS[methodIndex(Buffer.from('GET'), 0, 2)], 'other'));
