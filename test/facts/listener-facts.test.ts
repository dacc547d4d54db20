import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenersSeen } from '../../src/contract/listener.ts';
import { factsRig, network } from './facts-rig.ts';

const EDGE_NETWORK = network('edge', ['10.0.0.8'], { labels: { namespace: 'gw', pod: 'edge-1', netns: 'pod' } });

function setUp() {
  const rig = factsRig();
  rig.facts.counted(network('cart-1', ['10.0.0.1']), {}, rig.now());
  rig.facts.counted(EDGE_NETWORK, {}, rig.now());
  const look = (key: string, sockets: readonly string[], more: Partial<ListenersSeen> = {}) =>
    rig.listeners.listening(key, {
      ips: key === 'edge' ? ['10.0.0.8'] : ['10.0.0.1'],
      sockets: sockets.map((text) => ({ ip: text.split(' ')[0], port: Number(text.split(' ')[1]) })),
      ...{ isWhole: true, isTableWhole: true, atMs: rig.now(), untilMs: rig.now() + 45_000 },
      ...more,
    });
  const said = (of: ReturnType<typeof rig.failed>) => {
    const answer = rig.facts.listener(of);
    return answer.isKnown ? answer.value.state : answer.mayCome ? 'pending' : 'unknown';
  };
  return { ...rig, look, said };
}

describe('what listened when requests failed', () => {
  it('only a look since the failure proves it; the address is wanted until then', () => {
    const { listeners, facts, failed, look, said, step, now } = setUp();
    look('n', ['0.0.0.0 8080']);
    step(5_000);
    const of = failed();
    assert.equal(said(of), 'pending');
    assert.deepEqual([...listeners.wanted()], ['10.0.0.1']);
    step(2_000);
    look('n', ['0.0.0.0 9090']);
    const value = { state: 'port_mismatch', others: [9090], atMs: now(), lastListenedMs: now() - 7_000 };
    assert.deepEqual(facts.listener(of), { isKnown: true, value });
    step(1_000);
    look('n', ['0.0.0.0 8080']);
    assert.equal(said(of), 'port_mismatch', 'it has come back since');
    step(2_000);
    assert.equal(said(failed({ sinceMs: now() - 2_500 })), 'pending', 'it listened, and may have ended then');
    const back = failed({ atMs: now() - 2_500, sinceMs: now() - 2_500 });
    assert.equal(said(back), 'listening');
  });

  it('a program that answered there listened, though nobody saw it', () => {
    const { answered, facts, failed, look, step, now } = setUp();
    answered.answered({ scheme: 'http', address: '10.0.0.1', port: 8080 });
    step(1_000);
    look('n', ['0.0.0.0 9090']);
    const value = { state: 'port_mismatch', others: [9090], atMs: now(), lastListenedMs: null, hasAnswered: true };
    assert.deepEqual(facts.listener(failed()), { isKnown: true, value });
  });

  it('tells what waits at the port and at others, also of a socket whose IP version nobody knows', () => {
    const { facts, failed, look, said, step } = setUp();
    look('n', [':: 8080']);
    step(5_000);
    const sockets = [
      { ip: '::', port: 8080, queue: 1 },
      { ip: '0.0.0.0', port: 9090, queue: 5 },
      { ip: '0.0.0.0', port: 9091, queue: 3 },
    ];
    const of = failed();
    assert.deepEqual(facts.queues(of), facts.listener(of), 'nobody has looked since');
    step(1_000);
    look('n', [], { sockets });
    assert.equal(said(of), 'unknown');
    assert.deepEqual(facts.queues(of), { isKnown: true, value: { own: 1, other: 5 } });
  });

  it('sockets of TCP say nothing of a datagram that was refused', () => {
    const { failed, look, said, step } = setUp();
    step(1_000);
    look('n', ['0.0.0.0 9090']);
    assert.equal(said(failed({ detail: 'datagram_refused' })), 'unknown');
    assert.equal(said(failed()), 'port_mismatch');
  });

  it('a look long after the failure proves nothing, a little longer where it was read late', () => {
    const { failed, look, said, step } = setUp();
    const of = failed();
    look('n', ['0.0.0.0 8080'], { atMs: of.atMs - 60_000 });
    step(11_000);
    const readMs = of.atMs + 11_000;
    assert.equal(said(of), 'unknown');
    assert.equal(said({ ...of, readMs }), 'pending');
    step(3_000);
    look('n', ['0.0.0.0 9090']);
    assert.equal(said(of), 'unknown');
    assert.equal(said({ ...of, readMs }), 'port_mismatch');
    step(2_000);
    look('n', ['0.0.0.0 9091']);
    look('n', ['0.0.0.0 9091'], { atMs: of.atMs + 16_500 });
    assert.equal(said({ ...of, readMs: of.atMs + 15_000 }), 'unknown', 'whoever looks later sees another time');
  });

  it("of loopback it is the gateway's own network that counts", () => {
    const { failed, look, said } = setUp();
    const of = failed({ peer: { scheme: 'http', address: '127.0.0.1', port: 9000 } });
    look('edge', ['0.0.0.0 80', '127.0.0.1 9000'], { atMs: of.atMs - 5_000 });
    assert.equal(said(of), 'pending');
    look('edge', ['0.0.0.0 80']);
    assert.equal(said(of), 'not_listening');
    look('edge', ['127.0.0.1 9000'], { atMs: of.atMs + 1 });
    assert.equal(said({ ...of, sinceMs: of.atMs + 1, atMs: of.atMs + 1 }), 'listening');
    assert.equal(said({ ...of, subject: { ...of.subject, pod: 'edge-7' } }), 'unknown');
  });

  it('what nobody has seen yet may come while the first looks are under way', () => {
    const { failed, look, said, step, listeners } = setUp();
    const peer = { scheme: 'http', address: '127.0.0.1', port: 9000 };
    const other = failed({ peer, subject: { ...failed().subject, pod: 'edge-7' } });
    assert.equal(said(failed()), 'unknown', 'nobody has begun to look');
    assert.deepEqual([...listeners.wanted()], []);
    const of = failed({ peer });
    assert.deepEqual([said(of), said(failed())], ['pending', 'pending']);
    assert.deepEqual([...listeners.wanted()], ['127.0.0.1', '10.0.0.1'], 'and is looked at next');
    step(2_000);
    look('edge', ['0.0.0.0 80']);
    assert.equal(said(of), 'not_listening');
    assert.equal(said(other), 'pending', 'its network may be seen a moment later');
    step(8_000);
    assert.equal(said(other), 'unknown', 'one that is not known by now stays so');
    listeners.listening('edge', null);
    assert.equal(said(failed()), 'unknown');
  });

  it('an address that nobody has is looked for once, and then taken for another node’s', () => {
    const { failed, said, step, look, listeners } = setUp();
    assert.equal(said(failed()), 'unknown', 'nobody looks');
    look('edge', []);
    const to = (address: string) => failed({ peer: { scheme: 'http', address, port: 80 } });
    assert.equal(said(to('10.7.7.7')), 'pending');
    assert.deepEqual([...listeners.wanted()], ['10.7.7.7']);
    step(4_500);
    assert.equal(said(to('10.7.7.7')), 'unknown');
    step(60_000);
    assert.equal(said(to('10.7.7.7')), 'pending');
    assert.equal(said(failed({ peer: { scheme: 'http', address: 'cart', port: null } })), 'unknown');
    look('n', [':: 8080']);
    assert.equal(said(failed()), 'unknown', 'it may be of IPv6 only');
  });
});
