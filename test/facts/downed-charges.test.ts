import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Cause } from '../../src/contract/names.ts';
import { chargesOf } from '../../src/facts/downed-charges.ts';

const down = (cause: Cause, peer: string, count: number, sinceMs = 0) => ({
  ...{ cause, peer, count, sinceMs, evidence: [`why ${peer}`, '2', '3', '4'] },
});

it('charges the cause of most failures first, with its peers and the last reasons', () => {
  const downed = [
    down('oom_killed', '10.0.0.1 80', 1),
    down('stale_endpoint', 'fd00::1 80', 2, 5),
    down('stale_endpoint', '/run/x y', 3, 4),
  ];
  assert.deepEqual(chargesOf(downed, UNKNOWN_UPSTREAM, 'cart'), [
    {
      ...{ cause: 'stale_endpoint', upstream: UNKNOWN_UPSTREAM, weight: 5 },
      evidence: [
        '5 failures of /run/x y, [fd00::1]:80 before took the peers of cart out (stale endpoint)',
        ...['why fd00::1 80', '2', '3'],
      ],
    },
    {
      ...{ cause: 'oom_killed', upstream: UNKNOWN_UPSTREAM, weight: 1 },
      evidence: [
        '1 failure of 10.0.0.1:80 before took the peers of cart out (oom killed)',
        ...['why 10.0.0.1 80', '2', '3'],
      ],
    },
  ]);
});

it('names three peers of many', () => {
  const downed = [1, 2, 3, 4, 5].map((n) => down('oom_killed', `10.0.0.${n} 80`, 1, n));
  assert.equal(
    chargesOf(downed, UNKNOWN_UPSTREAM, '')[0].evidence[0],
    '5 failures of 10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80 and 2 more before took the peers of the upstream out (oom killed)',
  );
});
