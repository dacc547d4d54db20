import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { FailedPeers } from '../../src/facts/failed-peers.ts';

const CART = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const at = (fromMs: number, count = 1) => ({ fromMs, untilMs: fromMs + 1_000, count, evidence: [`at ${fromMs}`] });

describe('FailedPeers', () => {
  it('finds failures by peer, by upstream, and by Service where no upstream is named', () => {
    const failed = new FailedPeers();
    failed.add({ cause: 'oom_killed', upstream: CART, peer: '10.0.0.1 80' }, at(0, 2));
    failed.add({ cause: 'oom_killed', upstream: CART, peer: '10.0.0.1 80' }, at(500, 3));
    assert.deepEqual([failed.size, failed.isAnyNameless], [1, false]);
    failed.add({ cause: 'stale_endpoint', upstream: { ...CART, upstream: '' }, peer: '10.0.0.2 80' }, at(2_000));
    failed.add({ cause: 'stale_endpoint', upstream: UNKNOWN_UPSTREAM, peer: '10.0.0.3 80' }, at(2_000));
    assert.deepEqual([failed.size, failed.isAnyNameless, failed.lastMs], [3, true, 3_000]);
    const [one] = failed.ofPeer('10.0.0.1 80');
    assert.deepEqual(one.spans.within(0, 9_000), { count: 5, sinceMs: 0 });
    const peers = (name: string) => [...failed.ofUpstream(name, CART)].map(({ peer }) => peer);
    assert.deepEqual(peers('cart'), ['10.0.0.1 80', '10.0.0.2 80']);
    assert.deepEqual(peers('pay'), ['10.0.0.2 80']);
    assert.deepEqual([...failed.ofUpstream('', UNKNOWN_UPSTREAM)], []);
  });

  it('keeps why the last ones failed, and forgets after a minute', () => {
    const failed = new FailedPeers();
    failed.add({ cause: 'oom_killed', upstream: CART, peer: 'a 1' }, at(0));
    failed.add({ cause: 'oom_killed', upstream: CART, peer: 'a 1' }, at(5_000));
    assert.deepEqual(
      [...failed.all()].map(({ evidence }) => evidence),
      [['at 5000']],
    );
    failed.add({ cause: 'oom_killed', upstream: UNKNOWN_UPSTREAM, peer: 'b 1' }, at(65_001));
    assert.deepEqual([failed.size, [...failed.ofPeer('a 1')].length], [1, 0]);
    assert.deepEqual([failed.dropOldest(), failed.dropOldest(), failed.isAnyNameless], [true, false, false]);
  });

  it('an upstream with too many pushes out its own, and that is counted', () => {
    const failed = new FailedPeers();
    failed.add({ cause: 'oom_killed', upstream: { ...CART, upstream: 'pay' }, peer: 'b 1' }, at(0));
    for (let port = 1; port <= 2_003; port++)
      failed.add({ cause: 'oom_killed', upstream: CART, peer: `a ${port}` }, at(1));
    assert.deepEqual([failed.size, failed.dropped, [...failed.ofPeer('b 1')].length], [2_001, 3, 1]);
    assert.equal([...failed.ofUpstream('cart', CART)][0].peer, 'a 4');
  });

  it('of an upstream those that were quiet for longest come first, and go first', () => {
    const failed = new FailedPeers();
    const add = (port: number, fromMs: number) =>
      failed.add({ cause: 'oom_killed', upstream: CART, peer: `a ${port}` }, at(fromMs));
    for (let port = 1; port <= 2_000; port++) add(port, 1);
    add(1, 5_000);
    add(2_001, 5_000);
    const peers = [...failed.ofUpstream('cart', CART)].map(({ peer }) => peer);
    assert.deepEqual([peers[0], ...peers.slice(-2)], ['a 3', 'a 1', 'a 2001']);
  });

  it('one more of an upstream with too many takes no longer than one of an upstream with few', () => {
    const took = (upstreams: number) => {
      const failed = new FailedPeers();
      const startedMs = performance.now();
      for (let port = 1; port <= 30_000; port++) {
        const upstream = { ...CART, upstream: `cart-${port % upstreams}` };
        failed.add({ cause: 'oom_killed', upstream, peer: `a ${port}` }, at(1));
      }
      return performance.now() - startedMs;
    };
    const best = (upstreams: number) => Math.min(...[1, 2, 3].map(() => took(upstreams)));
    const fewMs = best(30);
    const manyMs = best(1);
    assert.ok(manyMs < 1.5 * fewMs, `${manyMs} ms, and ${fewMs} ms`);
  });
});
