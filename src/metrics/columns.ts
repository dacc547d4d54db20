/** For a column that holds nothing yet, which most do: each array and its memory take 0.4 kB, and there are a thousand. */
export const NO_BYTES = new Uint8Array(0);
export const NO_WORDS = new Uint32Array(0);
export const NO_FLOATS = new Float64Array(0);

const FIRST_LENGTH = 8;

type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** The column with room for `index`: itself, or one of at least twice the length that leaves nothing behind. */
export function withRoom<T extends Column>(column: T, index: number): T {
  if (index < column.length) return column;
  const type = column.constructor as { new (from: number | ArrayBuffer): T; readonly BYTES_PER_ELEMENT: number };
  const length = Math.max(FIRST_LENGTH, column.length * 2, index + 1);
  // Nobody's memory is taken from those who share it.
  return column.length === 0 ? new type(length) : new type(column.buffer.transfer(length * type.BYTES_PER_ELEMENT));
}
