import { type ByteSet, bytesOf, union } from '../access-log/byte-set.ts';

/** `2016-12-15T16:07:09.000Z`, what %START_TIME% prints without an argument. */
const DEFAULT_FORMAT = '%Y-%m-%dT%H:%M:%E3SZ';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HUNDRED_YEARS = 100;

type Slot =
  | 'year'
  | 'short_year'
  | 'month'
  | 'month_name'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'epoch';

interface Specifier {
  readonly length: number;
  /** Characters, as bytesOf takes them. */
  readonly characters: string;
  readonly slot: Slot | 'zone' | null;
}

const DIGITS = '0-9';
const SPECIFIERS: Readonly<Record<string, Specifier>> = {
  Y: { length: 4, characters: DIGITS, slot: 'year' },
  y: { length: 2, characters: DIGITS, slot: 'short_year' },
  m: { length: 2, characters: DIGITS, slot: 'month' },
  b: { length: 3, characters: 'A-Za-z', slot: 'month_name' },
  h: { length: 3, characters: 'A-Za-z', slot: 'month_name' },
  d: { length: 2, characters: DIGITS, slot: 'day' },
  e: { length: 2, characters: '0-9 ', slot: 'day' },
  H: { length: 2, characters: DIGITS, slot: 'hour' },
  M: { length: 2, characters: DIGITS, slot: 'minute' },
  S: { length: 2, characters: DIGITS, slot: 'second' },
  s: { length: 10, characters: DIGITS, slot: 'epoch' },
  z: { length: 5, characters: '0-9+-', slot: 'zone' },
  Ez: { length: 6, characters: '0-9:+-', slot: 'zone' },
  a: { length: 3, characters: 'A-Za-z', slot: null },
  j: { length: 3, characters: DIGITS, slot: null },
};
const COMPOSED: Readonly<Record<string, string>> = { F: '%Y-%m-%d', T: '%H:%M:%S', D: '%m/%d/%y', R: '%H:%M' };
/** `%3f` is Envoy's own, `%E3S` absl's; `%f` has nine digits. */
const FRACTION = /^%(?:([1-9])?f|E([1-9])S)/;

interface Piece extends Specifier {
  readonly at: number;
}

/** Reads what one %START_TIME(…)% prints. Envoy runs on UTC. */
export interface StartTime {
  /** Every value has this many bytes … */
  readonly length: number;
  /** … and none but these. */
  readonly bytes: ByteSet;
  /** Milliseconds since the epoch; NaN when it is no such time or the format has no date. */
  read(buffer: Uint8Array, start: number, end: number): number;
}

/** Null: a format that is not understood, or whose values differ in length. */
export function startTimeOf(argument: string): StartTime | null {
  const pieces = piecesOf(argument === '' ? DEFAULT_FORMAT : argument);
  if (pieces === null) return null;
  const last = pieces.pieces.at(-1);
  const length = last === undefined ? pieces.length : Math.max(pieces.length, last.at + last.length);
  const set = union(pieces.pieces.map((piece) => bytesOf(piece.characters)));
  for (const byte of Buffer.from(pieces.literals)) set[byte] = 1;
  return { length, bytes: set, read: (buffer, start, end) => readTime(pieces.pieces, length, buffer, start, end) };
}

interface Pieces {
  readonly pieces: readonly Piece[];
  readonly literals: string;
  readonly length: number;
}

function piecesOf(format: string): Pieces | null {
  const pieces: Piece[] = [];
  let literals = '';
  let rest = format.replace(/%([FTDR])/g, (_, name: string) => COMPOSED[name]);
  let at = 0;
  const add = (specifier: Specifier) => {
    pieces.push({ ...specifier, at });
    at += specifier.length;
  };
  while (rest !== '') {
    const fraction = FRACTION.exec(rest);
    const simple = /^%(Ez|[A-Za-z])/.exec(rest);
    const specifier = simple === null ? undefined : SPECIFIERS[simple[1]];
    if (fraction !== null) {
      if (fraction[2] !== undefined) {
        add(SPECIFIERS.S);
        at++;
        literals += '.';
      }
      add({ length: Number(fraction[1] ?? fraction[2] ?? 9), characters: DIGITS, slot: 'fraction' });
      rest = rest.slice(fraction[0].length);
    } else if (simple !== null && specifier !== undefined) {
      add(specifier);
      rest = rest.slice(simple[0].length);
    } else if (rest[0] !== '%' || rest[1] === '%') {
      literals += rest[0];
      at += Buffer.byteLength(rest[0]);
      rest = rest.slice(rest[0] === '%' ? 2 : 1);
    } else return null;
  }
  return { pieces, literals, length: at };
}

function readTime(pieces: readonly Piece[], length: number, buffer: Uint8Array, start: number, end: number): number {
  if (end - start !== length) return Number.NaN;
  const text = Buffer.from(buffer.subarray(start, end)).toString('latin1');
  const values: Partial<Record<Slot, number>> = {};
  let offsetMinutes = 0;
  for (const { at, length: size, slot } of pieces) {
    const part = text.slice(at, at + size);
    if (slot === 'zone') offsetMinutes = minutesOf(part);
    else if (slot === 'month_name') values.month = MONTHS.indexOf(part) + 1;
    else if (slot === 'fraction') values.fraction = Number(part) / 10 ** (size - 3);
    else if (slot !== null) values[slot] = Number(part);
  }
  return momentOf(values) - offsetMinutes * 60_000;
}

function momentOf(values: Partial<Record<Slot, number>>): number {
  const fraction = Math.floor(values.fraction ?? 0);
  if (values.epoch !== undefined) return values.epoch * 1000 + fraction;
  const { month, day, short_year: shortYear } = values;
  const year = values.year ?? (shortYear === undefined ? undefined : 20 * HUNDRED_YEARS + shortYear);
  if (year === undefined || !month || !day || values.hour === undefined) return Number.NaN;
  return Date.UTC(year, month - 1, day, values.hour, values.minute ?? 0, values.second ?? 0, fraction);
}

function minutesOf(zone: string): number {
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}
