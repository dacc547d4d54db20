import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FIELD } from '../../../src/parse/envoy-access/access-fields.ts';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../../src/parse/envoy-access/envoy-formats.ts';
import { readWith, renderJson, renderText } from './rendered.ts';

const VALUES = {
  START_TIME: '2026-11-21T18:52:37.386Z',
  'REQ(:METHOD)': 'GET',
  'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': '/a?b="c',
  PROTOCOL: 'HTTP/2',
  RESPONSE_CODE: '503',
  RESPONSE_FLAGS: 'UF,URX',
  RESPONSE_CODE_DETAILS: 'upstream_reset_before_response_started{connection_timeout}',
  UPSTREAM_TRANSPORT_FAILURE_REASON: 'delayed_connect_error:_113',
  BYTES_RECEIVED: '1',
  BYTES_SENT: '190',
  DURATION: '20',
  'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '7',
  'REQ(USER-AGENT)': 'curl "8"',
  UPSTREAM_HOST: '10.2.71.14:8080',
  UPSTREAM_CLUSTER: 'outbound|80||cart.shop.svc.cluster.local',
  UPSTREAM_CLUSTER_RAW: 'outbound|80||cart.shop.svc.cluster.local',
  ROUTE_NAME: 'default',
};

describe('formats of the products', () => {
  for (const [name, format] of Object.entries(ENVOY_FORMATS)) {
    const reader = compileEnvoyFormat(format);

    it(`${name} comes back`, () => {
      const text = 'text' in format ? renderText(format.text, VALUES) : renderJson(format.json, VALUES);
      const { result, line } = readWith(reader, text);
      assert.equal(result, 'read');
      assert.deepEqual([line.code, line.text('response_flags')], [503, 'UF,URX']);
      assert.deepEqual([line.number('bytes_sent'), line.number('duration')], [190, 20]);
      assert.deepEqual([line.number('upstream_service_time'), line.text('method')], [7, 'GET']);
      assert.equal(line.text('upstream_host'), VALUES.UPSTREAM_HOST);
      assert.equal(
        line.text('upstream_cluster'),
        reader.fields.has('upstream_cluster') ? VALUES.UPSTREAM_CLUSTER : null,
      );
      assert.equal(line.startMs, Date.UTC(2026, 10, 21, 18, 52, 37, 386));
    });

    it(`${name} hides nothing`, () => assert.deepEqual([...reader.unread], []));
  }

  it('every field is read by one of them, or is asked for by name', () => {
    const read = Object.values(ENVOY_FORMATS).flatMap((format) => [...compileEnvoyFormat(format).fields]);
    const others = Object.keys(FIELD).filter((field) => !(read as string[]).includes(field));
    assert.deepEqual(others, [
      ...['response_flags_long', 'request_tx_duration', 'response_duration', 'connection_id', 'stream_id', 'attempts'],
    ]);
  });

  it('a JSON text of the old Envoy Gateway cannot be forged', () => {
    const format = ENVOY_FORMATS['envoy-gateway-text'];
    const forged = 'x","protocol":"HTTP/2","response_code":"200","response_flags":"-","response_code_details":"-","';
    const agent = { ...VALUES, 'REQ(USER-AGENT)': forged };
    assert.equal(readWith(compileEnvoyFormat(format), renderText(format.text, agent)).line.code, 503);
  });
});
