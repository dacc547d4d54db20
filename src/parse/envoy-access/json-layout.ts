import { makeWordTable, type WordTable } from '../envoy-words.ts';
import { type AccessField, FIELD } from './access-fields.ts';
import { formatParts, operatorsIn } from './format-parts.ts';
import { EnvoyFormatError } from './format-problem.ts';
import { type StartTime, startTimeOf } from './start-time.ts';
import { layoutOf } from './text-layout.ts';
import { TextReader } from './text-reader.ts';

/** What Envoy's `json_format` takes: operators in texts, nested structs, lists, numbers. */
export interface JsonFormat {
  readonly [key: string]: unknown;
}

/** What stands behind a key: one value, a text with several, or an object. */
export type JsonEntry =
  | { readonly kind: 'value'; readonly field: number }
  | { readonly kind: 'text'; readonly reader: TextReader }
  | { readonly kind: 'object'; readonly layout: JsonLayout };

export interface JsonLayout {
  readonly keys: WordTable;
  /** By number of the key in `keys`, less one. */
  readonly entries: readonly JsonEntry[];
  /** For the reader, by the same number: the object in which it saw the key last. */
  readonly seenIn: Float64Array;
}

export interface JsonPlan {
  readonly layout: JsonLayout;
  readonly fields: ReadonlySet<AccessField>;
  readonly unread: ReadonlySet<AccessField>;
  readonly time: StartTime | null;
}

class JsonPlanner {
  readonly fields = new Set<AccessField>();
  readonly unread = new Set<AccessField>();
  time: StartTime | null = null;

  layout(format: JsonFormat, mayBeEmpty: boolean, depth: number): JsonLayout | null {
    const entries = Object.entries(format).flatMap(([key, value]): (readonly [string, JsonEntry])[] => {
      const entry = this.#entry(value, mayBeEmpty, depth);
      return entry === null ? [] : [[key, entry]];
    });
    if (entries.length === 0) return null;
    return {
      keys: makeWordTable(entries.map(([key]) => latin1(key))),
      entries: entries.map(([, entry]) => entry),
      seenIn: new Float64Array(entries.length),
    };
  }

  #entry(value: unknown, mayBeEmpty: boolean, depth: number): JsonEntry | null {
    if (typeof value === 'string') return this.#text(value, mayBeEmpty);
    if (typeof value !== 'object' || value === null) return null;
    if (Array.isArray(value) || depth === 0) {
      this.#leave(value);
      return null;
    }
    const layout = this.layout(value as JsonFormat, mayBeEmpty, depth - 1);
    return layout === null ? null : { kind: 'object', layout };
  }

  /** Nobody looks there. */
  #leave(value: unknown): void {
    if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) this.#leave(one);
    if (typeof value !== 'string') return;
    for (const { field } of operatorsIn(formatParts(value))) if (field !== null) this.unread.add(field);
  }

  #text(format: string, mayBeEmpty: boolean): JsonEntry | null {
    const parts = formatParts(format);
    const wanted = operatorsIn(parts).filter(({ field }) => field !== null);
    if (wanted.length === 0) return null;
    if (parts.length > 1) return this.#composed(parts, mayBeEmpty);
    const [{ field, argument }] = wanted;
    if (field === null) return null;
    if (field === 'start_time') {
      const time = startTimeOf(argument);
      if (time === null || this.time !== null) return null;
      this.time = time;
    }
    this.fields.add(field);
    return { kind: 'value', field: FIELD[field] };
  }

  #composed(parts: ReturnType<typeof formatParts>, mayBeEmpty: boolean): JsonEntry {
    const layout = layoutOf(parts, mayBeEmpty);
    const readable = operatorsIn(parts).flatMap(({ field }) =>
      field !== null && field !== 'start_time' && !layout.unread.includes(field) ? [field] : [],
    );
    for (const field of readable) this.fields.add(field);
    for (const field of layout.unread) this.unread.add(field);
    return { kind: 'text', reader: new TextReader(layout) };
  }
}

/** Objects below the top one that are looked into. */
const DEPTH = 4;
/** Without them a request is none, or nobody knows how it ended. */
const ANSWER = {
  response_code: 'RESPONSE_CODE',
  response_flags: 'RESPONSE_FLAGS',
  response_flags_long: 'RESPONSE_FLAGS_LONG',
} as const;

/** `mayBeEmpty`: omit_empty_values. Throws EnvoyFormatError. */
export function jsonPlanOf(format: JsonFormat, mayBeEmpty: boolean): JsonPlan {
  const planner = new JsonPlanner();
  const layout = planner.layout(format, mayBeEmpty, DEPTH);
  const unread = new Set([...planner.unread].filter((field) => !planner.fields.has(field)));
  for (const [field, operator] of Object.entries(ANSWER))
    if (unread.has(field as AccessField)) throw new EnvoyFormatError('nested', '', operator);
  if (layout === null) throw new EnvoyFormatError('no_code', '');
  return { layout, fields: planner.fields, unread, time: planner.time };
}

/** The word table takes bytes of one character each. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
