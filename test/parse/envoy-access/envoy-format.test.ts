import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMAT_REASONS, EnvoyFormatError } from '../../../src/parse/envoy-access/format-problem.ts';
import { readWith } from './rendered.ts';

const problemOf = (text: string): EnvoyFormatError => {
  try {
    compileEnvoyFormat({ text });
  } catch (error) {
    if (error instanceof EnvoyFormatError) return error;
  }
  throw new Error(`${text} was taken`);
};

/** Refused formats, with the operator that cannot be read and what is to blame. */
const REFUSED: readonly (readonly [text: string, reason: string, operator: string, blame: string | RegExp])[] = [
  ['%RESPONSE_CODE% %\n', 'bad_syntax', '', /" ?%"/],
  ['%START_TIME% %DURATION%\n', 'no_code', '', ''],
  ['%RESPONSE_CODE%', 'multiline', '', 'does not end its lines'],
  ['%RESPONSE_CODE%\n%DURATION%\n', 'multiline', '', 'has several lines'],
  ['%RESPONSE_CODE% %LOCAL_REPLY_BODY%\n', 'forgeable_lines', '', 'LOCAL_REPLY_BODY'],
  ['%RESPONSE_CODE%%DURATION%\n', 'adjacent', 'RESPONSE_CODE', 'DURATION'],
  ['%RESPONSE_CODE%%REQ(X)%\n', 'adjacent', 'RESPONSE_CODE', 'REQ(X)'],
  ['"%REQ(X)%%RESPONSE_CODE%"\n', 'adjacent', 'RESPONSE_CODE', 'REQ(X)'],
  ['%RESPONSE_CODE%0 %DURATION%\n', 'adjacent', 'RESPONSE_CODE', '0 '],
  ['%RESPONSE_FLAGS%,%RESPONSE_CODE%\n', 'adjacent', 'RESPONSE_FLAGS', ','],
  // Istio's clusters hold it.
  ['%RESPONSE_CODE%|%UPSTREAM_CLUSTER%|%DURATION%\n', 'adjacent', 'UPSTREAM_CLUSTER', '|'],
  ['%RESPONSE_CODE% %REQ(X)%|%UPSTREAM_CLUSTER%\n', 'adjacent', 'UPSTREAM_CLUSTER', '|'],
  ['%REQ(USER-AGENT)% %RESPONSE_CODE% %REQ(X)%\n', 'hidden', 'RESPONSE_CODE', 'REQ(USER-AGENT)'],
  ['%RESPONSE_CODE% %REQ(A)% %DURATION% %REQ(B)%\n', 'hidden', 'DURATION', 'REQ(A)'],
  ['%RESPONSE_CODE% %SOMETHING_NEW% %UPSTREAM_HOST% %OTHER%\n', 'hidden', 'UPSTREAM_HOST', 'SOMETHING_NEW'],
];

describe('formats that cannot be read', () => {
  for (const [text, reason, operator, blame] of REFUSED)
    it(JSON.stringify(text), () => {
      const problem = problemOf(text);
      assert.equal(problem.reason, reason);
      assert.equal(problem.operator, operator);
      if (typeof blame === 'string') assert.equal(problem.text, blame);
      else assert.match(problem.text, blame);
      // The reason and the fix, as a sentence.
      assert.match(problem.message, /[:,] /);
    });

  it('every reason occurs, one of them only in JSON', () =>
    assert.deepEqual(
      [...new Set([...REFUSED.map(([, reason]) => reason), 'nested'])].sort(),
      [...ENVOY_FORMAT_REASONS].sort(),
    ));

  it('JSON without a code', () =>
    assert.throws(() => compileEnvoyFormat({ json: { d: '%DURATION%' } }), { reason: 'no_code' }));
});

describe('formats that can', () => {
  const taken: readonly (readonly [text: string, line: string, values: object])[] = [
    ['%RESPONSE_CODE%\n', '200', { response_code: '200' }],
    // From the line's end.
    ['%REQ(USER-AGENT)% %RESPONSE_CODE% %DURATION%\n', 'a 404 9 b 200 5', { response_code: '200', duration: '5' }],
    // From its start.
    ['%RESPONSE_CODE% %REQ(:METHOD)% %REQ(:PATH)%\n', '200 GET /', { response_code: '200', method: 'GET' }],
    // In between, by its quotes.
    [
      '%REQ(A)%" %RESPONSE_CODE% %RESPONSE_FLAGS% "%REQ(B)%\n',
      'x y" 503 UF,URX "z',
      { response_code: '503', response_flags: 'UF,URX' },
    ],
    // By words of the format.
    ['ua=%REQ(A)% code=%RESPONSE_CODE% b=%REQ(B)%\n', 'ua=curl code=200 b=', { response_code: '200' }],
    [
      '%RESPONSE_CODE%|%UPSTREAM_CLUSTER%;%DURATION%ms\n',
      '200|outbound|80||a;7ms',
      { response_code: '200', upstream_cluster: 'outbound|80||a', duration: '7' },
    ],
    [
      '%START_TIME%%RESPONSE_CODE%\n',
      '2026-11-21T18:52:32.566Z204',
      { start_time: '2026-11-21T18:52:32.566Z', response_code: '204' },
    ],
    [
      '%RESPONSE_FLAGS_LONG% %ROUTE_NAME%\n',
      'UpstreamConnectionFailure my route',
      { response_flags_long: 'UpstreamConnectionFailure', route_name: 'my route' },
    ],
  ];
  for (const [text, line, values] of taken)
    it(JSON.stringify(text), () => {
      const seen = readWith(compileEnvoyFormat({ text }), line);
      assert.equal(seen.result, 'read');
      assert.deepEqual(seen.values, values);
    });

  it('says which fields it reads and which are hidden', () => {
    const reader = compileEnvoyFormat({ text: '%RESPONSE_CODE% "%REQ(X)%" %REQ(:METHOD)% %ROUTE_NAME% %REQ(Y)%\n' });
    assert.deepEqual([...reader.fields], ['response_code']);
    assert.deepEqual([...reader.unread].sort(), ['method', 'route_name']);
  });

  it('the long names of headers, since Envoy 1.37', () => {
    const text =
      '"%REQUEST_HEADER(:METHOD)% %REQUEST_HEADER(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% %RESPONSE_HEADER(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQUEST_HEADER(X?Y):9%"\n';
    const { values } = readWith(compileEnvoyFormat({ text }), '"POST / HTTP/1.1" 200 - 13 12 "x"');
    assert.deepEqual([values.method, values.response_code, values.upstream_service_time], ['POST', '200', '12']);
  });

  it('objects in objects, as ECS has them; a code where it is not looked for is said', () => {
    const http = {
      request: { method: '%REQ(:METHOD)%' },
      response: { status_code: '%RESPONSE_CODE%', body: { bytes: '%BYTES_SENT%' } },
    };
    const line =
      '{"envoy":{"flags":"UF"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":7},"status_code":503}}}';
    const seen = readWith(compileEnvoyFormat({ json: { http, envoy: { flags: '%RESPONSE_FLAGS%' } } }), line);
    assert.equal(seen.result, 'read');
    assert.deepEqual(seen.values, { method: 'GET', response_code: '503', response_flags: 'UF', bytes_sent: '7' });
    const deep = { a: { b: { c: { d: { e: { code: '%RESPONSE_CODE%' } } } } } };
    for (const json of [
      { codes: ['%RESPONSE_CODE%'], flags: '%RESPONSE_FLAGS%' },
      { list: [{ code: '%RESPONSE_CODE%' }] },
      deep,
    ])
      assert.throws(() => compileEnvoyFormat({ json }), { reason: 'nested', operator: 'RESPONSE_CODE' });
  });

  it('empty values where omit_empty_values is set', () => {
    const format = { text: '%RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% "%UPSTREAM_HOST%"\n', omitEmptyValues: true };
    const seen = readWith(compileEnvoyFormat(format), '503 UH  ""');
    assert.deepEqual([seen.result, seen.values], ['read', { response_code: '503', response_flags: 'UH' }]);
    assert.equal(seen.line.isNone('upstream_host'), true);
    assert.equal(readWith(compileEnvoyFormat({ text: format.text }), '503 UH  ""').result, 'foreign');
  });
});
