import { bytesOf } from '../access-log/byte-set.ts';
import { type AccessField, COUNTED_FIELDS, FIELD } from './access-fields.ts';
import { type FormatPart, operatorsIn } from './format-parts.ts';
import { EnvoyFormatError } from './format-problem.ts';
import { FLAG_BYTES, Island, LONG_FLAG_BYTES, PROTOCOL_BYTES, type Step, type ValueStep, wordBytes } from './island.ts';
import { IslandFinder } from './island-finder.ts';
import type { Operator } from './operators.ts';
import { type StartTime, startTimeOf } from './start-time.ts';

/** A wanted value that a client or a backend writes, right behind an island: it ends where the format goes on. */
export interface Tail {
  readonly field: number;
  /** Null: at the end of the line. */
  readonly until: Buffer | null;
}

export interface Place {
  /** Texts of the format between the place before, or the start of the line, and this one: other people's values lie between. */
  readonly gap: readonly Buffer[];
  readonly island: Island;
  readonly finder: IslandFinder;
  readonly tail: Tail | null;
}

export interface TextLayout {
  /** At the start of the line. */
  readonly first: Place | null;
  /** Somewhere, in this order. */
  readonly floating: readonly Place[];
  /** At the end of the line. */
  readonly last: Place | null;
  /** Texts behind the last place. */
  readonly tailGap: readonly Buffer[];
  /** `first` is all there is. */
  readonly isWhole: boolean;
  /** Values of the format that cannot be told from what others wrote, or whose time is not understood. */
  readonly unread: readonly AccessField[];
  readonly time: StartTime | null;
}

/** What ordinary header values hold side by side; other bytes, and words of four and more, mark an island well. */
const ORDINARY = /^[A-Za-z0-9 ._:/;,()+-]{0,3}$/;

interface Stretch {
  readonly parts: FormatPart[];
  /** The value of somebody else that stands before it; null at the start of the line. */
  readonly before: Operator | null;
  after: Operator | null;
}

/** Plans how a line is read. `mayBeEmpty`: omit_empty_values. Throws EnvoyFormatError. */
export function layoutOf(parts: readonly FormatPart[], mayBeEmpty: boolean): TextLayout {
  const open = openParts(parts);
  const stretches = stretchesOf(parts, open);
  const unread = new Set<AccessField>();
  const kept = stretches.filter((stretch) => isReadable(stretch, unread));
  // Of several times one is read.
  const time = operatorsIn(kept.flatMap((stretch) => stretch.parts)).find(({ kind }) => kind === 'time');
  const places = new Map(
    kept.map((stretch) => [
      stretch,
      {
        ...islandOf(stretch, time, mayBeEmpty),
        tail: tailOf(stretch, parts),
        gap: gapBefore(stretches, kept, stretch),
      },
    ]),
  );
  const first = kept.find(({ before }) => before === null);
  const last = kept.find((stretch) => stretch.after === null && stretch !== first);
  const tails = new Set([...places.values()].map(({ tail }) => tail?.field));
  for (const { field } of open) if (field !== null && !tails.has(FIELD[field])) unread.add(field);
  return {
    first: (first && places.get(first)) ?? null,
    floating: kept
      .filter((stretch) => stretch !== first && stretch !== last)
      .map((stretch) => places.get(stretch) as Place),
    last: (last && places.get(last)) ?? null,
    tailGap: gapBefore(stretches, kept, null),
    isWhole: open.size === 0,
    unread: [...unread],
    time: time === undefined ? null : startTimeOf(time.argument),
  };
}

/** Values whose end their own bytes do not tell. Throws when a counted one is among them. */
function openParts(parts: readonly FormatPart[]): Set<Operator> {
  const open = new Set<Operator>();
  parts.forEach((part, index) => {
    if (part.kind !== 'value') return;
    const { operator } = part;
    const next = parts[index + 1];
    const isTime = operator.kind === 'time' && startTimeOf(operator.argument) !== null;
    if (operator.kind === 'open' || (operator.kind === 'time' && !isTime)) open.add(operator);
    else if (next?.kind === 'literal' && !isTime && mayHold(operator, next.bytes[0]))
      refuseOrOpen(operator, next.bytes.toString(), open);
    const previous = parts[index - 1];
    // A word at the end begins behind the last byte that it cannot hold.
    if (next === undefined && operator.kind === 'word' && open.size > 0 && previous?.kind === 'literal') {
      if (mayHold(operator, previous.bytes.at(-1) ?? 0)) refuseOrOpen(operator, previous.bytes.toString(), open);
    }
    if (next?.kind !== 'value' || (isTime && !open.has(operator))) return;
    refuseOrOpen(operator, next.operator.text, open);
    refuseOrOpen(next.operator, operator.text, open);
  });
  return open;
}

function refuseOrOpen(operator: Operator, neighbour: string, open: Set<Operator>): void {
  if (operator.field !== null && COUNTED_FIELDS.has(operator.field))
    throw new EnvoyFormatError('adjacent', neighbour, operator.text);
  open.add(operator);
}

const ADDRESS = /_HOST$|_ADDRESS(?:_WITHOUT_PORT)?$/;
const IN_ADDRESSES = bytesOf('A-Za-z0-9.:/[]@%_~-');
/** What names and details are made of: Istio's clusters have `|`, details `{`, `,` and `|`. */
const IN_WORDS = bytesOf('A-Za-z0-9.:/[]{}()|,_~@%+=&#-');

function mayHold(operator: Operator, byte: number): boolean {
  if (operator.kind !== 'word') return bytesOfValue(operator, byte)[byte] === 1;
  return (ADDRESS.test(operator.name) ? IN_ADDRESSES : IN_WORDS)[byte] === 1;
}

/** A word ends at the first byte of what follows. */
function bytesOfValue(operator: Operator, follows: number): Uint8Array {
  if (operator.kind === 'flags') return FLAG_BYTES;
  if (operator.kind === 'long_flags') return LONG_FLAG_BYTES;
  if (operator.kind === 'protocol') return PROTOCOL_BYTES;
  if (operator.kind === 'word') return wordBytes(follows);
  return DIGITS;
}

const DIGITS = new Uint8Array(256).fill(1, 48, 58);

function stretchesOf(parts: readonly FormatPart[], open: ReadonlySet<Operator>): Stretch[] {
  const stretches: Stretch[] = [{ parts: [], before: null, after: null }];
  for (const part of parts) {
    const current = stretches[stretches.length - 1];
    if (part.kind === 'literal' || !open.has(part.operator)) current.parts.push(part);
    else {
      current.after = part.operator;
      stretches.push({ parts: [], before: part.operator, after: null });
    }
  }
  // A line may begin with a wanted value of a client.
  return stretches.filter(({ parts: own, before, after }) => own.length > 0 || (before === null && after?.field));
}

/** Whether it is worth finding, and can be. Throws when a counted value cannot. */
function isReadable(stretch: Stretch, unread: Set<AccessField>): boolean {
  const { parts, before, after } = stretch;
  if (before === null) return true;
  const wanted = operatorsIn(parts).filter(({ field }) => field !== null);
  if (wanted.length === 0) return false;
  const isMarked = parts.some((part) => part.kind === 'literal' && !ORDINARY.test(part.bytes.toString('latin1')));
  if (isMarked || after === null) return true;
  for (const { field, text } of wanted) {
    if (field === null) continue;
    if (COUNTED_FIELDS.has(field)) throw new EnvoyFormatError('hidden', before.text, text);
    unread.add(field);
  }
  return false;
}

/** `stretch` null: behind the last one that is kept. */
function gapBefore(all: readonly Stretch[], kept: readonly Stretch[], stretch: Stretch | null): Buffer[] {
  const to = stretch === null ? all.length : all.indexOf(stretch);
  const from = all.findLastIndex((each, index) => index < to && kept.includes(each)) + 1;
  const between = all.slice(from, to).flatMap(({ parts }) => parts);
  return between.flatMap((part) => (part.kind === 'literal' ? [part.bytes] : []));
}

function islandOf(
  { parts, before, after }: Stretch,
  time: Operator | undefined,
  mayBeEmpty: boolean,
): Pick<Place, 'island' | 'finder'> {
  const steps = parts.map((part, index): Step => {
    if (part.kind === 'literal') return { op: 'literal', bytes: part.bytes };
    const next = parts[index + 1];
    const previous = parts[index - 1];
    // At the end of the line a word ends where the line does; behind somebody else's value it begins behind the last such byte.
    const ownBegin =
      before !== null && after === null && previous?.kind === 'literal' ? previous.bytes.at(-1) : undefined;
    const step = stepOf(part.operator, next?.kind === 'literal' ? next.bytes[0] : (ownBegin ?? -1));
    return part.operator.kind === 'time' && part.operator !== time ? { ...step, field: -1 } : step;
  });
  const island = new Island(steps, mayBeEmpty);
  return { island, finder: new IslandFinder(island, steps) };
}

function stepOf(operator: Operator, follows: number): ValueStep {
  const field = operator.field === null ? -1 : FIELD[operator.field];
  if (operator.kind === 'code' || operator.kind === 'number') return { op: operator.kind, field };
  const time = operator.kind === 'time' ? startTimeOf(operator.argument) : null;
  if (time !== null) return { op: 'fixed', set: time.bytes, length: time.length, field };
  return { op: 'set', set: bytesOfValue(operator, follows), field };
}

function tailOf({ after }: Stretch, parts: readonly FormatPart[]): Tail | null {
  if (after === null || after.field === null) return null;
  const next = parts[parts.findIndex((part) => part.kind === 'value' && part.operator === after) + 1];
  if (next?.kind === 'value') return null;
  return { field: FIELD[after.field], until: next?.bytes ?? null };
}
