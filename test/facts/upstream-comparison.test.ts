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
  let knownUntilMs = Number.POSITIVE_INFINITY;
  const comparison = new UpstreamComparison({
    ...{ index, holdDown, isFresh: () => isFresh, wasOwner: () => false, knownUntilMs: () => knownUntilMs },
  });
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
    compareAt: (readAtMs: number, addresses: (typeof OLD)[]) =>
      comparison.compare({ key: 'edge/cart', service: CART, addresses, readAtMs }),
    setKnownUntil: (ms: number) => {
      knownUntilMs = ms;
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

  it('knows nothing of an address of a family that the Service has no slice of', () => {
    const { index, counts, wait } = setUp();
    const other = { ip: 'fd00::1', port: 8080 };
    index.set(slice('a', [endpoint(NEW.ip)], { addressType: 'IPv4' }));
    counts([OLD, other]);
    wait(10_000);
    assert.deepEqual(counts([OLD, other]), { stale: 1, missing: 1, unknown: 1 });
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
    assert.deepEqual(counts(), { unknown: 1 }, 'time in which nothing is known does not count');
    wait(3_000);
    assert.deepEqual(counts(), { stale: 1, missing: 1 });
  });

  it('says nothing of a Service before the first of its slices is there', () => {
    const { index, counts, wait } = setUp();
    counts();
    wait(60_000);
    assert.deepEqual(counts(), { unknown: 1 });
    index.set(slice('a', [endpoint(NEW.ip)]));
    counts();
    wait(3_000);
    assert.deepEqual(counts(), { stale: 1, missing: 1 });
    index.delete('shop/a');
    counts();
    wait(3_000);
    assert.deepEqual(counts(), { stale: 1 }, 'slices that are gone are known to be');
  });

  it('waits for slices that are newer than what the proxy took up', () => {
    const { index, counts, wait, setKnownUntil, compareAt } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)]));
    setKnownUntil(1_000);
    assert.deepEqual(counts(), { live: 1 });
    compareAt(2_000, [NEW]);
    wait(30_000);
    assert.deepEqual(compareAt(2_000, [NEW]).counts.unknown, 1);
    setKnownUntil(40_000);
    compareAt(2_000, [NEW]);
    wait(3_000);
    const { counts: after } = compareAt(2_000, [NEW]);
    assert.deepEqual([after.stale, after.missing], [1, 1]);
  });

  it('begins to wait anew when a slice had the address between two looks', () => {
    const { index, counts, wait, comparison } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)]));
    counts();
    index.set(slice('a', []));
    counts();
    wait(2_000);
    comparison.glimpse('edge/cart', slice('b', [endpoint(OLD.ip)]), endpoint(OLD.ip));
    wait(1_500);
    assert.deepEqual(counts(), { live: 1 });
    wait(1_500);
    assert.deepEqual(counts(), { stale: 1 });
  });

  it('holds a verdict back anew when a slice had the address with another port in between', () => {
    const { index, comparison, counts, wait } = setUp();
    index.set(slice('a', [endpoint(OLD.ip)], { ports: [{ name: 'http', number: 9090 }] }));
    counts();
    wait(5_000);
    assert.equal(counts().port_drift, 1);
    index.set(slice('a', []));
    counts();
    wait(2_000);
    const ports = [{ name: 'http', number: 9090 }];
    comparison.glimpse('edge/cart', slice('b', [endpoint(OLD.ip)], { ports }), endpoint(OLD.ip));
    wait(1_500);
    assert.deepEqual(counts(), { port_drift: 1 });
    wait(1_500);
    assert.deepEqual(counts(), { stale: 1 });
  });

  it('holds a verdict back anew when another Service’s slice had the address in between', () => {
    const { index, comparison, counts, wait } = setUp();
    const others = slice('n', [endpoint(OLD.ip)], { service: 'shop/stock' });
    index.set(slice('a', []));
    index.set(others);
    counts();
    wait(5_000);
    assert.deepEqual(counts(), { foreign: 1 });
    index.delete(others.key);
    counts();
    wait(2_000);
    comparison.glimpse('edge/cart', others, endpoint(OLD.ip));
    wait(1_500);
    assert.deepEqual(counts(), { foreign: 1 });
    wait(1_500);
    assert.deepEqual(counts(), { stale: 1 });
  });

  it('says unknown of an upstream of no known Service', () => {
    const { counts, wait } = setUp();
    counts([OLD, NEW], null);
    wait(60_000);
    assert.deepEqual(counts([OLD, NEW], null), { unknown: 2 });
  });

  it('holds nothing of addresses that are live, and of those and upstreams that are gone', () => {
    const { index, holdDown, comparison, compare } = setUp();
    index.set(slice('a', [endpoint(NEW.ip)]));
    compare([OLD]);
    assert.equal(holdDown.size, 2);
    compare([NEW]);
    assert.equal(holdDown.size, 0);
    compare([OLD]);
    assert.equal(holdDown.size, 2);
    comparison.forget('edge/cart');
    assert.equal(holdDown.size, 0);
  });
});
