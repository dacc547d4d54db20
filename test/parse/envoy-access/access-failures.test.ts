import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AccessFailures } from '../../../src/parse/envoy-access/access-failures.ts';
import { AccessUpstreams } from '../../../src/parse/envoy-access/access-upstreams.ts';
import { AccessVerdict } from '../../../src/parse/envoy-access/access-verdict.ts';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { readWith } from './rendered.ts';

const FORMAT = compileEnvoyFormat({
  text: '%START_TIME% %DURATION% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_HOST% %BYTES_SENT%\n',
});

it('what says why comes first, then by the second; 504s without a flag are told apart', () => {
  const failures = new AccessFailures();
  const upstreams = new AccessUpstreams(10, 1);
  const verdict = new AccessVerdict();
  for (const [second, text] of [
    [1, '502 - - 9'],
    [2, '504 - - 9'],
    [4, '504 UT 10.0.0.1:80 9'],
    [3, '503 UC 10.0.0.1:80 9'],
    [5, '503 UAEX - 9'],
    [1, '502 - - 9'],
  ] as const) {
    const { line } = readWith(FORMAT, `2026-11-22T03:00:0${second}.000Z 1 ${text}`);
    verdict.judge(line);
    failures.add(line, verdict, upstreams.of(line));
  }
  const told = failures
    .drain()
    .map(({ symptom, isTimeout, isOfService, count }) => [symptom, isTimeout, isOfService, count]);
  assert.deepEqual(told, [
    ['premature_close', false, false, 1],
    ['response_timeout', false, false, 1],
    ['other', false, false, 2],
    ['other', true, false, 1],
    ['other', false, true, 1],
  ]);
  assert.deepEqual(failures.drain(), []);
});
