import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PeerSockets, SocketsSeen } from '../../src/contract/upstream.ts';
import { NetworkPlaces } from '../../src/facts/network-places.ts';
import { PeerSocketMemory } from '../../src/facts/peer-sockets.ts';
import { PortFacts } from '../../src/facts/port-facts.ts';
import { failure, network } from './facts-rig.ts';
import { EDGE } from './views.ts';

const FAILED_MS = 100_000;
const peer = (active: number, timeWait: number, highest = 40_000 + active + timeWait - 1): PeerSockets => ({
  ...{ ip: '10.0.0.1', port: 8080, active, timeWait },
  ...{ lowest: 40_000, highest },
});

function setUp() {
  let nowMs = FAILED_MS;
  const clock = { now: () => nowMs };
  const cluster = { pod: () => undefined, freshness: () => 'fresh' } as never;
  const places = new NetworkPlaces({ cluster, settings: () => [] });
  places.see(network('edge-1', [], { labels: { namespace: EDGE.namespace, pod: EDGE.pod, netns: 'pod' } }), nowMs);
  const sockets = new PeerSocketMemory();
  const facts = new PortFacts({ clock, places, sockets });
  return {
    seen: (atMs: number, peers: PeerSockets[], more: Partial<SocketsSeen> = {}) =>
      sockets.counted('k', {
        ...{ proxy: 'envoy', subject: EDGE, network: 'edge-1', isWhole: true, localPorts: null },
        ...{ peers, atMs, ...more },
      }),
    ask: (more: Parameters<typeof failure>[1] = {}) => {
      const answer = facts.localPorts(failure(FAILED_MS, { proxy: 'envoy', ...more }));
      return answer.isKnown ? (answer.value.isFull ? 'full' : 'free') : answer.mayCome ? 'pending' : answer.why;
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('local ports towards a peer', () => {
  it('are all taken where as many are as the range has', () => {
    const { seen, ask } = setUp();
    seen(FAILED_MS + 1_000, [peer(3, 5)], { localPorts: 8 });
    assert.equal(ask(), 'full');
    seen(FAILED_MS + 1_000, [peer(3, 4)], { localPorts: 8 });
    assert.equal(ask(), 'free');
  });

  it('of a range that is not known are all taken where no gap is left between many', () => {
    const { seen, ask } = setUp();
    seen(FAILED_MS + 1_000, [peer(28, 100)]);
    assert.equal(ask(), 'full');
    seen(FAILED_MS + 1_000, [peer(28, 100, 40_128)]);
    assert.equal(ask(), 'free', 'a gap');
    seen(FAILED_MS + 1_000, [peer(20, 43)]);
    assert.equal(ask(), 'free', 'so few may lie side by side');
    seen(FAILED_MS + 1_000, []);
    assert.equal(ask(), 'free');
  });

  it('of the last look, as long as it is not long before; another is waited for only while they fill', () => {
    const { seen, ask, wait } = setUp();
    seen(FAILED_MS - 12_000, [peer(28, 100)]);
    assert.equal(ask(), 'full');
    seen(FAILED_MS - 14_000, [peer(28, 100)]);
    assert.equal(ask(), 'nobody looked at its sockets then');
    seen(FAILED_MS - 5_000, [peer(28, 100, 41_000)]);
    assert.equal(ask(), 'pending');
    wait(12_000);
    assert.equal(ask(), 'free');
    seen(FAILED_MS - 5_000, [peer(2, 3)]);
    assert.equal(ask(), 'free');
  });

  it('are not known of a table that was cut, of another network, or of a name', () => {
    const { seen, ask } = setUp();
    assert.equal(ask(), 'nobody looked at its sockets then');
    seen(FAILED_MS, [peer(28, 100)], { isWhole: false });
    assert.equal(ask(), 'nobody looked at its sockets then');
    seen(FAILED_MS, [peer(28, 100)], { network: 'other' });
    assert.equal(ask(), 'nobody looked at its sockets then');
    assert.equal(ask({ subject: { ...EDGE, pod: 'edge-9' } }), 'the network of the gateway is not known');
    assert.equal(ask({ peer: { scheme: '', address: 'cart', port: null } }), 'no address is named');
  });
});
