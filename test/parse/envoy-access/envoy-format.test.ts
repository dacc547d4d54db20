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

  it('every reason occurs', () =>
    assert.deepEqual([...new Set(REFUSED.map(([, reason]) => reason))].sort(), [...ENVOY_FORMAT_REASONS].sort()));

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

  it('empty values where omit_empty_values is set', () => {
    const format = { text: '%RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% "%UPSTREAM_HOST%"\n', omitEmptyValues: true };
    const seen = readWith(compileEnvoyFormat(format), '503 UH  ""');
    assert.deepEqual([seen.result, seen.values], ['read', { response_code: '503', response_flags: 'UH' }]);
    assert.equal(seen.line.isNone('upstream_host'), true);
    assert.equal(readWith(compileEnvoyFormat({ text: format.text }), '503 UH  ""').result, 'foreign');
  });
});
