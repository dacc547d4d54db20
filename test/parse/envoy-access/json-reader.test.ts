import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { readWith } from './rendered.ts';

/** As Envoy 1.36.4 printed it for this format. */
const FORMAT = {
  ts: '%START_TIME%',
  code: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  zz: '%RESPONSE_CODE_DETAILS%',
  ua: '%REQ(USER-AGENT)%',
  dur: '%DURATION%',
  mix: '%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%',
  nest: { host: '%UPSTREAM_HOST%', t: '%UPSTREAM_TRANSPORT_FAILURE_REASON%', cluster: '%UPSTREAM_CLUSTER%' },
  c: 3,
  lst: ['%PROTOCOL%'],
};
const reader = compileEnvoyFormat({ json: FORMAT });
const LINE =
  '{"c":3,"code":503,"dur":20,"flags":"URX,UF","lst":["HTTP/1.1"],"mix":"GET /ref HTTP/1.1","nest":{"cluster":"ref","host":"127.0.0.1:18099","svc":null,"t":"delayed_connect_error:_Connection_refused"},"rd":null,"ts":"2026-11-21T18:52:37.386Z","ua":null,"zz":"upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"}';

describe('JSON lines', () => {
  it('reads what Envoy printed', () => {
    const seen = readWith(reader, LINE);
    assert.equal(seen.result, 'read');
    assert.deepEqual(seen.values, {
      start_time: '2026-11-21T18:52:37.386Z',
      response_code: '503',
      response_flags: 'URX,UF',
      response_code_details:
        'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
      transport_failure_reason: 'delayed_connect_error:_Connection_refused',
      upstream_host: '127.0.0.1:18099',
      upstream_cluster: 'ref',
      duration: '20',
      method: 'GET',
      protocol: 'HTTP/1.1',
    });
    assert.equal(seen.line.startMs, Date.UTC(2026, 10, 21, 18, 52, 37, 386));
  });

  it('strings for numbers, `-` and null for none, blanks', () => {
    const seen = readWith(reader, '{ "code" : "0", "flags": "-" ,"dur": null, "nest": {"host":"-"} }');
    assert.deepEqual([seen.result, seen.values], ['read', { response_code: '0' }]);
    assert.equal(seen.line.code, 0);
    assert.equal(seen.line.isNone('upstream_host'), true);
    assert.equal(seen.line.isNone('upstream_cluster'), false);
  });

  it('keys in any order', () => {
    const { nest, ...rest } = JSON.parse(LINE);
    const entries = [...Object.entries(rest), ['nest', nest]];
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
        assert.deepEqual(
          readWith(reader, JSON.stringify(Object.fromEntries(shuffled))).values,
          readWith(reader, LINE).values,
        );
      }),
    );
  });

  it('no value can be read as another: any header, any path', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '","code":200,"x":"',
        '"},"flags":"UF"}',
        '\\',
        '\\"',
        '\\\\","code":0,"',
        '{',
        '}',
        '[',
        ' 1 HTTP/2',
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, (agent, path) => {
        const values = { ...JSON.parse(LINE), ua: agent, [agent]: 'x', mix: `GET ${path} HTTP/1.1` };
        const seen = readWith(
          reader,
          JSON.stringify({ ...values, ...JSON.parse(LINE), ua: agent, mix: `GET ${path} HTTP/1.1` }),
        );
        assert.equal(seen.result, 'read');
        assert.equal(seen.line.code, 503);
        assert.deepEqual(seen.values, readWith(reader, LINE).values);
      }),
      { numRuns: 2000 },
    );
  });

  it('escapes in what is wanted', () => {
    const seen = readWith(
      reader,
      '{"code":200,"flags":"-","nest":{"cluster":"a\\u003cb\\"c","host":"10.0.0.1:80"},"zz":"x"}',
    );
    assert.deepEqual(seen.values, {
      response_code: '200',
      response_code_details: 'x',
      upstream_host: '10.0.0.1:80',
      upstream_cluster: 'a<b"c',
    });
  });

  it('a key twice is not Envoy’s', () => {
    assert.equal(readWith(reader, '{"code":200,"flags":"-","code":503}').result, 'ambiguous');
    assert.equal(readWith(reader, '{"code":200,"flags":"-","nest":{"host":"a","host":"b"}}').result, 'ambiguous');
    assert.equal(readWith(reader, '{"code":200,"flags":"-","ua":"a","ua":"b"}').result, 'read');
  });

  for (const text of [
    '',
    '{',
    '{}',
    '[]',
    '{"code":200}',
    '{"flags":"-"}',
    '{"code":200,"flags":"-"} x',
    '{"code":200,"flags":"-"',
    '{"code":200,"flags":"-",}',
    '{"code":200 "flags":"-"}',
    '{"code":200,"flags":"-","ua":"cut',
    '{"code":200,"flags":"-","nest":{"host":"a"}',
    '{"nest":{"code":200,"flags":"-"}}',
    '{"code":[200],"flags":"-"}',
    '{"code":,"flags":"-"}',
    '{code:200,"flags":"-"}',
    '2026-11-21 {"code":200,"flags":"-"}',
  ])
    it(`foreign: ${text}`, () => assert.equal(readWith(reader, text).result, 'foreign'));

  it('a line cut anywhere is foreign', () => {
    for (let length = 0; length < LINE.length; length++)
      assert.equal(readWith(reader, LINE.slice(0, length)).result, 'foreign');
  });

  it('an ambiguous text among the values makes the line ambiguous', () => {
    const composed = compileEnvoyFormat({ json: { code: '%RESPONSE_CODE%', m: '%REQ(A)%" %DURATION% "%REQ(B)%' } });
    assert.equal(readWith(composed, '{"code":200,"m":"a\\" 5 \\"b"}').line.number('duration'), 5);
    assert.equal(readWith(composed, '{"code":200,"m":"a\\" 5 \\"b\\" 7 \\""}').result, 'ambiguous');
  });
});
