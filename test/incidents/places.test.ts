import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { Places } from '../../src/incidents/places.ts';

const peer = (number: number) => `10.0.${number >> 8}.${number & 255}:8080`;

function countsOf(places: Places): Map<string, number> {
  return new Map(places.list().map((place) => [place.peer, place.count]));
}

it('counts by upstream and peer, and loses none of 400', () => {
  const numbers = fc.array(fc.tuple(fc.integer({ min: 0, max: 399 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 2_000,
  });
  fc.assert(
    fc.property(numbers, (failures) => {
      const places = new Places();
      const expected = new Map<string, number>();
      for (const [number, count] of failures) {
        places.add(UNKNOWN_UPSTREAM, peer(number), count);
        expected.set(peer(number), (expected.get(peer(number)) ?? 0) + count);
      }
      assert.deepEqual(countsOf(places), expected);
    }),
  );
});

it('keeps the places with the most failures, and never more than 400', () => {
  const places = new Places();
  for (let number = 0; number < 20; number++) places.add(UNKNOWN_UPSTREAM, peer(number), 1000 + number);
  for (let number = 20; number < 10_000; number++) places.add(UNKNOWN_UPSTREAM, peer(number), 1 + (number % 7));
  const counts = countsOf(places);
  assert.equal(counts.size, 400);
  for (let number = 0; number < 20; number++) assert.equal(counts.get(peer(number)), 1000 + number);
});

it('one that fails again and again among thousands that fail once comes to stay', () => {
  const places = new Places();
  for (let number = 0; number < 5_000; number++) places.add(UNKNOWN_UPSTREAM, peer(number), 5);
  for (let number = 5_000; number < 10_000; number++) {
    places.add(UNKNOWN_UPSTREAM, peer(number), 1);
    if (number % 20 === 0) places.add(UNKNOWN_UPSTREAM, peer(20_000), 1);
  }
  assert.equal(countsOf(places).get(peer(20_000)), 250);
});
