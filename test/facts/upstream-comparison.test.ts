import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointState } from '../../src/contract/endpoint.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { HoldDown } from '../../src/facts/hold-down.ts';
import { UpstreamComparison } from '../../src/facts/upstream-comparison.ts';
import { endpoint, slice } from './slices.ts';

const CART = { service: 'shop/cart', portName: 'http' };
const [OLD, NEW] = ['10.0.0.1', '10.0.0.2'].map((ip) => ({ ip, port: 8080 }));

function setUp() {
  let nowMs = 0;
  let isFresh = true;
  const index = new EndpointIndex();
  const holdDown = new HoldDown<EndpointState>({ clock: { now: () => nowMs } });
  const comparison = new UpstreamComparison({ index, holdDown, isFresh: () => isFresh, wasOwner: () => false });
  const compare = (addresses = [OLD], service: typeof CART | null = CART) =>
    comparison.compare({ key: 'edge/cart', service, addresses });
  return {
    index,
    holdDown,
    comparison,
    compare,
    wait: (ms: number) => {
      nowMs += ms;
    },
    setFresh: (fresh: boolean) => {
      isFresh = fresh;
    },
    /** The counts above 0. */
    counts: (...asked: Parameters<typeof compare>) =>
      Object.fromEntries(Object.entries(compare(...asked).counts).filter(([, count]) => count > 0)),
  };
}

describe('UpstreamComparison', () => {
  it('shows a pod that was replaced: the old address stale, the new one missing, both since they were', () => {
    const { index, counts, compare, wait } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)]));
    assert.deepEqual(counts(), { live: 1 });
    wait(10_000);
    index.set(slice('a', [endpoint(NEW.ip)]));
    assert.deepEqual(counts(), { live: 1 });
    wait(5_000);
    assert.deepEqual(counts(), { stale: 1, missing: 1 });
    assert.equal(compare().driftSinceMs, 10_000);
    assert.deepEqual(counts([NEW]), { live: 1 });
    assert.equal(compare([NEW]).driftSinceMs, null);
  });

  it('does not show what is repaired within the hold-down', () => {
    const { index, counts, wait } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)]));
    counts();
    index.delete('shop/a');
    wait(1_000);
    assert.deepEqual(counts(), { live: 1 });
    index.set(slice('b', [endpoint(OLD.ip)]));
    wait(5_000);
    assert.deepEqual(counts(), { live: 1 });
  });

  it('shows at once what a failed request hits', () => {
    const { index, counts, comparison } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)]));
    counts();
    index.delete('shop/a');
    counts();
    comparison.hit('edge/cart', OLD);
    assert.deepEqual(counts(), { stale: 1 });
  });

  it('says only unknown while the slices are too old, and goes on from there', () => {
    const { index, counts, wait, setFresh, compare } = setUp();
    index.set(slice('a', [endpoint(NEW.ip)]));
    counts();
    wait(5_000);
    setFresh(false);
    assert.deepEqual(counts(), { unknown: 1 });
    assert.equal(compare().driftSinceMs, null);
    setFresh(true);
    assert.deepEqual(counts(), { stale: 1, missing: 1 });
  });

  it('says unknown of an upstream of no known Service', () => {
    const { counts, wait } = setUp();
    counts([OLD, NEW], null);
    wait(60_000);
    assert.deepEqual(counts([OLD, NEW], null), { unknown: 2 });
  });

  it('remembers nothing of addresses and upstreams that are gone', () => {
    const { index, holdDown, comparison, compare } = setUp();
    index.set(slice('a', [endpoint(NEW.ip)]));
    compare([OLD]);
    assert.equal(holdDown.size, 2);
    compare([NEW]);
    assert.equal(holdDown.size, 1);
    comparison.forget('edge/cart');
    assert.equal(holdDown.size, 0);
  });
});
