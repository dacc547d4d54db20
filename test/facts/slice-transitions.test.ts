import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointSlice } from '../../src/contract/endpoint.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { transitionsOf } from '../../src/facts/slice-transitions.ts';
import { endpoint, slice } from './slices.ts';

/** `before` becomes `after` while `others` are there: `+ip:port`, `-ip:port`. */
function changes(before: EndpointSlice | null, after: EndpointSlice | null, others: readonly EndpointSlice[] = []) {
  const index = new EndpointIndex();
  for (const known of [...others, ...(after ? [after] : [])]) index.set(known);
  return transitionsOf(index, before, after).map(({ ip, port, isReady }) => `${isReady ? '+' : '-'}${ip}:${port}`);
}

describe('transitionsOf', () => {
  it('says what loses and what gets ready, in a slice that is new, changed or gone', () => {
    const [one, two] = [endpoint('1'), endpoint('2')];
    assert.deepEqual(changes(null, slice('a', [one, endpoint('3', { ready: false })])), ['+1:8080']);
    assert.deepEqual(changes(slice('a', [one, two]), slice('a', [two])), ['-1:8080']);
    assert.deepEqual(changes(slice('a', [one]), slice('a', [endpoint('1', { ready: false })])), ['-1:8080']);
    assert.deepEqual(changes(slice('a', [one, two]), null), ['-1:8080', '-2:8080']);
    assert.deepEqual(changes(slice('a', [one]), slice('a', [one])), []);
  });

  it('takes every port for itself, and all ports as one', () => {
    const ports = [
      { name: 'http', number: 80 },
      { name: 'admin', number: 90 },
    ];
    const moved = [ports[0], { name: 'admin', number: 91 }];
    const one = [endpoint('1')];
    assert.deepEqual(changes(slice('a', one, { ports }), slice('a', one, { ports: moved })), ['-1:90', '+1:91']);
    assert.deepEqual(changes(null, slice('a', one, { ports: [{ name: '', number: null }] })), ['+1:null']);
  });

  it('leaves out what another slice of the Service has ready', () => {
    const one = slice('a', [endpoint('1')]);
    assert.deepEqual(changes(one, null, [slice('b', [endpoint('1')])]), []);
    assert.deepEqual(changes(one, null, [slice('b', [endpoint('1', { ready: false })])]), ['-1:8080']);
    assert.deepEqual(changes(one, null, [slice('b', [endpoint('1')], { service: 'shop/x' })]), ['-1:8080']);
    assert.deepEqual(changes(one, null, [slice('b', [endpoint('1')], { ports: [{ name: 'http', number: 1 }] })]), [
      '-1:8080',
    ]);
  });
});
