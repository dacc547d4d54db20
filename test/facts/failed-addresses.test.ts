import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FailedAddresses } from '../../src/facts/failed-addresses.ts';

it('has each address of an upstream once, until the next look', () => {
  const failed = new FailedAddresses();
  const [one, other] = [1, 2].map((port) => ({ ip: '10.0.0.1', port }));
  failed.add('cart', one);
  failed.add('cart', { ...one });
  failed.add('cart', other);
  assert.deepEqual(
    [...failed.of('cart').values()].map(({ port }) => port),
    [1, 2],
  );
  assert.equal(failed.of('web').size, 0);
  failed.clear();
  assert.equal(failed.of('cart').size, 0);
});
