import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countAnswers } from '../../src/collectors/envoy-answers.ts';
import type { GlobalStat } from '../../src/parse/envoy-global-stats.ts';

const count = (growths: Partial<Record<GlobalStat, number>>, exact: [number, number, number]) =>
  Object.fromEntries(
    countAnswers(new Map(Object.entries(growths) as [GlobalStat, number][]), {
      '502': exact[0],
      '503': exact[1],
      '504': exact[2],
    }),
  );

describe('countAnswers', () => {
  it('gives the exact code where clusters say it, requests without a cluster as 503, the rest as other', () => {
    const growths = { downstream_rq_2xx: 7, downstream_rq_4xx: 1, downstream_rq_5xx: 10, no_cluster: 2 } as const;
    const expected = { '1xx': 0, '2xx': 7, '3xx': 0, '4xx': 1, '502': 1, '503': 5, '504': 2, '5xx_other': 2 };
    assert.deepEqual(count(growths, [1, 3, 2]), expected);
  });

  it('never says more 5xx than clients got: an Envoy’s own calls are in the clusters too', () => {
    const codes = count({ downstream_rq_5xx: 3 }, [0, 4, 2]);
    assert.deepEqual([codes['502'], codes['503'], codes['504'], codes['5xx_other']], [0, 2, 1, 0]);
  });
});
