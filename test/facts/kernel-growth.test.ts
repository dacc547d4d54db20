import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KernelGrowth } from '../../src/facts/kernel-growth.ts';
import { NetworkPlaces } from '../../src/facts/network-places.ts';
import { factsRig, failure, network, START_MS } from './facts-rig.ts';
import { EDGE } from './views.ts';

const CART = network('cart-1', ['10.0.0.1']);
const GATEWAY = network('edge-1', ['10.0.0.8'], { labels: { namespace: 'gw', pod: 'edge-1', netns: 'pod' } });
const HOST = network('host', ['10.9.0.1'], { kind: 'host', labels: { namespace: '', pod: '', netns: 'host' } });

function setUp() {
  const rig = factsRig();
  /** At its pace, of all three networks. */
  const poll = (cart: number, others = 0) => {
    rig.step(5_000);
    rig.facts.counted(CART, { listen_overflows: cart }, rig.now());
    for (const one of [GATEWAY, HOST]) rig.facts.counted(one, { listen_overflows: others }, rig.now());
  };
  return { ...rig, poll };
}

describe('growth of a kernel counter around failures', () => {
  it("of a node's own programs is nobody's where pods are, else that of the machine", () => {
    const { facts, poll, step, failed } = setUp();
    poll(0);
    step(2_000);
    const ask = (address: string) => {
      const of = failed({ peer: { scheme: '', address, port: 80 }, subject: { ...EDGE, namespace: '', pod: '' } });
      poll(0, 7);
      const answer = facts.growth(of, 'peer', 'listen_overflows', 10_000);
      return answer.isKnown ? answer.value.delta : answer.why;
    };
    assert.equal(ask('10.9.0.1'), "the node's counters are those of all its programs");
    assert.equal(ask('127.0.0.1'), 7);
    const plain = new KernelGrowth(
      new NetworkPlaces({ cluster: { pod: () => undefined, freshness: () => 'unwatched' }, settings: () => [] }),
    );
    plain.counted(HOST, { listen_overflows: 1 }, START_MS);
    plain.counted(HOST, { listen_overflows: 5 }, START_MS + 5_000);
    const of = failure(START_MS + 4_000, { peer: { scheme: '', address: '10.9.0.1', port: 80 } });
    const answer = plain.growth(of, 'peer', 'listen_overflows', 10_000);
    assert.equal(answer.isKnown && answer.value.delta, 4);
  });

  it('during attempts leaves out what grew before they were begun', () => {
    const { facts, failed, poll, step } = setUp();
    poll(3);
    poll(9);
    poll(11);
    step(2_000);
    const of = failed();
    poll(14);
    const during = (waitedMs: number) => {
      const answer = facts.growthDuring(of, 'peer', 'listen_overflows', waitedMs);
      return answer.isKnown ? [answer.value.fromMs - of.sinceMs, answer.value.delta] : answer.why;
    };
    const beforeMs = of.atMs - 2_000 - of.sinceMs;
    assert.deepEqual(during(-beforeMs), [beforeMs, 3]);
    assert.deepEqual(during(4_000 - beforeMs), [beforeMs, 3], 'begun between two readings');
    assert.deepEqual(during(5_000 - beforeMs), [beforeMs - 5_000, 5]);
    assert.equal(during(0), 'the counter was not read before for pod shop/cart-1');
  });

  it("is that of the peer's network, known with the first reading after them", () => {
    const { facts, failed, poll, step } = setUp();
    poll(3);
    step(2_000);
    const of = failed();
    const ask = (side: 'peer' | 'gateway' | 'node') => facts.growth(of, side, 'listen_overflows', 10_000);
    const late = {
      isKnown: false,
      why: 'the counter was not read since for pod shop/cart-1',
      mayCome: true,
      source: 'netstat',
    };
    assert.deepEqual(ask('peer'), late);
    poll(7);
    const value = {
      delta: 4,
      fromMs: START_MS + 5_000,
      toMs: START_MS + 12_000,
      before: 3,
      after: 7,
      where: 'pod shop/cart-1',
    };
    assert.deepEqual(ask('peer'), { isKnown: true, value });
    const other = ask('gateway');
    assert.deepEqual(other.isKnown && [other.value.delta, other.value.where], [0, 'pod gw/edge-1']);
    const node = ask('node');
    assert.deepEqual(node.isKnown && [node.value.delta, node.value.where], [0, 'the node']);
  });

  it('is not known of other nodes, of what is not read, and when reading began with the failures', () => {
    const { facts, failed, poll, step } = setUp();
    const why = (answer: ReturnType<typeof facts.growth>) =>
      answer.isKnown ? 'known' : `${answer.mayCome} ${answer.why}`;
    const first = failed();
    poll(3);
    assert.equal(
      why(facts.growth(first, 'peer', 'listen_overflows', 1)),
      'false the counter was not read before for pod shop/cart-1',
    );
    assert.equal(
      why(facts.growth(first, 'peer', 'conntrack_drops', 1)),
      'false the counter is not read for pod shop/cart-1',
    );
    const remote = failed({ peer: { scheme: 'http', address: '10.7.7.7', port: 80 } });
    assert.match(why(facts.growth(remote, 'peer', 'listen_overflows', 1)), /^false no network of this node/);
    assert.match(why(facts.growth(failed({ peer: null }), 'peer', 'listen_overflows', 1)), /^false no address/);
    facts.uncounted(CART.key, ['listen_overflows']);
    assert.match(why(facts.growth(first, 'peer', 'listen_overflows', 1)), /^false the counter is not read/);
    step(70_000);
    assert.match(
      why(facts.growth(failed(), 'gateway', 'listen_overflows', 1)),
      /^false the counter was last read long before/,
    );
  });

  it('of loopback is the gateway’s; the node’s is said of another network only', () => {
    const { facts, failed, poll, step } = setUp();
    poll(0, 1);
    step(1_000);
    const of = failed({ peer: { scheme: 'http', address: '127.0.0.1', port: 9000 } });
    poll(0, 6);
    const growth = facts.growth(of, 'peer', 'listen_overflows', 5_000);
    assert.deepEqual(growth.isKnown && [growth.value.delta, growth.value.where], [5, 'pod gw/edge-1']);
    const outside = failed({ subject: { namespace: '', pod: '', container: '', gateway: 'edge' } });
    const node = facts.growth(outside, 'node', 'listen_overflows', 1);
    assert.deepEqual(node, { isKnown: false, why: "the gateway is in the node's network", mayCome: false });
  });
});
