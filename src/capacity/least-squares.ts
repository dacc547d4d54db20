/** Result of `leastSquares`. */
export interface Fit {
  readonly coefficients: readonly number[];
  /** Sum of the squared residuals. */
  readonly squares: number;
  /** Standard error of the fitted mean at `row`, for residuals of standard deviation 1. */
  readonly leverage: (row: readonly number[]) => number;
}

const SINGULAR = 1e-9;

/** Fits `values` by a linear combination of the columns of `rows`; null: the columns do not differ enough to tell. */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): Fit | null {
  const width = rows[0].length;
  const inverse = invert(products(rows, width));
  if (inverse === null) return null;
  const moments = new Array<number>(width).fill(0);
  rows.forEach((row, index) => {
    for (let at = 0; at < width; at++) moments[at] += row[at] * values[index];
  });
  const coefficients = inverse.map((row) => dot(row, moments));
  return {
    coefficients,
    squares: sum(rows.map((row, index) => (values[index] - dot(row, coefficients)) ** 2)),
    leverage: (row) =>
      Math.sqrt(
        Math.max(
          dot(
            row,
            inverse.map((line) => dot(line, row)),
          ),
          0,
        ),
      ),
  };
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let at = 0; at < a.length; at++) total += a[at] * b[at];
  return total;
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Of numbers, not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function products(rows: readonly (readonly number[])[], width: number): number[][] {
  const found = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  for (const row of rows)
    for (let a = 0; a < width; a++) for (let b = a; b < width; b++) found[a][b] += row[a] * row[b];
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) found[a][b] = found[b][a];
  return found;
}

/** Gauss-Jordan with pivots. */
function invert(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length;
  const work = matrix.map((row, at) => [...row, ...Array.from({ length: size }, (_, other) => (other === at ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++)
      if (Math.abs(work[row][column]) > Math.abs(work[pivot][column])) pivot = row;
    if (Math.abs(work[pivot][column]) < SINGULAR) return null;
    [work[column], work[pivot]] = [work[pivot], work[column]];
    const pivotRow = work[column];
    const by = pivotRow[column];
    for (let at = 0; at < pivotRow.length; at++) pivotRow[at] /= by;
    for (let row = 0; row < size; row++) {
      const factor = work[row][column];
      if (row !== column && factor !== 0)
        for (let at = 0; at < pivotRow.length; at++) work[row][at] -= factor * pivotRow[at];
    }
  }
  return work.map((row) => row.slice(size));
}
