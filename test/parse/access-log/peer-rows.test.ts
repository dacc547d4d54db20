import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PeerRows } from '../../../src/parse/access-log/peer-rows.ts';

function drained(rows: PeerRows): unknown[] {
  const seen: unknown[] = [];
  rows.drain((peer, groups, sum) => seen.push([peer, groups.map((group) => [...group]), sum]));
  return seen;
}

it('hands over what was added, and begins again at zero', () => {
  const rows = new PeerRows([2, 3]);
  // The row first: more rows are another array.
  const add = (peer: number, column: number, count: number) => {
    const row = rows.rowOf(peer);
    rows.cells[row + column] += count;
  };
  for (const peer of [0, 1000, 0]) add(peer, rows.starts[1] + 2, 1);
  add(1000, rows.starts[0], 5);
  rows.sums[1000] += 7;
  assert.deepEqual(drained(rows), [
    [
      0,
      [
        [0, 0],
        [0, 0, 2],
      ],
      0,
    ],
    [
      1000,
      [
        [5, 0],
        [0, 0, 1],
      ],
      7,
    ],
  ]);
  assert.deepEqual(drained(rows), []);
  add(1000, rows.starts[0] + 1, 1);
  assert.deepEqual(drained(rows), [
    [
      1000,
      [
        [0, 1],
        [0, 0, 0],
      ],
      0,
    ],
  ]);
});

it('whole rows that were drained elsewhere are added', () => {
  const [rows, others] = [new PeerRows([2, 1]), new PeerRows([2, 1])];
  for (const [one, count] of [
    [rows, 3],
    [others, 4],
  ] as const) {
    const row = one.rowOf(20);
    one.cells[row + one.starts[1]] = count;
    one.sums[20] = count / 2;
  }
  others.drainRows((_, row, sum) => rows.add(20, row, sum));
  others.drainRows(() => assert.fail('it is empty now'));
  assert.deepEqual(drained(rows), [[20, [[0, 0], [7]], 3.5]]);
});
