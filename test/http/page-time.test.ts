import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ago, clock, formatAge, formatAgo, formatClock } from '../../src/http/page-time.ts';

describe('formatAge', () => {
  for (const [ms, text] of [
    [-5, '0 s'],
    [41_900, '41 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [7_199_000, '119 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ] as const) {
    it(`${ms} ms is ${text}`, () => assert.equal(formatAge(ms), text));
  }
});

describe('formatAgo', () => {
  it('says just now below a second and for the future', () => {
    assert.equal(formatAgo('2026-01-01T00:00:00.500Z', Date.parse('2026-01-01T00:00:01Z')), 'just now');
    assert.equal(formatAgo('2026-01-01T00:00:10Z', Date.parse('2026-01-01T00:00:01Z')), 'just now');
  });
  it('says how long', () =>
    assert.equal(formatAgo('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:41Z')), '41 s ago'));
  it('is empty for no time', () => assert.equal(formatAgo('never', 0), ''));
});

describe('formatClock', () => {
  it('is the time of day in UTC', () => assert.equal(formatClock('2026-01-01T03:04:05.678+01:00'), '02:04:05'));
  it('is a dash for no time', () => assert.equal(formatClock('<b>'), '–'));
});

describe('ago and clock', () => {
  const atMs = Date.parse('2026-11-21T02:59:19Z');
  it('give the exact moment to machines and under the pointer', () => {
    const moment = 'datetime="2026-11-21T02:59:19.000Z" title="2026-11-21 02:59:19 UTC"';
    assert.equal(ago(atMs, atMs + 41_000).text, `<time ${moment} data-age>41 s ago</time>`);
    assert.equal(ago('2026-11-21T02:59:19Z', atMs + 41_000).text, `<time ${moment} data-age>41 s ago</time>`);
    assert.equal(clock(atMs).text, `<time ${moment}>02:59:19</time>`);
  });
  it('are empty for what no calendar knows', () =>
    assert.deepEqual([ago('x', 0).text, ago(Number.NaN, 0).text, clock(1e300).text], ['', '', '']));
});
