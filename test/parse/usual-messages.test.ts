import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_TEXTS, SAMPLES, SLOT_BITS, TEXTS_BYTES } from '../../src/parse/block-layout.ts';
import { slotOf, USUAL_MESSAGES, USUAL_TEXTS } from '../../src/parse/usual-messages.ts';

test('the messages differ, fit their room and reach over the samples', () => {
  assert.equal(new Set(USUAL_MESSAGES).size, USUAL_MESSAGES.length);
  assert.ok(USUAL_TEXTS.length <= MOST_TEXTS);
  assert.ok(USUAL_TEXTS.reduce((sum, text) => sum + text.length, 0) <= TEXTS_BYTES);
  for (const text of USUAL_TEXTS) assert.ok(text.length >= Math.max(...SAMPLES) + 4 && text.length >= 16);
});

test('no more than four messages share a slot', () => {
  const slots = USUAL_TEXTS.map(slotOf);
  assert.ok(slots.every((slot) => slot >= 0 && slot < 2 ** SLOT_BITS));
  const most = Math.max(...slots.map((slot) => slots.filter((other) => other === slot).length));
  assert.ok(most <= 4, `${most}`);
});
