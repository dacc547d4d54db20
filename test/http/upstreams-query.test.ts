import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readUpstreamsQuery } from '../../src/http/upstreams-query.ts';

describe('readUpstreamsQuery', () => {
  for (const [url, query] of [
    ['/api/v1/upstreams', {}],
    ['/api/v1/upstreams?', {}],
    [
      '/x?gateway=edge&upstream=shop%7Ccart&state=port_drift',
      { gateway: 'edge', upstream: 'shop|cart', state: 'port_drift' },
    ],
    ['/x?state=', { state: '' }],
    ['/x?upstream=a?b', { upstream: 'a?b' }],
  ] as const)
    it(`reads ${url}`, () => assert.deepEqual({ ...(readUpstreamsQuery(url) as object) }, query));

  for (const [url, sentence] of [
    ['/x?gatway=edge', /^Unknown parameter "gatway": there are gateway, upstream, state$/],
    ['/x?gateway=a&gateway=b', /^Parameter gateway is given twice/],
    ['/x?state=dead', /^Unknown state "dead": there are live, .*unknown/],
    ['/x?__proto__=1', /^Unknown parameter "__proto__"/],
    [`/x?${'a'.repeat(5000)}`, /^.{0,200}$/],
  ] as const)
    it(`refuses ${url.slice(0, 40)}`, () => assert.match(String(readUpstreamsQuery(url)), sentence));
});
