import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatParts, operatorsIn } from '../../../src/parse/envoy-access/format-parts.ts';

const shape = (format: string) =>
  formatParts(format).map((part) => (part.kind === 'literal' ? part.bytes.toString() : [part.operator.text]));

describe('format parts', () => {
  it('splits texts and operators', () =>
    assert.deepEqual(shape('[%START_TIME%] "%REQ(:METHOD)% %REQ(X-A?:PATH):10%" é'), [
      '[',
      ['START_TIME'],
      '] "',
      ['REQ(:METHOD)'],
      ' ',
      ['REQ(X-A?:PATH):10'],
      '" é',
    ]));

  it('a doubled percent sign is one', () =>
    assert.deepEqual(shape('100%% of %DURATION%%%'), ['100% of ', ['DURATION'], '%']));

  it('an argument may hold percent signs', () =>
    assert.deepEqual(shape('%START_TIME(%Y/%m/%dT%H:%M:%S%z %s)%!'), [['START_TIME(%Y/%m/%dT%H:%M:%S%z %s)'], '!']));

  for (const format of ['%', '100 %', '%lower%', '%REQ(X%', '%DURATION', `%${'A'.repeat(20_000)}%`])
    it(`${format.slice(0, 20)} is none`, () => assert.throws(() => formatParts(format), { reason: 'bad_syntax' }));
});

describe('operators', () => {
  const of = (format: string) => operatorsIn(formatParts(format))[0];

  it('says what each can print', () => {
    assert.equal(of('%RESPONSE_CODE%').kind, 'code');
    assert.equal(of('%DURATION%').kind, 'number');
    assert.equal(of('%COMMON_DURATION(DS_RX_BEG:US_TX_BEG:us)%').kind, 'number');
    assert.equal(of('%UPSTREAM_HOST%').kind, 'word');
    assert.equal(of('%REQ(USER-AGENT)%').kind, 'open');
    assert.equal(of('%REQUESTED_SERVER_NAME%').kind, 'open');
    assert.equal(of('%SOMETHING_NEW%').kind, 'open');
    // Envoy prints the client's x-request-id there.
    assert.equal(of('%STREAM_ID%').kind, 'open');
  });

  it('says what is read of it', () => {
    assert.equal(of('%UPSTREAM_CLUSTER_RAW%').field, 'upstream_cluster');
    assert.equal(of('%REQ(:method)%').field, 'method');
    assert.equal(of('%RESP(x-envoy-upstream-service-time)%').field, 'upstream_service_time');
    assert.equal(of('%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%').field, 'response_code_details');
    assert.equal(of('%REQ(X-METHOD)%').field, null);
    // Cut off.
    assert.equal(of('%REQ(:METHOD):2%').field, null);
  });

  it('says what may print a newline', () => {
    const may = (format: string) => of(format).mayHoldNewline;
    assert.equal(may('%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:payload)%'), true);
    assert.equal(may('%LOCAL_REPLY_BODY%'), true);
    assert.equal(may('%METADATA(DYNAMIC:a:b)%'), true);
    assert.equal(may('%METADATA(ROUTE:a:b)%'), false);
    assert.equal(may('%FILTER_STATE(wasm.x:PLAIN)%'), true);
    assert.equal(may('%FILTER_STATE(envoy.filters.listener.original_dst.local_ip:PLAIN)%'), false);
    assert.equal(may('%REQ(X)%'), false);
  });
});
