import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseCount, parseMilliseconds, parseSeconds } from '../../src/parse/nginx-conf-units.ts';

const TABLE: readonly [parse: (text: string) => number | null, rows: Record<string, number | null>][] = [
  [parseCount, { '0': 0, '16': 16, '': null, '-1': null, '1k': null, ' 1': null, '1234567890123456': null }],
  [
    parseSeconds,
    {
      '10': 10,
      '10s': 10,
      '1m30s': 90,
      '1m 30s': 90,
      '2h': 7200,
      '1d': 86_400,
      '1w': 604_800,
      '1M': 2_592_000,
      '1y': 31_536_000,
    },
  ],
  [parseSeconds, { '': null, s: null, '10ms': null, '30s1m': null, '-1': null, '1x': null, '0': 0 }],
  [
    parseMilliseconds,
    { '10': 10_000, '1m': 60_000, '500ms': 500, '1s500ms': 1500, '1s 5ms': 1005, '1m30s 7ms': 90_007 },
  ],
  [parseMilliseconds, { '': null, ms: null, '1 5ms': null, '-1ms': null, '5ms1s': null, '0': 0, '0ms': 0 }],
  [parseBytes, { '100': 100, '512k': 524_288, '1M': 1_048_576, '2g': 2_147_483_648, '': null, k: null, '1t': null }],
];
for (const [parse, rows] of TABLE) {
  for (const [text, value] of Object.entries(rows))
    test(`${parse.name} ${JSON.stringify(text)}`, () => assert.equal(parse(text), value));
}
