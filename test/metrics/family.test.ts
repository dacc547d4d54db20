import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foreignCounter } from '../../src/contract/metrics.ts';
import type { Family } from '../../src/metrics/family.ts';
import { OVERFLOW } from '../../src/metrics/label-set.ts';
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

describe('a series that is looked up once', () => {
  it('is created by its first write, and again after it was removed or all were', () => {
    const { drops } = setting();
    const [one, other] = [drops.seriesOf({ pod: 'a' }), drops.seriesOf({ pod: 'b' })];
    const value = (pod: string) => (drops as Family<['pod']>).value({ pod });
    assert.equal(value('a'), undefined);
    one.inc();
    other.inc(2);
    one.inc(3);
    assert.deepEqual([value('a'), value('b')], [4, 2]);
    drops.remove({ pod: 'a' });
    drops.inc({ pod: 'c' }, 7);
    one.inc();
    assert.deepEqual([value('a'), value('b'), value('c')], [1, 2, 7]);
    drops.reset();
    other.inc(5);
    assert.deepEqual([value('a'), value('b'), value('c')], [undefined, 5, undefined]);
    assert.throws(() => one.inc(-1), RangeError);
  });

  it('beyond the limit counts each write as one too many', () => {
    const registry = new MetricRegistry({ now: () => 0 }, 1);
    const { drops } = registry.writers(TABLE);
    drops.inc({ pod: 'a' });
    const more = drops.seriesOf({ pod: 'b' });
    more.inc();
    more.inc();
    const overflowed = registry.get('badgateway_series_overflowed_total');
    assert.equal(overflowed?.value({ metric: 'badgateway_drops_total' }), 2);
    assert.equal((drops as Family<['pod']>).value({ pod: OVERFLOW }), 2);
  });
});

describe('what is listed', () => {
  it('has the labels that were written, whatever stands in their values', () => {
    const table = { drops: foreignCounter('badgateway_drops_total', 'Drops.', ['pod', 'name']) };
    const { drops } = new MetricRegistry({ now: () => 0 }).writers(table);
    const written = [
      { pod: 'a', name: 'b' },
      { pod: '', name: '' },
      { pod: 'a\xffb', name: '' },
      { pod: 'c', name: '\xff' },
    ];
    const listed = () => [...(drops as Family<['pod', 'name']>).entries()].map(({ labels, value }) => [labels, value]);
    for (const [index, labels] of written.entries()) drops.set(labels, index);
    assert.deepEqual(
      listed(),
      written.map((labels, index) => [labels, index]),
    );
    drops.remove(written[2]);
    drops.set({ pod: 'd', name: 'e' }, 9);
    assert.deepEqual(listed().at(-1), [{ pod: 'd', name: 'e' }, 9]);
    drops.reset();
    drops.set({ pod: 'f', name: 'g' }, 1);
    assert.deepEqual(listed(), [[{ pod: 'f', name: 'g' }, 1]]);
  });
});

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
