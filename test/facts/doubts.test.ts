import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Doubts } from '../../src/facts/doubts.ts';

it('holds the latest moment that is asked for, until it is known or nobody waits any more', () => {
  let nowMs = 1_000;
  const doubts = new Doubts({ now: () => nowMs });
  assert.equal(doubts.of(0), null);
  doubts.ask(900);
  doubts.ask(800);
  assert.equal(doubts.of(0), 900);
  assert.equal(doubts.of(900), null);
  assert.equal(doubts.of(0), null);
  doubts.ask(950);
  nowMs += 6_001;
  assert.equal(doubts.of(0), null);
  doubts.ask(940);
  assert.equal(doubts.of(0), 940, 'what nobody waits for any more does not count');
});
