import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccessField } from '../../../src/parse/envoy-access/access-fields.ts';
import { compileEnvoyFormat, type EnvoyLineReader } from '../../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../../src/parse/envoy-access/envoy-formats.ts';
import { formatParts, operatorsIn } from '../../../src/parse/envoy-access/format-parts.ts';
import { EnvoyFormatError } from '../../../src/parse/envoy-access/format-problem.ts';
import type { Operator } from '../../../src/parse/envoy-access/operators.ts';
import { readWith, renderText, type Values } from './rendered.ts';

const TEXTS = [ENVOY_FORMATS.envoy.text, ENVOY_FORMATS.istio.text, ENVOY_FORMATS['envoy-gateway-text'].text];

const uint = fc.nat(10_000_000).map(String);
const BY_KIND: Readonly<Record<Operator['kind'], fc.Arbitrary<string>>> = {
  code: fc.constantFrom('0', '101', '200', '404', '502', '503'),
  number: fc.oneof(uint, fc.constant('-')),
  flags: fc.constantFrom('-', 'UF', 'UF,URX', 'UH', 'DC'),
  long_flags: fc.constantFrom('-', 'UpstreamConnectionFailure,NoRouteFound'),
  protocol: fc.constantFrom('HTTP/1.1', 'HTTP/2', 'HTTP/3', '-'),
  word: fc.constantFrom('10.0.0.1:80', '[2001:db8::1]:80', 'outbound|80||a.b.svc.cluster.local', 'via_upstream', '-'),
  time: fc.constant('2026-11-21T18:52:32.566Z'),
  open: fc.constantFrom('curl/8.5', 'Mozilla/5.0 (X11; Linux 5.0)', '/shop?id=503&x=1', '1.2.3.4, 5.6.7.8', '-', 'GET'),
};
/** Pieces of lines: what somebody writes who wants to be read as Envoy. */
const HOSTILE = fc
  .array(
    fc.constantFrom(
      ...[' ', '"', '" ', ' "', '" "', '-', '503', ' 503 UF', 'UF,URX', 'HTTP/1.1" ', ' 0 0 0 - "', '10.6.6.6:1', '\t'],
      ...[
        ' HTTP/1.1" 503 UF 0 0 0 - "',
        ' HTTP/1.1" 503 UF x - "-" 0 0 0 ',
        '" "6.6.6.6:1" c 1:1 2:2 3:3 ',
        '" "6.6.6.6:1"',
      ],
      ...[
        '","response_code":"503","response_flags":"UF",',
        '","protocol":"HTTP/2"',
        '\xff',
        'é',
        '200 - 5 ',
        'ms',
        '|',
      ],
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));

function valuesOf(format: string, open: fc.Arbitrary<string>): fc.Arbitrary<Values> {
  const entries = operatorsIn(formatParts(format)).map((operator): [string, fc.Arbitrary<string>] => {
    if (operator.field === 'method') return [operator.text, fc.constantFrom('GET', 'POST', '-')];
    if (operator.field === 'upstream_service_time') return [operator.text, uint];
    if (operator.name === 'UPSTREAM_HOST')
      return [operator.text, fc.constantFrom('10.0.0.1:80', '[2001:db8::1]:80', '-')];
    return [operator.text, operator.kind === 'open' ? open : BY_KIND[operator.kind]];
  });
  return fc.record(Object.fromEntries(entries));
}

/** What the line should be read as. A clients' own values, method and the like, are theirs to forge. */
function expectedOf(reader: EnvoyLineReader, format: string, values: Values): Partial<Record<AccessField, string>> {
  const found: Partial<Record<AccessField, string>> = {};
  for (const operator of operatorsIn(formatParts(format))) {
    const value = values[operator.text] ?? '-';
    if (operator.field !== null && reader.fields.has(operator.field) && value !== '-') found[operator.field] = value;
  }
  return found;
}

describe('lines of text formats', () => {
  for (const text of TEXTS) {
    const reader = compileEnvoyFormat({ text });

    it(`ordinary values come back: ${text.slice(0, 30)}`, () =>
      fc.assert(
        fc.property(valuesOf(text, BY_KIND.open), (values) => {
          const seen = readWith(reader, renderText(text, values));
          assert.equal(seen.result, 'read');
          assert.deepEqual(seen.values, expectedOf(reader, text, values));
        }),
        { numRuns: 500 },
      ));

    it(`hostile values change nothing: ${text.slice(0, 30)}`, () =>
      fc.assert(
        fc.property(valuesOf(text, HOSTILE), (values) => {
          const seen = readWith(reader, Buffer.from(renderText(text, values), 'latin1'));
          assert.notEqual(seen.result, 'foreign');
          const expected = seen.result === 'read' ? expectedOf(reader, text, values) : {};
          assert.deepEqual(seen.values, expected);
        }),
        { numRuns: 3000 },
      ));
  }

  it('any format that is taken, with any hostile value', () => {
    const part = fc.oneof(
      fc.constantFrom(' ', '" "', '"', ' "', '" ', '|', ' a=', 'code=', '\t', ', ', '['),
      fc.constantFrom(
        ...['%RESPONSE_CODE%', '%RESPONSE_FLAGS%', '%DURATION%', '%UPSTREAM_HOST%', '%PROTOCOL%', '%UPSTREAM_CLUSTER%'],
        ...['%REQ(A)%', '%REQ(B)%', '%RESP(C)%', '%REQUESTED_SERVER_NAME%', '%START_TIME%', '%BYTES_SENT%'],
      ),
    );
    let taken = 0;
    const format = fc.uniqueArray(part, {
      minLength: 1,
      maxLength: 12,
      selector: (text) => (text.startsWith('%') ? text : {}),
    });
    const cases = format.chain((parts) => {
      const text = `${parts.join('')}\n`;
      return valuesOf(text, fc.oneof(HOSTILE, BY_KIND.open)).map((values) => ({ text, values }));
    });
    fc.assert(
      fc.property(cases, ({ text, values }) => {
        let reader: EnvoyLineReader;
        try {
          reader = compileEnvoyFormat({ text });
        } catch (error) {
          assert.ok(error instanceof EnvoyFormatError);
          return;
        }
        taken++;
        const seen = readWith(reader, Buffer.from(renderText(text, values), 'latin1'));
        assert.notEqual(seen.result, 'foreign');
        assert.deepEqual(seen.values, seen.result === 'read' ? expectedOf(reader, text, values) : {});
      }),
      { numRuns: 20_000 },
    );
    assert.ok(taken > 500, String(taken));
  });
});

describe('what real clients and backends can do', () => {
  const reader = compileEnvoyFormat({ text: ENVOY_FORMATS.envoy.text });
  const values: Values = {
    START_TIME: '2026-11-21T18:52:34.376Z',
    'REQ(:METHOD)': 'GET',
    'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': '/',
    PROTOCOL: 'HTTP/1.1',
    RESPONSE_CODE: '200',
    BYTES_RECEIVED: '0',
    BYTES_SENT: '2',
    DURATION: '3',
    'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '1',
    UPSTREAM_HOST: '10.0.0.1:80',
  };
  const read = (more: Values) => readWith(reader, renderText(ENVOY_FORMATS.envoy.text, { ...values, ...more }));

  it('a whole forged middle, in the path or in the agent, makes the line ambiguous', () => {
    const forged = '/ HTTP/1.1" 503 UF 0 0 0 - "';
    assert.equal(read({ 'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': forged }).result, 'ambiguous');
    assert.equal(read({ 'REQ(USER-AGENT)': forged }).result, 'ambiguous');
    assert.deepEqual(read({ 'REQ(USER-AGENT)': forged }).values, {});
  });

  it('quotes alone do not', () => {
    const seen = read({
      'REQ(USER-AGENT)': 'a"b" "c" 503 "',
      'REQ(:AUTHORITY)': '" "10.6.6.6:1',
      'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': '/"x"',
    });
    assert.equal(seen.result, 'read');
    assert.equal(seen.line.code, 200);
    assert.equal(seen.line.text('upstream_host'), '10.0.0.1:80');
  });

  it('a backend that writes its own service time', () => {
    const seen = read({ 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '5 "evil' });
    assert.equal(seen.line.code, 200);
    assert.equal(seen.line.number('upstream_service_time'), 5);
    const forged = 'x HTTP/1.1" 503 UF 0 0 0 -';
    assert.equal(read({ 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': forged }).result, 'ambiguous');
  });

  it('other lines are foreign', () => {
    for (const other of [
      '',
      'hello',
      '[2026-11-21 18:52:32.421][24168][warning][main] [source/server/server.cc:1012] There is no limit',
      '2026/11/21 18:52:32 [error] 1#1: *1 connect() failed (111: Connection refused)',
      '{"response_code":200}',
      '[2026-11-21T18:52:34.376Z] "GET / HTTP/1.1" 2000 - 0 2 3 1 "-" "-" "-" "-" "10.0.0.1:80"',
      '[2026-11-21T18:52:34.376Z] "GET / HTTP/1.1" 200 - 0 2 3 1 "-" "-" "-" "-" "10.0.0.1:80',
    ])
      assert.equal(readWith(reader, other).result, 'foreign', other);
  });

  it('a line that is cut anywhere is foreign or says nothing wrong', () => {
    const line = renderText(ENVOY_FORMATS.envoy.text, { ...values, 'REQ(USER-AGENT)': 'curl' });
    for (let length = 0; length < line.length; length++)
      assert.equal(readWith(reader, line.slice(0, length)).result, 'foreign');
  });
});
