import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PlusAnswer, readApiVersion, readPlusUpstreams } from '../../src/parse/nginx-plus-upstreams.ts';
import { UpstreamAnswerError } from '../../src/parse/upstream-answer.ts';
import { plusUpstream } from '../support/fake-plus-api.ts';

const bodyOf = (value: unknown) => [Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))];
const read = (http: unknown, stream: unknown = null, known = new Map()) =>
  readPlusUpstreams({ http: bodyOf(http), stream: stream === null ? null : bodyOf(stream) }, known);
const texts = ({ upstreams }: PlusAnswer) =>
  [...upstreams.values()].map(({ name, servers }) => [name, ...servers.map((one) => `${one.host}:${one.port}`)]);
/** Counts other than 0. */
const counts = (all: object) => Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));

describe('readApiVersion', () => {
  it('takes the newest that both know', () => {
    assert.equal(readApiVersion(bodyOf([1, 2, 3, 4, 5, 6, 7, 8, 9])), 9);
    assert.equal(readApiVersion(bodyOf([7, 6])), 7);
    assert.equal(readApiVersion(bodyOf([8, 9, 10, 11, '9', 9.5, null, -1, 0])), 9);
  });

  it('refuses what has none', () => {
    for (const body of ['[]', '[10]', '["9"]', '{}', 'null', '"9"', '', '[1', '<html>', '['.repeat(4096)])
      assert.throws(() => readApiVersion(bodyOf(body)), UpstreamAnswerError, body.slice(0, 20));
  });
});

describe('readPlusUpstreams', () => {
  it('reads addresses of every form, and which of them are out of service on purpose', () => {
    const peers = [
      '10.0.0.1:80 up',
      '10.0.0.2:80 draining',
      '10.0.0.3:80 down',
      '10.0.0.4:80 unavail',
      '10.0.0.5:80 checking',
      '10.0.0.6:80 unhealthy',
      '10.0.0.7:80 resting',
      '[FD00::0:1]:80 up',
      'unix:/run/app.sock up',
      'unix:/var/run/nginx/nginx-503-server.sock up',
      'app.example.com:80 up',
    ];
    const answer = read({ shop_cart_80: plusUpstream('shop_cart_80', ...peers) });
    const servers = answer.upstreams.get('shop_cart_80')?.servers ?? [];
    assert.deepEqual(
      servers.map(({ kind, host, port, isDraining }) => [kind, host, port, isDraining]),
      [
        ['ip', '10.0.0.1', 80, false],
        ['ip', '10.0.0.2', 80, true],
        ['ip', '10.0.0.3', 80, true],
        ['ip', '10.0.0.4', 80, false],
        ['ip', '10.0.0.5', 80, false],
        ['ip', '10.0.0.6', 80, false],
        ['ip', '10.0.0.7', 80, false],
        ['ip', 'fd00::1', 80, false],
        ['unix', '/run/app.sock', null, false],
        ['placeholder', '/var/run/nginx/nginx-503-server.sock', null, false],
        ['hostname', 'app.example.com', 80, false],
      ],
    );
    const states = { up: 5, draining: 1, down: 1, unavail: 1, checking: 1, unhealthy: 1, other: 1 };
    assert.deepEqual(answer.peers, states);
  });

  it('names a stream upstream apart only when an HTTP one has its name', () => {
    const answer = read(
      { cart: plusUpstream('cart', '10.0.0.1:80') },
      { cart: plusUpstream('cart', '10.0.0.2:90'), dns: plusUpstream('dns', '10.0.0.3:53 down') },
    );
    assert.deepEqual(texts(answer), [
      ['cart', '10.0.0.1:80'],
      ['stream:cart', '10.0.0.2:90'],
      ['dns', '10.0.0.3:53'],
    ]);
    assert.deepEqual(counts(answer.peers), { up: 2, down: 1 });
  });

  it('knows upstreams without peers, and no upstreams', () => {
    assert.deepEqual(texts(read({ empty: plusUpstream('empty') })), [['empty']]);
    assert.deepEqual(texts(read({}, {})), []);
  });

  it('says the same object of an upstream that has not changed, whatever its counters', () => {
    const before = read({ a: plusUpstream('a', '10.0.0.1:80'), b: plusUpstream('b', '10.0.0.2:80') }).upstreams;
    const a = { ...plusUpstream('a', '10.0.0.1:80 unavail'), zombies: 3 };
    const after = read({ a, b: plusUpstream('b', '10.0.0.2:80 draining') }, null, new Map(before)).upstreams;
    assert.equal(after.get('a'), before.get('a'));
    assert.notEqual(after.get('b'), before.get('b'));
  });

  it('leaves an upstream out whole when a peer cannot be read', () => {
    const good = { server: '10.0.0.1:80', state: 'up' };
    const wrong = [
      null,
      7,
      'x',
      [],
      {},
      { peers: null },
      { peers: {} },
      { peers: [good, null] },
      { peers: [good, {}] },
      { peers: [good, { server: 80 }] },
      { peers: [good, { server: '' }] },
      { peers: [good, { server: '10.0.0.1:0' }] },
      { peers: [good, { server: '[::1' }] },
      { peers: [good, { server: 'x'.repeat(513) }] },
    ];
    const answer = read({ ...Object.fromEntries(wrong.map((one, at) => [`w${at}`, one])), good: { peers: [good] } });
    assert.deepEqual(texts(answer), [['good', '10.0.0.1:80']]);
    assert.deepEqual([answer.skipped.invalid, counts(answer.peers)], [wrong.length, { up: 1 }]);
  });

  it('is not led astray by names that objects have anyway', () => {
    const text = `{"__proto__":{"peers":[]},"constructor":{"peers":[{"server":"10.0.0.1:80"}]},"toString":{}}`;
    const answer = read(text, '{"hasOwnProperty":{"peers":[]},"__proto__":{"peers":[]}}');
    assert.deepEqual(texts(answer), [
      ['__proto__'],
      ['constructor', '10.0.0.1:80'],
      ['hasOwnProperty'],
      ['stream:__proto__'],
    ]);
    assert.deepEqual(counts(answer.peers), { other: 1 });
  });

  it('refuses what is no object, is deep, has long numbers or ends early', () => {
    const deep = `{"a":${'['.repeat(1_000_000)}`;
    const huge = `{"a":{"peers":[{"id":${'9'.repeat(1000)}}]}}`;
    for (const body of [
      '',
      '[]',
      'null',
      '7',
      '"x"',
      '<html>',
      '{"a":',
      '{}{}',
      '{"a":{"peers":[}',
      '{"\\x":{}}',
      deep,
      huge,
    ]) {
      assert.throws(() => read(body), UpstreamAnswerError, body.slice(0, 40));
      assert.throws(() => read({}, body), UpstreamAnswerError, body.slice(0, 40));
    }
    assert.deepEqual(texts(read('{"a":{"peers":[],"zombies":1e400,"keepalive":-0.5}}')), [['a']]);
  });

  it('throws nothing but its own error on spliced answers', () => {
    const real = Buffer.from(JSON.stringify({ a: plusUpstream('a', '10.0.0.1:80', '10.0.0.2:80 down') }));
    const at = fc.integer({ min: 0, max: real.length });
    fc.assert(
      fc.property(at, at, fc.uint8Array({ maxLength: 20 }), (head, tail, junk) => {
        const body = [real.subarray(0, head), Buffer.from(junk), real.subarray(tail)];
        try {
          readPlusUpstreams({ http: body, stream: null }, new Map());
        } catch (error) {
          assert.ok(error instanceof UpstreamAnswerError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('accounts for every upstream of any JSON object', () => {
    const leaf = fc.oneof(fc.constantFrom('10.0.0.1:80', 'up', '[::1]:8', ''), fc.jsonValue({ maxDepth: 2 }));
    const peer = fc.oneof(fc.record({ server: leaf, state: leaf }, { requiredKeys: [] }), leaf);
    const upstream = fc.record({ peers: fc.oneof(fc.array(peer), leaf) }, { requiredKeys: [] });
    const answer = fc.dictionary(fc.string(), fc.oneof(upstream, leaf), { maxKeys: 8 });
    fc.assert(
      fc.property(answer, answer, (http, stream) => {
        const { upstreams, skipped, peers } = read(http, stream);
        const all = Object.keys(http).length + Object.keys(stream).length;
        assert.equal(upstreams.size + skipped.invalid + skipped.duplicate, all);
        const servers = [...upstreams.values()].reduce((sum, one) => sum + one.servers.length, 0);
        assert.equal(
          Object.values(peers).reduce((sum, count) => sum + count),
          servers,
        );
      }),
    );
  });
});
