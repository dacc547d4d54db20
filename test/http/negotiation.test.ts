import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { acceptsGzip, chooseFormat, scraperOf } from '../../src/http/negotiation.ts';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

describe('chooseFormat', () => {
  for (const [story, accept, format] of [
    ['Prometheus 2', PROMETHEUS_2, 'openmetrics'],
    ['Prometheus 3', PROMETHEUS_3, 'openmetrics'],
    ['a quoted version', 'application/openmetrics-text; version="1.0.0"', 'openmetrics'],
    ['upper case', 'Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
    ['curl', '*/*', 'text'],
    ['no header', undefined, 'text'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    ['an old OpenMetrics only', 'application/openmetrics-text;version=0.0.1', 'text'],
    ['OpenMetrics refused', 'application/openmetrics-text;version=1.0.0;q=0,text/plain', 'text'],
    ['text preferred', 'application/openmetrics-text;version=1.0.0;q=0.4,text/plain;q=0.5', 'text'],
    ['text preferred by a wildcard', 'application/openmetrics-text;version=1.0.0;q=0.4,*/*', 'text'],
    [
      'a specific low text beats its wildcard',
      'application/openmetrics-text;version=1.0.0;q=0.4,text/plain;q=0.1,*/*',
      'openmetrics',
    ],
    ['a broken quality', 'application/openmetrics-text;version=1.0.0;q=9', 'text'],
    ['nonsense', ';;;=,,,q=', 'text'],
    ['a header over 4 KiB', `${PROMETHEUS_2},${'x,'.repeat(3000)}`, 'text'],
  ] as const) {
    it(`${story}: ${format}`, () => assert.equal(chooseFormat(accept), format));
  }
});

describe('acceptsGzip', () => {
  for (const [header, accepted] of [
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
    ['', false],
    [undefined, false],
  ] as const) {
    it(`${JSON.stringify(header)}: ${accepted}`, () => assert.equal(acceptsGzip(header), accepted));
  }
});

describe('scraperOf', () => {
  const request = (agent: string | undefined, remoteAddress: string | undefined): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { 'user-agent': agent } }) as unknown as IncomingMessage;

  it('joins address and agent', () =>
    assert.equal(scraperOf(request('Prometheus/2.42', '10.0.0.1')), '10.0.0.1 Prometheus/2.42'));
  it('bounds the agent', () => assert.equal(scraperOf(request('x'.repeat(9000), '::1')).length, 204));
  it('lives without both', () => assert.equal(scraperOf(request(undefined, undefined)), ' '));
});
