import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AccessVerdict } from '../../../src/parse/envoy-access/access-verdict.ts';
import { compileEnvoyFormat, type EnvoyLineReader } from '../../../src/parse/envoy-access/envoy-format.ts';
import { readWith } from './rendered.ts';

const [CODE, DETAILS] = ['%RESPONSE_CODE% %RESPONSE_FLAGS%', '%RESPONSE_CODE_DETAILS%'];
const FULL = compileEnvoyFormat({ text: `${CODE} ${DETAILS} %UPSTREAM_HOST% %UPSTREAM_CLUSTER%\n` });

it('words that are not Envoy’s, without a flag: a filter’s answer, of which no cluster’s counters tell', () => {
  const verdict = new AccessVerdict();
  const isOwn = (reader: EnvoyLineReader, text: string) => {
    verdict.judge(readWith(reader, text).line);
    return verdict.isOwn;
  };
  const isOwnOf = (format: string, text: string) => isOwn(compileEnvoyFormat({ text: `${format}\n` }), text);
  assert.equal(isOwn(FULL, '502 - lua_response - cart'), true);
  assert.equal(isOwn(FULL, '503 - direct_response - -'), true);
  assert.equal(isOwn(FULL, '502 - lua_response 10.0.0.1:80 cart'), false, 'the upstream may have answered so first');
  assert.equal(isOwn(FULL, '503 UF - - cart'), false);
  assert.equal(isOwn(FULL, '503 - via_upstream 10.0.0.1:80 cart'), false);
  assert.equal(isOwn(FULL, '503 - upstream_reset_before_response_started{news} - cart'), false, 'of an attempt');
  assert.equal(isOwn(FULL, '500 - ext_proc_error_gRPC_error_14 - cart'), false, 'of a service that a filter asked');
  assert.equal(
    isOwnOf(`${CODE} ${DETAILS} %UPSTREAM_HOST%`, '502 - other_filter -'),
    false,
    'perhaps of such a service',
  );
  assert.equal(isOwnOf(`${CODE} %UPSTREAM_HOST% %UPSTREAM_CLUSTER%`, '502 - - cart'), false, 'nobody knows');
  assert.equal(isOwnOf(`%RESPONSE_CODE% ${DETAILS} %UPSTREAM_CLUSTER%`, '502 lua_response cart'), false);
});
