import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatestTexts } from '../../src/incidents/latest-texts.ts';

test('keeps the latest of what differs in figures and times only', () => {
  const texts = new LatestTexts(200);
  texts.add('ListenOverflows of pod shop/cart-1 grew from 0 to 21 between 12:00:01 and 12:00:06 UTC');
  texts.add('ListenOverflows of pod shop/cart-2 grew from 0 to 5 between 12:00:01 and 12:00:06 UTC');
  texts.add('ListenOverflows of pod shop/cart-1 grew from 0 to 27 between 12:00:01 and 12:00:07 UTC');
  texts.add('10.0.0.1:80 is no endpoint (http.conf:88)');
  texts.add('10.0.0.2:80 is no endpoint (http.conf:89)');
  assert.deepEqual(texts.list(), [
    '10.0.0.2:80 is no endpoint (http.conf:89)',
    '10.0.0.1:80 is no endpoint (http.conf:88)',
    'ListenOverflows of pod shop/cart-1 grew from 0 to 27 between 12:00:01 and 12:00:07 UTC',
    'ListenOverflows of pod shop/cart-2 grew from 0 to 5 between 12:00:01 and 12:00:06 UTC',
  ]);
});

test('keeps ten, each cut', () => {
  const texts = new LatestTexts(6);
  for (const letter of 'abcdefghijkl') texts.add(`text ${letter} is long`);
  assert.equal(texts.list().length, 10);
  assert.equal(texts.list()[0], 'text l');
});
