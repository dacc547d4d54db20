import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readIncidentsQuery } from '../../src/http/incidents-query.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const minute = 60_000;

describe('readIncidentsQuery', () => {
  for (const [url, query] of [
    ['/api/v1/incidents', {}],
    ['/x?', {}],
    ['/x?limit=1', { limit: 1 }],
    ['/x?limit=1000&since=15m', { limit: 1000, sinceMs: NOW - 15 * minute }],
    ['/x?since=90s', { sinceMs: NOW - 1.5 * minute }],
    ['/x?since=2h', { sinceMs: NOW - 120 * minute }],
    ['/x?since=1d', { sinceMs: NOW - 1440 * minute }],
    ['/x?since=2026-11-21T02:45:00Z', { sinceMs: NOW - 15 * minute }],
    ['/x?since=2026-11-21T03:45:00.000%2B01:00', { sinceMs: NOW - 15 * minute }],
    ['/x?since=2026-11-21', { sinceMs: NOW - 180 * minute }],
  ] as const)
    it(`reads ${url}`, () => assert.deepEqual(readIncidentsQuery(url, NOW), query));

  for (const [url, sentence] of [
    ['/x?limit=0', /^Parameter limit is "0": give a whole number from 1 to 1000$/],
    ['/x?limit=1001', /^Parameter limit is "1001": /],
    ['/x?limit=', /^Parameter limit is "": /],
    ['/x?limit=1e3', /^Parameter limit is "1e3": /],
    ['/x?limit=-5', /^Parameter limit /],
    [
      '/x?since=yesterday',
      /^Parameter since is "yesterday": give a duration such as 15m, 2h or 1d, or a time such as /,
    ],
    ['/x?since=', /^Parameter since is ""/],
    ['/x?since=2026-11-21T03:00:00', /^Parameter since /],
    ['/x?since=2026-13-41', /^Parameter since /],
    ['/x?since=15m&since=1h', /^Parameter since is given twice: one value each$/],
    ['/x?last=15m', /^Unknown parameter "last": there are limit, since$/],
    ['/x?__proto__=1', /^Unknown parameter "__proto__"/],
    [`/x?since=${'a'.repeat(5000)}`, /^.{0,300}$/],
  ] as const)
    it(`refuses ${url.slice(0, 40)}`, () => assert.match(String(readIncidentsQuery(url, NOW)), sentence));
});
