/** A closed set of ASCII words, looked up by bytes without making a string. */
export interface WordTable {
  /** Position of the word `buffer[start, end)` in the list plus one; 0 when it is not in the list. */
  find(buffer: Uint8Array, start: number, end: number): number;
}

function hash(buffer: Uint8Array, start: number, end: number): number {
  let value = end - start;
  for (let i = start; i < end; i++) value = (Math.imul(value, 31) + buffer[i]) | 0;
  return value ^ (value >>> 15);
}

/** Builds a table without collisions by doubling its size until every word has its own place. */
export function makeWordTable(list: readonly string[]): WordTable {
  const words = list.map((word) => Buffer.from(word, 'latin1'));
  const longest = Math.max(...words.map((word) => word.length));
  let size = 64;
  let places = new Uint8Array(size);
  for (let placed = false; !placed; ) {
    places = new Uint8Array(size);
    placed = words.every((word, index) => {
      const place = hash(word, 0, word.length) & (size - 1);
      if (places[place] !== 0) return false;
      places[place] = index + 1;
      return true;
    });
    if (!placed) size *= 2;
    if (size > 1 << 20) throw new Error('word list has duplicates');
  }
  const mask = size - 1;
  return {
    find(buffer, start, end) {
      const length = end - start;
      if (length > longest) return 0;
      const id = places[hash(buffer, start, end) & mask];
      if (id === 0) return 0;
      const word = words[id - 1];
      if (word.length !== length) return 0;
      for (let i = 0; i < length; i++) if (word[i] !== buffer[start + i]) return 0;
      return id;
    },
  };
}

/**
 * The unsigned decimal `buffer[start, end)`; NaN when it is not one or when it is above 2^53 - 1 and a double could not
 * hold it exactly (Envoy's `*.version` gauges are 64-bit hashes).
 */
export function readUint(buffer: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 20) return Number.NaN;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = buffer[i] - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}
