import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePeer } from '../../src/parse/peer.ts';

describe('parsePeer', () => {
  for (const [text, address, port] of [
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['[2001:db8::1]:8443', '2001:db8::1', 8443],
    ['unix:/run/x.sock', '/run/x.sock', null],
    ['unix:///home/app.sock', '///home/app.sock', null],
    ['backend_block', 'backend_block', null],
    ['10.0.0.1:99999', '10.0.0.1', null],
    ['[::1]', '::1', null],
  ] as const) {
    it(text, () => assert.deepEqual(parsePeer(text, 'http'), { scheme: 'http', address, port }));
  }

  it('gives one object for one text, and another for another scheme', () => {
    const peer = parsePeer('10.0.0.1:81');
    assert.equal(parsePeer('10.0.0.1:81'), peer);
    assert.deepEqual(parsePeer('10.0.0.1:81', 'grpc'), { ...peer, scheme: 'grpc' });
    assert.deepEqual(parsePeer('10.0.0.1:81'), peer);
    const long = `block-${'x'.repeat(300)}`;
    assert.deepEqual(parsePeer(long), { scheme: '', address: long, port: null });
  });
});
