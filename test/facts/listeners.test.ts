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
    isTableWhole: true,
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

  it('keeps the look before, and when a port that is closed was last seen to listen', () => {
    const facts = new Listeners({ now: () => NOW });
    const looks = (port: number) =>
      facts.looksAt({ ip: '10.0.0.1', port }).map(({ state, atMs, lastListenedMs }) => [state, atMs, lastListenedMs]);
    facts.listening('n', seen(['0.0.0.0 80', '10.0.0.1 81'], { atMs: NOW - 30 }));
    facts.listening('n', seen([':: 82'], { atMs: NOW - 20 }));
    facts.listening('n', seen([':: 82'], { atMs: NOW - 10 }));
    const closed = [
      ['port_mismatch', NOW - 10, NOW - 30],
      ['port_mismatch', NOW - 20, NOW - 30],
    ];
    assert.deepEqual(looks(80), closed);
    assert.deepEqual(looks(81), closed);
    assert.deepEqual(looks(99)[0], ['port_mismatch', NOW - 10, null]);
    facts.listening('n', seen(['10.0.0.1 80'], { atMs: NOW }));
    assert.deepEqual(looks(80), [
      ['listening', NOW, NOW],
      ['port_mismatch', NOW - 10, NOW],
    ]);
    // A round that recalls a look is no new look.
    facts.listening('n', seen(['10.0.0.1 80'], { atMs: NOW }));
    assert.equal(looks(80)[1][1], NOW - 10);
  });

  it('tells what listens at a loopback address of a network', () => {
    const facts = new Listeners({ now: () => NOW });
    const state = (sockets: readonly string[], ip: string, parts: Partial<ListenersSeen> = {}) => {
      facts.listening('n', seen(sockets, parts));
      return facts.looksIn('n', { ip, port: 80 })[0].state;
    };
    assert.equal(state(['127.0.0.1 80'], '127.0.0.1'), 'listening');
    assert.equal(state(['0.0.0.0 80'], '127.0.0.5'), 'listening');
    assert.equal(state([':: 80'], '::1'), 'listening');
    assert.equal(state(['127.0.0.1 80', '0.0.0.0 443'], '127.0.0.5'), 'not_listening', 'others are the gateway’s');
    assert.equal(state(['10.0.0.1 80'], '127.0.0.1'), 'not_listening');
    assert.equal(state([':: 80'], '127.0.0.1'), 'unknown');
    assert.equal(state([], '127.0.0.1', { isWhole: false }), 'not_listening', "the node's network");
    assert.equal(state([], '127.0.0.1', { isWhole: false, isTableWhole: false }), 'unknown');
    assert.deepEqual(facts.looksIn('m', { ip: '127.0.0.1', port: 80 }), []);
  });

  it('says what is wanted, for as long as a verdict may wait', () => {
    let nowMs = NOW;
    const facts = new Listeners({ now: () => nowMs });
    facts.want('10.0.0.1');
    nowMs += 4_000;
    facts.want('10.0.0.2');
    assert.deepEqual([...facts.wanted()], ['10.0.0.1', '10.0.0.2']);
    nowMs += 2_001;
    assert.deepEqual([...facts.wanted()], ['10.0.0.2']);
    for (let at = 0; at < 2_000; at++) facts.want(`fd00::${at.toString(16)}`);
    assert.equal(facts.wanted().size, 1_000);
    assert.equal(facts.dropped, 1_001);
    for (let at = 0; at <= 1_000; at++) facts.listening(String(at), seen([]));
    assert.deepEqual([facts.size, facts.dropped], [1_000, 1_002]);
  });
});
