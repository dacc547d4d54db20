import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ServerInUse, UpstreamInUse } from '../../src/contract/upstream.ts';
import { BackendsReader, isWithoutBackends } from '../../src/parse/ingress-nginx-backends.ts';
import { MOST_SERVERS, type UpstreamAnswer, UpstreamAnswerError } from '../../src/parse/upstream-answer.ts';
import { backendJson } from '../support/fake-ingress-nginx.ts';

function read(body: unknown, chunkBytes = 1 << 20, known: ReadonlyMap<string, UpstreamInUse> = new Map()) {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const bytes = Buffer.from(text as string);
  const reader = new BackendsReader(known);
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return reader.end();
}

const texts = ({ upstreams }: UpstreamAnswer) =>
  [...upstreams.values()].map(({ name, servers }) => [name, ...servers.map((one) => `${one.host}:${one.port}`)]);
const serverOf = (body: unknown): ServerInUse | undefined => [...read(body).upstreams.values()][0]?.servers[0];

const REAL = [
  backendJson('shop-cart-80', ['10.244.1.17:8080', '10.244.2.9:8080'], {
    alternativeBackends: ['shop-cart-canary-80'],
  }),
  backendJson('shop-cart-canary-80', ['10.244.1.18:8080'], {
    noServer: true,
    trafficShapingPolicy: { weight: 20, weightTotal: 100, header: 'x', headerValue: '', headerPattern: '', cookie: '' },
  }),
  backendJson('shop-tls-https', ['10.244.1.19:8443'], { sslPassthrough: true, port: 'https' }),
  backendJson('shop-empty-80', []),
  backendJson('upstream-default-backend', ['127.0.0.1:8181'], { service: undefined, port: 0 }),
];

describe('BackendsReader', () => {
  it('keeps every backend, also canaries, passthrough and those without endpoints', () => {
    assert.deepEqual(texts(read(REAL)), [
      ['shop-cart-80', '10.244.1.17:8080', '10.244.2.9:8080'],
      ['shop-cart-canary-80', '10.244.1.18:8080'],
      ['shop-tls-https', '10.244.1.19:8443'],
      ['shop-empty-80'],
      ['upstream-default-backend', '127.0.0.1:8181'],
    ]);
    assert.deepEqual(read(REAL).skipped, { invalid: 0, duplicate: 0, limit: 0 });
    assert.deepEqual(read(REAL).upstreams.get('shop-cart-canary-80'), {
      name: 'shop-cart-canary-80',
      alias: '',
      servers: [{ kind: 'ip', host: '10.244.1.18', port: 8080, place: '', isDraining: false }],
    });
  });

  it('tells addresses from host names and from the controller itself', () => {
    const kinds = (address: string, name = 'a-b-80') => {
      const { kind, host, port } = serverOf([backendJson(name, [address])]) ?? {};
      return [kind, host, port];
    };
    assert.deepEqual(kinds('10.96.3.4:80'), ['ip', '10.96.3.4', 80]);
    assert.deepEqual(kinds('FD00::0:17:80'), ['ip', 'fd00::17', 80]);
    assert.deepEqual(kinds('[fd00::17]:80'), ['ip', 'fd00::17', 80]);
    assert.deepEqual(kinds('pay.example.com:443'), ['hostname', 'pay.example.com', 443]);
    assert.deepEqual(kinds('127.0.0.1:8181', 'upstream-default-backend'), ['placeholder', '127.0.0.1', 8181]);
    assert.deepEqual(kinds('10.0.0.9:8080', 'upstream-default-backend'), ['ip', '10.0.0.9', 8080]);
  });

  it('reads the same whatever the pieces it comes in', () => {
    const whole = texts(read(REAL));
    for (const bytes of [1, 2, 7, 64, 1000]) assert.deepEqual(texts(read(REAL, bytes)), whole);
  });

  it('reads fields in any order, twice, escaped, null, and ports as numbers', () => {
    const endpoint = { address: '10.0.0.1', port: '80' };
    assert.deepEqual(texts(read(`[{"endpoints":[{"port":"80","address":"10.0.0.1"}],"name":"a\\u002db"}]`)), [
      ['a-b', '10.0.0.1:80'],
    ]);
    assert.deepEqual(texts(read(`[{"name":"a","endpoints":[{}],"endpoints":null}]`)).length, 0);
    assert.deepEqual(texts(read([{ name: 'a', endpoints: null }])), [['a']]);
    assert.deepEqual(texts(read([{ name: 'a', endpoints: [{ ...endpoint, port: 80 }] }])), [['a', '10.0.0.1:80']]);
    assert.deepEqual(texts(read(' \n [ ]')), []);
  });

  it('leaves a backend out when one endpoint cannot be read: the rest would look as if it were all', () => {
    const good = { address: '10.0.0.1', port: '80' };
    const bad = [
      { address: '10.0.0.2', port: '' },
      { address: '10.0.0.2', port: '0' },
      { address: '10.0.0.2', port: '65536' },
      { address: '10.0.0.2', port: '8e1' },
      { address: '10.0.0.2', port: 80.5 },
      { address: '10.0.0.2', port: null },
      { address: '10.0.0.2' },
      { address: '', port: '80' },
      { address: 7, port: '80' },
      { address: 'a b', port: '80' },
      { address: 'x'.repeat(254), port: '80' },
      { address: { deep: [] }, port: '80' },
      'text',
      null,
      ['10.0.0.1', '80'],
    ];
    const answer = read([
      ...bad.map((one, at) => ({ name: `b${at}`, endpoints: [good, one] })),
      backendJson('good', []),
    ]);
    assert.deepEqual(texts(answer), [['good']]);
    assert.equal(answer.skipped.invalid, bad.length);
  });

  it('leaves out and counts what is no backend', () => {
    const answer = read([
      null,
      7,
      'x',
      [],
      {},
      { name: 7 },
      { name: {} },
      { name: 'a', endpoints: 'x' },
      { name: 'ok' },
    ]);
    assert.deepEqual(texts(answer), [['ok']]);
    assert.equal(answer.skipped.invalid, 8);
  });

  it('takes the last of two backends with one name, as Lua does', () => {
    const answer = read([backendJson('a', ['10.0.0.1:80']), backendJson('a', ['10.0.0.2:80'])]);
    assert.deepEqual([texts(answer), answer.skipped.duplicate], [[['a', '10.0.0.2:80']], 1]);
  });

  it('says the same object of a backend that has not changed', () => {
    const before = read(REAL).upstreams;
    const after = read([backendJson('shop-cart-80', ['10.244.1.17:8080']), ...REAL.slice(1)], 100, before).upstreams;
    const changed = [...after].filter(([name, upstream]) => before.get(name) !== upstream).map(([name]) => name);
    assert.deepEqual(changed, ['shop-cart-80']);
  });

  it('leaves a backend with too many endpoints out and goes on', () => {
    const one = '{"address":"10.0.0.1","port":"80"}';
    const many = `[{"name":"many","endpoints":[${`${one},`.repeat(MOST_SERVERS)}${one}]},{"name":"few","endpoints":[${one}]}]`;
    const answer = read(many);
    assert.deepEqual([texts(answer), answer.skipped.limit], [[['few', '10.0.0.1:80']], 1]);
  });

  it('refuses what is no list, is deep, has long numbers or ends early', () => {
    const deep = `[{"name":"a","service":${'['.repeat(100_000)}`;
    const huge = `[{"name":"a","port":${'9'.repeat(1000)}}]`;
    for (const body of [
      '',
      ' ',
      '{}',
      '{"a":{"name":"b"}}',
      '"x"',
      'nil',
      'null',
      '<html>',
      '[',
      '[{}',
      '[]]',
      deep,
      huge,
    ])
      assert.throws(() => read(body), UpstreamAnswerError, body.slice(0, 40));
    assert.throws(() => read('[{"name":"\\x"}]'), UpstreamAnswerError);
  });

  it('throws nothing but its own error on spliced answers', () => {
    const real = Buffer.from(JSON.stringify(REAL));
    const at = fc.integer({ min: 0, max: real.length });
    fc.assert(
      fc.property(
        at,
        at,
        fc.uint8Array({ maxLength: 20 }),
        fc.integer({ min: 1, max: 999 }),
        (head, tail, junk, cut) => {
          try {
            read(Buffer.concat([real.subarray(0, head), junk, real.subarray(tail)]), cut);
          } catch (error) {
            assert.ok(error instanceof UpstreamAnswerError, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says of any JSON list only whole servers', () => {
    const leaf = fc.oneof(fc.constantFrom('10.0.0.1', '80', 'a', ''), fc.jsonValue({ maxDepth: 2 }));
    const endpoint = fc.oneof(fc.record({ address: leaf, port: leaf }, { requiredKeys: [] }), leaf);
    const backend = fc.record({ name: leaf, endpoints: fc.oneof(fc.array(endpoint), leaf) }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(fc.oneof(backend, leaf), { maxLength: 8 }), (list) => {
        const { upstreams, skipped } = read(list);
        assert.ok(upstreams.size + skipped.invalid + skipped.duplicate === list.length);
        for (const { servers } of upstreams.values())
          for (const { host, port } of servers) assert.ok(host !== '' && port !== null && port > 0 && port < 65_536);
      }),
    );
  });
});

describe('isWithoutBackends', () => {
  it('knows what Lua prints for nothing', () => {
    const is = (...texts: string[]) => isWithoutBackends(texts.map((text) => Buffer.from(text)));
    assert.deepEqual(
      [is('nil'), is('nil\n'), is(), is(''), is('null'), is('[]'), is('nil', 'nil')],
      [true, true, false, false, false, false, false],
    );
  });
});
