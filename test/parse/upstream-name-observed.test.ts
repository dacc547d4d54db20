import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readUpstreamName } from '../../src/parse/upstream-name.ts';
import { OBSERVED_UNKNOWN, observedName, readObservedName } from '../../src/parse/upstream-name-observed.ts';
import { NOTHING_READ } from '../../src/parse/upstream-name-ref.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const service = fc.tuple(label, label).map((parts) => parts.join('/'));

test('what a name was made of is read from it; a port may have no name', () => {
  assert.deepEqual(readObservedName('observed:shop/cart:http'), { service: 'shop/cart', portName: 'http' });
  fc.assert(
    fc.property(service, fc.oneof(label, fc.constant('')), (name, portName) => {
      assert.deepEqual(readObservedName(observedName(name, portName)), { service: name, portName });
    }),
  );
});

test('nothing is read from any other name', () => {
  const others = [
    OBSERVED_UNKNOWN,
    '',
    'observed:',
    'observed:shop/cart',
    'observed:shop:http',
    'observed:shop/cart/x:http',
    'observed:shop/cart:http:80',
    'observed:shop/ca rt:http',
    'observed:/:',
    'shop/cart:http',
  ];
  for (const name of others) assert.equal(readObservedName(name), null, name);
  fc.assert(fc.property(fc.string(), (text) => readObservedName(text) === null));
});

test('no product reads a Service from it, so that Services are looked for by address', () => {
  const names = fc.oneof(
    fc.tuple(service, label).map(([name, portName]) => observedName(name, portName)),
    fc.constant(OBSERVED_UNKNOWN),
  );
  fc.assert(
    fc.property(names, fc.constantFrom('nginx', 'envoy'), (name, proxy) => {
      assert.deepEqual(readUpstreamName({ proxy, source: 'observed', name, alias: '' }), NOTHING_READ);
    }),
  );
});
