import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketsSeen } from '../../src/contract/upstream.ts';
import { PeerSocketMemory } from '../../src/facts/peer-sockets.ts';
import { EDGE } from './views.ts';

const PEER = { ip: '10.0.0.1', port: 8080, active: 2, timeWait: 5, lowest: 40_000, highest: 40_006 };
const seen = (part: Partial<SocketsSeen> = {}): SocketsSeen => {
  const of = { proxy: 'nginx', subject: EDGE, network: 'n1' } as const;
  return { ...of, peers: [PEER], isWhole: true, localPorts: null, atMs: 0, ...part };
};

describe('PeerSocketMemory', () => {
  it('knows what a gateway had towards an address at the last look', () => {
    const memory = new PeerSocketMemory();
    memory.counted('a', seen({ peers: [] }));
    memory.counted('a', seen({ atMs: 9 }));
    assert.deepEqual(memory.towards('nginx', { ...EDGE }, PEER), { seen: seen({ atMs: 9 }), sockets: PEER });
    assert.equal(memory.towards('nginx', EDGE, { ip: '10.0.0.1', port: 9 })?.sockets.active, 0);
    assert.equal(memory.towards('envoy', EDGE, PEER), undefined);
    assert.equal(memory.towards('nginx', { ...EDGE, pod: 'other' }, PEER), undefined);
  });

  it('does not choose between two of a name, and forgets what is gone', () => {
    const memory = new PeerSocketMemory();
    memory.counted('a', seen());
    memory.counted('b', seen());
    assert.equal(memory.towards('nginx', EDGE, PEER), undefined);
    memory.counted('b', null);
    assert.equal(memory.towards('nginx', EDGE, PEER)?.sockets.timeWait, 5);
  });

  it('remembers 500 gateways', () => {
    const memory = new PeerSocketMemory();
    for (let at = 0; at < 502; at++) memory.counted(`${at}`, seen({ atMs: at }));
    assert.deepEqual([memory.all().length, memory.all()[0].atMs, memory.dropped], [500, 2, 2]);
  });
});
