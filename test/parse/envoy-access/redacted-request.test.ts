import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import { EnvoyAccessLine } from '../../../src/parse/envoy-access/access-line.ts';
import { AccessVerdict } from '../../../src/parse/envoy-access/access-verdict.ts';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { redactedRequest } from '../../../src/parse/envoy-access/redacted-request.ts';

const FORMAT = {
  json: {
    code: '%RESPONSE_CODE%',
    flags: '%RESPONSE_FLAGS%',
    details: '%RESPONSE_CODE_DETAILS%',
    host: '%UPSTREAM_HOST%',
  },
};

function redacted(line: object, upstream = 'cart', address = '10.0.0.1'): string {
  const buffer = Buffer.from(JSON.stringify(line));
  const read = new EnvoyAccessLine();
  const verdict = new AccessVerdict();
  assert.equal(compileEnvoyFormat(FORMAT).read(buffer, 0, buffer.length, read), 1);
  verdict.judge(read);
  const peer = { scheme: 'tcp', address, port: 80 };
  return redactedRequest(read, verdict, { peer, upstream: { ...UNKNOWN_UPSTREAM, upstream } });
}

it('shows Envoy’s own words, and of a filter’s none', () => {
  const line = { code: 503, flags: 'UC', details: 'upstream_reset_before_response_started{connection_termination}' };
  assert.equal(
    redacted({ ...line, host: '10.0.0.1:80' }),
    '503 UC premature close [upstream_reset_before_response_started{connection_termination}] upstream: 10.0.0.1:80 cluster: cart',
  );
  assert.equal(
    redacted({ code: 503, flags: 'UF', details: 'lua_said{token=abc}' }),
    '503 UF other upstream: 10.0.0.1:80 cluster: cart',
  );
});

it('hides names that are none, and brackets IPv6', () => {
  const line = { code: 503, flags: 'UH', details: null };
  assert.equal(redacted(line, 'a<b>', 'x y'), '503 UH no healthy upstream upstream: … cluster: …');
  assert.match(redacted(line, 'cart', '2001:db8::1'), /upstream: \[2001:db8::1\]:80 /);
});
