import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HoldDown } from '../../src/facts/hold-down.ts';

function setUp() {
  let nowMs = 1_000_000;
  const holdDown = new HoldDown<string>({ clock: { now: () => nowMs } });
  const look = (found: string, afterMs = 0) => {
    nowMs += afterMs;
    const { said, sinceMs } = holdDown.look('a', found, { initial: 'unknown', isGood: found === 'live' });
    return [said, (sinceMs - 1_000_000) / 1000];
  };
  return { holdDown, look };
}

describe('HoldDown', () => {
  it('says what is good at once', () => assert.deepEqual(setUp().look('live'), ['live', 0]));

  it('says what is bad after two looks and 3 s, since the first of them', () => {
    const { look } = setUp();
    look('live');
    assert.deepEqual(look('stale', 1000), ['live', 0]);
    assert.deepEqual(look('stale', 2000), ['live', 0]);
    assert.deepEqual(look('stale', 1000), ['stale', 1]);
  });

  it('needs a second look, however late it comes', () => {
    const { look } = setUp();
    assert.deepEqual(look('stale'), ['unknown', 0]);
    assert.deepEqual(look('stale', 60_000), ['stale', 0]);
  });

  it('begins anew when something else was found meanwhile', () => {
    const { look } = setUp();
    look('live');
    look('stale', 1000);
    assert.deepEqual(look('live', 1000), ['live', 0]);
    assert.deepEqual(look('stale', 2000), ['live', 0]);
    assert.deepEqual(look('foreign', 4000), ['live', 0]);
    assert.deepEqual(look('foreign', 4000), ['foreign', 8]);
  });

  it('says at once what a failed request hits', () => {
    const { holdDown, look } = setUp();
    look('live');
    look('stale', 1000);
    holdDown.hit('a');
    assert.deepEqual(look('stale'), ['stale', 1]);
    holdDown.hit('unheard of');
  });

  it('says nothing before what it rests on is as new as the subject', () => {
    let nowMs = 0;
    const holdDown = new HoldDown<string>({ clock: { now: () => nowMs } });
    const look = (knownUntilMs: number, atMs: number, readAtMs = 1_000) => {
      nowMs = atMs;
      return holdDown.look('a', 'stale', { initial: 'unknown', isGood: false, readAtMs, knownUntilMs });
    };
    look(900, 1_000);
    assert.deepEqual(look(900, 60_000), { said: 'unknown', sinceMs: 1_000, isWaiting: true, isUnconfirmed: true });
    look(1_000, 61_000);
    assert.equal(look(1_000, 62_900).said, 'unknown', 'the time before does not count');
    assert.deepEqual(look(1_000, 63_000), { said: 'stale', sinceMs: 1_000, isWaiting: false, isUnconfirmed: false });
    assert.equal(look(1_000, 64_000, 90_000).said, 'stale', 'it is the same subject');
  });

  it('begins anew when a look was missed that would have found something else', () => {
    const { holdDown, look } = setUp();
    look('live');
    look('stale', 1000);
    holdDown.glimpse('a', 'stale');
    holdDown.glimpse('unheard of', 'live');
    assert.deepEqual(look('stale', 2000), ['live', 0]);
    holdDown.glimpse('a', 'live');
    assert.deepEqual(look('stale', 2000), ['live', 0]);
    assert.deepEqual(look('stale', 1000), ['stale', 3]);
    holdDown.glimpse('a', 'live');
    assert.deepEqual(look('stale', 1000), ['stale', 3], 'what is said needs a look');
  });

  it('begins anew after a time in which nothing was known', () => {
    const { holdDown, look } = setUp();
    look('live');
    look('stale', 1000);
    holdDown.restart('a');
    holdDown.restart('unheard of');
    assert.deepEqual(look('stale', 60_000), ['live', 0]);
    look('stale', 2000);
    assert.deepEqual(look('stale', 1000), ['stale', 61]);
  });

  it('forgets', () => {
    const { holdDown, look } = setUp();
    look('live');
    holdDown.forget('a');
    assert.equal(holdDown.size, 0);
    assert.deepEqual(look('stale', 5000), ['unknown', 5]);
  });
});
