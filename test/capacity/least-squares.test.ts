import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leastSquares, median } from '../../src/capacity/least-squares.ts';

describe('leastSquares', () => {
  it('finds the line, what is left of it, and how far it may be off', () => {
    // Residuals −1, 2, −1 of 1 + 3x; checked by hand: Σ(x − 1)² = 2.
    const fit = leastSquares(
      [
        [1, 0],
        [1, 1],
        [1, 2],
      ],
      [0, 6, 6],
    )!;
    assert.deepEqual(
      fit.coefficients.map((value) => Math.round(value * 1e9) / 1e9),
      [1, 3],
    );
    assert.ok(Math.abs(fit.squares - 6) < 1e-9);
    assert.ok(Math.abs(fit.leverage([1, 1]) - Math.sqrt(1 / 3)) < 1e-9);
    assert.ok(Math.abs(fit.leverage([1, 3]) - Math.sqrt(1 / 3 + 4 / 2)) < 1e-9);
  });

  it('is null when two columns are the same', () => {
    assert.equal(
      leastSquares(
        [
          [1, 2],
          [2, 4],
          [3, 6],
        ],
        [1, 2, 3],
      ),
      null,
    );
  });
});

describe('median', () => {
  it('is the middle, or between the two', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([9, 1, 5, 6]), 5.5);
  });
});
