import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foreignCounter } from '../../src/contract/metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const TABLE = { drops: foreignCounter('badgateway_drops_total', 'Drops.', ['pod']) };

function setting() {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const registry = new MetricRegistry(clock);
  const { drops } = registry.writers(TABLE);
  /** One poll: all is dropped and set again. */
  const poll = (value: number, first?: number) => {
    drops.reset();
    drops.set({ pod: 'a' }, value, first);
  };
  const read = async (scraper: string) =>
    /^badgateway_drops_total.* (\d+)$/m.exec((await registry.render('text', scraper)).toString())?.[1];
  return { clock, drops, poll, read };
}

describe("the first value of somebody else's counter", () => {
  it('is shown until every scraper has read it, also over polls that drop the series', async () => {
    const { poll, read } = setting();
    assert.deepEqual([await read('a'), await read('b')], [undefined, undefined]);
    poll(62, 3);
    assert.equal(await read('a'), '3');
    poll(64);
    assert.equal(await read('a'), '3', 'b has not read it yet');
    assert.equal(await read('b'), '3');
    assert.equal(await read('a'), '64');
    poll(70);
    assert.equal(await read('b'), '70');
  });

  it('is shown for a minute at most', async () => {
    const { clock, poll, read } = setting();
    await read('gone');
    poll(62, 3);
    assert.equal(await read('a'), '3');
    clock.nowMs += 60_000;
    assert.equal(await read('a'), '62');
  });

  it('does not come back with a series that was removed, nor take the place of one that is there', async () => {
    const { drops, poll, read } = setting();
    poll(62, 3);
    drops.remove({ pod: 'a' });
    drops.set({ pod: 'a' }, 5);
    assert.equal(await read('a'), '5');
    drops.set({ pod: 'a' }, 6, 1);
    assert.equal(await read('a'), '6');
  });
});
