import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnsweredPeers } from '../../src/facts/answered-peers.ts';

const at = (address: string, port: number | null = 8080) => ({ scheme: 'http', address, port });

describe('addresses at which a program has answered', () => {
  it('are known for ten minutes, however the address is written', () => {
    let nowMs = 1_000_000;
    const answered = new AnsweredPeers({ now: () => nowMs });
    answered.answered(at('2001:DB8:0::1'));
    assert.ok(answered.has('2001:db8::1', 8080));
    assert.ok(!answered.has('2001:db8::1', 8081));
    nowMs += 599_999;
    assert.ok(answered.has('2001:db8::1', 8080));
    nowMs += 1;
    assert.ok(!answered.has('2001:db8::1', 8080), 'it may be another pod’s by now');
  });

  it('are none of loopback, which each network has, and no sockets or blocks', () => {
    const answered = new AnsweredPeers({ now: () => 0 });
    for (const peer of [at('127.0.0.1'), at('::1'), at('/run/app.sock', null), at('backend', 80)])
      answered.answered(peer);
    assert.ok(!answered.has('127.0.0.1', 8080));
    assert.ok(!answered.has('::1', 8080));
  });

  it('beyond 5,000 the one that is told of longest ago is forgotten', () => {
    const answered = new AnsweredPeers({ now: () => 0 });
    for (let port = 1; port <= 5_000; port++) answered.answered(at('10.0.0.1', port));
    answered.answered(at('10.0.0.1', 1));
    answered.answered(at('10.0.0.2'));
    assert.ok(answered.has('10.0.0.1', 1));
    assert.ok(!answered.has('10.0.0.1', 2));
    assert.ok(answered.has('10.0.0.2', 8080));
  });
});
