const [DOT, ZERO, NINE] = [46, 48, 57];
/** Above it a number in a Float64Array is not exact. */
const MOST_DIGITS = 15;
const DECIMALS = 3;

/** Reads digits at `at` into `into[index]`. Returns their end: `at` when there is none, -1 when there are too many. */
export function readInteger(buffer: Uint8Array, at: number, limit: number, into: Float64Array, index: number): number {
  let value = 0;
  let end = at;
  while (end < limit) {
    const digit = buffer[end] - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    end++;
  }
  into[index] = value;
  return end - at > MOST_DIGITS ? -1 : end;
}

/** Reads seconds with three decimals, as nginx writes all its times, as milliseconds. Returns their end, `at` or -1 as above. */
export function readSeconds(buffer: Uint8Array, at: number, limit: number, into: Float64Array, index: number): number {
  const dot = readInteger(buffer, at, limit, into, index);
  if (dot <= at) return dot;
  const end = dot + 1 + DECIMALS;
  if (end > limit || buffer[dot] !== DOT || dot - at > MOST_DIGITS - DECIMALS) return -1;
  const first = buffer[dot + 1];
  const second = buffer[dot + 2];
  const third = buffer[dot + 3];
  if (first < ZERO || first > NINE || second < ZERO || second > NINE || third < ZERO || third > NINE) return -1;
  into[index] = into[index] * 1000 + (first - ZERO) * 100 + (second - ZERO) * 10 + (third - ZERO);
  return end;
}

/** Reads an integer that must be there. Returns its end, or -1. */
export function readWhole(buffer: Uint8Array, at: number, limit: number, into: Float64Array, index: number): number {
  const end = readInteger(buffer, at, limit, into, index);
  return end === at ? -1 : end;
}

/** Reads seconds that must be there. Returns their end, or -1. */
export function readTime(buffer: Uint8Array, at: number, limit: number, into: Float64Array, index: number): number {
  const end = readSeconds(buffer, at, limit, into, index);
  return end === at ? -1 : end;
}

/** Reads the three digits of a status. Returns their end, or -1. */
export function readStatus(buffer: Uint8Array, at: number, limit: number, into: Float64Array, index: number): number {
  const end = at + 3;
  if (end > limit) return -1;
  const first = buffer[at] - ZERO;
  const second = buffer[at + 1] - ZERO;
  const third = buffer[at + 2] - ZERO;
  if (first < 0 || first > 9 || second < 0 || second > 9 || third < 0 || third > 9) return -1;
  into[index] = first * 100 + second * 10 + third;
  return end;
}
