import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../../src/parse/envoy-access/envoy-formats.ts';
import { FormatGuess } from '../../../src/parse/envoy-access/format-guess.ts';
import { renderJson, renderText, type Values } from './rendered.ts';

const VALUES: Values = {
  ...{ START_TIME: '2026-11-21T03:00:00.000Z', 'REQ(:METHOD)': 'GET', PROTOCOL: 'HTTP/1.1', RESPONSE_CODE: '200' },
  ...{ DURATION: '4', BYTES_SENT: '10', BYTES_RECEIVED: '3', UPSTREAM_HOST: '10.0.0.1:80' },
};
const guess = new FormatGuess();
const nameOf = (line: string | Buffer) => guess.nameOf(Buffer.from(line), 0, Buffer.byteLength(line));
const render = (format: EnvoyFormat) =>
  'json' in format ? renderJson(format.json, VALUES) : renderText(format.text, VALUES);

describe('FormatGuess', () => {
  for (const [name, format] of Object.entries<EnvoyFormat>(ENVOY_FORMATS)) {
    // They are the same.
    const twin = { contour: 'envoy', consul: 'istio-json' }[name] ?? name;
    it(`knows a line of ${name}`, () => assert.equal(nameOf(render(format)), twin));
  }

  it('knows no line of others', () => {
    const values = { time: '2026-11-21T03:00:00Z', level: 'info', msg: 'response_code 200' };
    const more = { ...ENVOY_FORMATS['istio-json'].json, mine: '%REQ(X-MINE)%' };
    for (const line of [
      '',
      '[2026-11-21 03:00:00.000][1][info][main] all clusters initialized',
      '2026-11-21T03:00:00.000Z\tinfo\tEnvoy proxy is ready',
      '10.0.0.9 - - [21/Nov/2026:03:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"',
      JSON.stringify(values),
      JSON.stringify({ ...values, response_code: 200, response_flags: '-' }),
      renderJson(more, VALUES),
      `${render(ENVOY_FORMATS['istio-json'])}x`,
      Buffer.from(`{"response_code":200,"response_flags":"-","x":"\xff"}`, 'latin1'),
      `[${'x'.repeat(20_000)}`,
    ])
      assert.equal(nameOf(line), null, String(line).slice(0, 60));
  });
});
