import type { Places } from './field-places.ts';
import { Assembler, OP } from './program.ts';
import type { Segment } from './segments.ts';
import { type Field, LIST_FIELDS, NUMBER_FIELDS, TEXT_FIELDS } from './variables.ts';
import type { End, Step, Walk } from './walk.ts';

/** The operation that reads each field, and its argument. */
const READ: ReadonlyMap<Field, readonly [op: number, argument: number]> = new Map([
  ...NUMBER_FIELDS.map((name, index) => [name, [readerOf(name), index]] as const),
  ...TEXT_FIELDS.map((name, index) => [name, [OP.piece, index]] as const),
  ...LIST_FIELDS.map(
    (name, index) => [name, [index === 0 ? OP.addresses : index === 1 ? OP.statuses : OP.times, index - 2]] as const,
  ),
]);

function readerOf(name: (typeof NUMBER_FIELDS)[number]): number {
  if (name === 'status') return OP.status;
  return name === 'request_time' || name === 'msec' ? OP.seconds : OP.integer;
}

/** The program that reads `wanted`. Segments without any of them are passed over. `texts` takes what it compares with. */
export function assemble(
  segments: readonly Segment[],
  { walks, fields }: Places,
  wanted: readonly Field[],
  texts: number[],
): Int32Array {
  const out = new Assembler(texts);
  segments.forEach((segment, index) => {
    const here = new Map<number, Field>();
    for (const [field, place] of fields)
      if (place.segment === index && wanted.includes(field)) here.set(place.part, field);
    if (here.size === 0) return;
    for (const { part, end } of walks[index].forward) if (end?.by === 'items') here.set(part, listIn(segment, part));
    out.put(OP.segment, index, index === segments.length - 1 ? 1 : 0);
    new SegmentAssembler(out, segment, walks[index], here).assemble();
  });
  return out.code;
}

/** Where only the number of items tells where a list ends, it must be read to get past it. */
function listIn(segment: Segment, part: number): Field {
  const value = segment[part];
  return LIST_FIELDS.find((name) => value.kind === 'value' && value.variables[0].name === name)!;
}

/** Writes the part of one segment. */
class SegmentAssembler {
  readonly #out: Assembler;
  readonly #segment: Segment;
  readonly #walk: Walk;
  /** By part. */
  readonly #fields: ReadonlyMap<number, Field>;

  constructor(out: Assembler, segment: Segment, walk: Walk, fields: ReadonlyMap<number, Field>) {
    this.#out = out;
    this.#segment = segment;
    this.#walk = walk;
    this.#fields = fields;
  }

  assemble(): void {
    const { forward, backward, gap } = this.#walk;
    const isGapWanted = this.#fields.has(gap);
    const steps = forward.slice(0, isGapWanted ? forward.length : this.#lastNeeded(forward));
    for (const step of steps) this.#forward(step);
    const back = backward.slice(0, isGapWanted ? backward.length : this.#lastNeeded(backward));
    if (back.length === 0 && !isGapWanted) return;
    this.#out.put(OP.back);
    for (const step of back) this.#backward(step);
    if (!isGapWanted) return;
    this.#out.put(OP.gap);
    this.#read(gap);
    this.#out.putLimit();
  }

  /** The steps up to the last field that is wanted, and the text that proves its end. */
  #lastNeeded(steps: readonly Step[]): number {
    const last = steps.findLastIndex(({ part }) => this.#fields.has(part));
    return last < 0 ? 0 : last + 2;
  }

  #forward({ part, end }: Step): void {
    const { bytes } = this.#textOf(part);
    if (end === null) {
      this.#out.putText(bytes);
      return;
    }
    const field = this.#fields.get(part);
    const isPlain = field !== undefined && endsByItself(field, end);
    if (!isPlain) this.#limit(end);
    if (field === undefined) this.#out.put(OP.skip);
    else this.#read(part, end.by === 'items');
    if (field !== undefined && (!isPlain || end.by === 'segment')) this.#out.putLimit();
  }

  #backward({ part, end }: Step): void {
    const { bytes } = this.#textOf(part);
    if (end === null) this.#out.putTextBefore(bytes);
    else if (end.by === 'byte') this.#out.put(OP.startByByte, end.byte, end.offset);
    else if (end.by === 'list') this.#out.put(OP.startByList, end.offset);
    if (!this.#fields.has(part)) return;
    this.#read(part);
    this.#out.putLimit();
  }

  #limit(end: End): void {
    if (end.by === 'byte') this.#out.put(OP.limitByByte, end.byte, end.offset);
    if (end.by === 'list') this.#out.put(OP.limitByList, end.offset);
  }

  /** `isCounted`: the list has as many items as the one before. */
  #read(part: number, isCounted = false): void {
    const [op, argument] = READ.get(this.#fields.get(part)!)!;
    this.#out.put(op, argument, isCounted ? 1 : 0);
  }

  #textOf(part: number): { readonly bytes: Uint8Array } {
    const found = this.#segment[part];
    return found.kind === 'text' ? found : { bytes: new Uint8Array(0) };
  }
}

/** The reader of the field stops where the text behind it begins, which is compared next. */
function endsByItself(field: Field, end: End): boolean {
  if (end.by === 'segment' || end.by === 'items') return true;
  const [op] = READ.get(field)!;
  if (op === OP.piece) return false;
  return end.offset === 0 && (end.by === 'list' || op !== OP.addresses);
}
