import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenersSeen } from '../../src/contract/listener.ts';
import { Listeners } from '../../src/facts/listeners.ts';

const [NOW, UNTIL] = [1_000_000, 1_045_000];

/** `ip port` of each socket. */
function seen(sockets: readonly string[], parts: Partial<ListenersSeen> = {}): ListenersSeen {
  const read = (text: string) => ({ ip: text.split(' ')[0], port: Number(text.split(' ')[1]) });
  return {
    ips: ['10.0.0.1', 'fd00::1'],
    sockets: sockets.map(read),
    isWhole: true,
    atMs: NOW,
    untilMs: UNTIL,
    ...parts,
  };
}

function answerOf(sockets: readonly string[], asked: string, parts: Partial<ListenersSeen> = {}): string {
  const facts = new Listeners({ now: () => NOW });
  facts.listening('n', seen(sockets, parts));
  const [ip, port] = asked.split(' ');
  const { state, others } = facts.at({ ip, port: Number(port) });
  return [state, ...others].join(' ');
}

describe('Listeners', () => {
  it('tells what listens at an address', () => {
    assert.equal(answerOf(['0.0.0.0 80'], '10.0.0.1 80'), 'listening');
    assert.equal(answerOf(['10.0.0.1 80'], '10.0.0.1 80'), 'listening');
    assert.equal(answerOf([':: 80'], 'fd00::1 80'), 'listening');
    assert.equal(answerOf(['127.0.0.1 80', '::1 80', '0.0.0.0 81'], '10.0.0.1 80'), 'bound_to_loopback');
    assert.equal(
      answerOf(['0.0.0.0 81', '10.0.0.1 82', '127.0.0.1 83', '10.0.0.7 84'], '10.0.0.1 80'),
      'port_mismatch 81 82',
    );
    assert.equal(answerOf([], '10.0.0.1 80'), 'not_listening');
    assert.equal(answerOf(['127.0.0.1 81'], '10.0.0.1 80'), 'not_listening');
    assert.equal(answerOf(['10.0.0.7 80', '127.0.0.1 80'], '10.0.0.1 80'), 'not_listening');
    assert.equal(answerOf(['0.0.0.0 80'], 'fd00::1 80'), 'not_listening');
  });

  it("does not take a sidecar's ports for those of the application", () => {
    assert.equal(answerOf(['0.0.0.0 15021', ':: 15090', '0.0.0.0 15006'], '10.0.0.1 80'), 'not_listening');
    assert.equal(answerOf(['0.0.0.0 15021'], '10.0.0.1 15021'), 'listening');
  });

  it('does not know what it cannot', () => {
    assert.equal(answerOf([':: 80'], '10.0.0.1 80'), 'unknown', 'IPV6_V6ONLY is not shown');
    assert.equal(answerOf([], '10.0.0.1 80', { isWhole: false }), 'unknown');
    assert.equal(answerOf(['127.0.0.1 80'], '10.0.0.1 80', { isWhole: false }), 'unknown');
    assert.equal(answerOf(['0.0.0.0 80'], '10.0.0.1 80', { isWhole: false }), 'listening');
    assert.equal(answerOf(['0.0.0.0 80'], '10.9.9.9 80'), 'unknown');
    assert.equal(answerOf(['0.0.0.0 80'], '10.0.0.1 80', { untilMs: NOW }), 'unknown', 'too old');
  });

  it('does not tell networks of one address apart; forgets a network with its addresses', () => {
    const facts = new Listeners({ now: () => NOW });
    const state = () => facts.at({ ip: '10.0.0.1', port: 80 });
    facts.listening('old', seen([]));
    facts.listening('new', seen(['0.0.0.0 80']));
    assert.deepEqual(state(), { state: 'unknown', others: [], atMs: null });
    facts.listening('old', null);
    assert.deepEqual(state(), { state: 'listening', others: [], atMs: NOW });
    facts.listening('new', seen(['0.0.0.0 80'], { ips: ['10.0.0.2'] }));
    assert.equal(state().state, 'unknown');
  });

  it('holds so many networks and names so many ports', () => {
    const facts = new Listeners({ now: () => NOW });
    for (let at = 0; at < 1_001; at++) facts.listening(`n${at}`, seen([], { ips: [`fd00::${at.toString(16)}`] }));
    assert.equal(facts.at({ ip: 'fd00::3e7', port: 1 }).state, 'not_listening');
    assert.equal(facts.at({ ip: 'fd00::3e8', port: 1 }).state, 'unknown');
    facts.listening('n0', null);
    const ports = Array.from({ length: 50 }, (_, at) => `:: ${50 - at}`);
    facts.listening('last', seen(ports, { ips: ['fd01::1'] }));
    const { others } = facts.at({ ip: 'fd01::1', port: 99 });
    assert.deepEqual([others.length, others[0], others[15]], [16, 1, 16]);
  });
});
