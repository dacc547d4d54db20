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

/** Builds an open-addressing table at most a quarter full; throws when a word is listed twice. */
export function makeWordTable(list: readonly string[]): WordTable {
  const words = list.map((word) => Buffer.from(word, 'latin1'));
  const longest = Math.max(...words.map((word) => word.length));
  const mask = 2 ** Math.ceil(Math.log2(words.length * 4 + 1)) - 1;
  const places = new Uint16Array(mask + 1);
  const table: WordTable = {
    find(buffer, start, end) {
      if (end - start > longest) return 0;
      let place = hash(buffer, start, end) & mask;
      for (; places[place] !== 0; place = (place + 1) & mask)
        if (equals(words[places[place] - 1], buffer, start, end)) return places[place];
      return 0;
    },
  };
  for (const [index, word] of words.entries()) {
    if (table.find(word, 0, word.length) !== 0) throw new Error(`${list[index]} is in the list twice`);
    let place = hash(word, 0, word.length) & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = index + 1;
  }
  return table;
}

function equals(word: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let i = 0; i < word.length; i++) if (word[i] !== buffer[start + i]) return false;
  return true;
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
