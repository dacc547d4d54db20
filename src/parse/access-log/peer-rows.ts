const FIRST_ROWS = 8;

/**
 * Counters by peer: a row each, of several groups of columns. One array, as all that a request adds to stands close together then;
 * column 0 says that the row has been added to.
 */
export class PeerRows {
  /** Where each group of columns begins in a row. */
  readonly starts: readonly number[];
  cells: Uint32Array;
  /** One for each row. */
  sums = new Float64Array(FIRST_ROWS);
  readonly #widths: readonly number[];
  readonly #width: number;
  readonly #touched: number[] = [];

  constructor(widths: readonly number[]) {
    this.#widths = widths;
    this.starts = widths.map((_, group) => widths.slice(0, group).reduce((sum, width) => sum + width, 1));
    this.#width = widths.reduce((sum, width) => sum + width, 1);
    this.cells = new Uint32Array(this.#width * FIRST_ROWS);
  }

  /** Where the row of a peer begins in `cells`, which is to be added to. Asked before `cells`: they may be another array then. */
  rowOf(peer: number): number {
    const row = peer * this.#width;
    if (row >= this.cells.length) this.#grow(peer + 1);
    if (this.cells[row] === 0) {
      this.cells[row] = 1;
      this.#touched.push(peer);
    }
    return row;
  }

  /** Hands over every row that has been added to since the last time, by groups, and starts again at zero. */
  drain(visit: (peer: number, groups: readonly Uint32Array[], sum: number) => void): void {
    this.drainRows((peer, row, sum) => {
      const groups = this.starts.map((start, group) => row.subarray(start, start + this.#widths[group]));
      visit(peer, groups, sum);
    });
  }

  /** The same by whole rows, each valid during the call. */
  drainRows(visit: (peer: number, row: Uint32Array, sum: number) => void): void {
    for (const peer of this.#touched) {
      const row = this.cells.subarray(peer * this.#width, (peer + 1) * this.#width);
      visit(peer, row, this.sums[peer]);
      row.fill(0);
      this.sums[peer] = 0;
    }
    this.#touched.length = 0;
  }

  /** Adds a whole row that was drained elsewhere. */
  add(peer: number, row: Uint32Array, sum: number): void {
    const at = this.rowOf(peer);
    for (let column = 1; column < this.#width; column++) this.cells[at + column] += row[column];
    this.sums[peer] += sum;
  }

  #grow(least: number): void {
    const rows = Math.max(this.sums.length * 2, least);
    const [cells, sums] = [new Uint32Array(rows * this.#width), new Float64Array(rows)];
    cells.set(this.cells);
    sums.set(this.sums);
    this.cells = cells;
    this.sums = sums;
  }
}
