import type { AccessField } from './access-fields.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import { formatParts, operatorsIn } from './format-parts.ts';
import { EnvoyFormatError } from './format-problem.ts';
import { type JsonFormat, jsonPlanOf } from './json-layout.ts';
import { JsonReader } from './json-reader.ts';
import type { StartTime } from './start-time.ts';
import { layoutOf } from './text-layout.ts';
import { TextReader } from './text-reader.ts';

/**
 * How an Envoy writes its access log: `text`, as text_format or text_format_source has it, or `json`, as json_format has
 * it (typed_json_format too). With `omitEmptyValues` nothing stands for "none" instead of `-`.
 */
export type EnvoyFormat = ({ readonly text: string } | { readonly json: JsonFormat }) & {
  readonly omitEmptyValues?: boolean;
};

interface Filler {
  fill(buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number;
}

/** Reads the lines of one format. */
export class EnvoyLineReader {
  /** Fields whose values are read when a line has them. */
  readonly fields: ReadonlySet<AccessField>;
  /** Fields that the format has where their values cannot be told from somebody else's, never a counted one; or in lists of JSON. */
  readonly unread: ReadonlySet<AccessField>;
  readonly #filler: Filler;
  readonly #time: StartTime | null;

  constructor(
    filler: Filler,
    fields: ReadonlySet<AccessField>,
    unread: ReadonlySet<AccessField>,
    time: StartTime | null,
  ) {
    this.#filler = filler;
    this.#time = time;
    this.fields = fields;
    this.unread = unread;
  }

  /** Reads [start, end), a line without its newline and wrapping, into `line`. Returns an ENVOY_RESULT; only `read` leaves values. */
  read(buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number {
    line.clear(buffer);
    line.time = this.#time;
    const result = this.#filler.fill(buffer, start, end, line);
    if (result !== 1) line.clear(line.buffer);
    return result;
  }
}

/** Throws EnvoyFormatError when lines of this format cannot be read for certain; its message says why and what to change. */
export function compileEnvoyFormat(format: EnvoyFormat): EnvoyLineReader {
  const reader = 'json' in format ? compileJson(format.json, format) : compileText(format.text, format);
  const hasFlags = reader.fields.has('response_flags') || reader.fields.has('response_flags_long');
  if (!reader.fields.has('response_code') && !hasFlags) throw new EnvoyFormatError('no_code', '');
  return reader;
}

function compileText(text: string, { omitEmptyValues = false }: EnvoyFormat): EnvoyLineReader {
  if (!text.endsWith('\n')) throw new EnvoyFormatError('multiline', 'does not end its lines');
  const line = text.slice(0, -1);
  if (line.includes('\n') || line.includes('\r')) throw new EnvoyFormatError('multiline', 'has several lines');
  const parts = formatParts(line);
  const multiline = operatorsIn(parts).find(({ mayHoldNewline }) => mayHoldNewline);
  if (multiline !== undefined) throw new EnvoyFormatError('forgeable_lines', multiline.text);
  const layout = layoutOf(parts, omitEmptyValues);
  const unread = new Set(layout.unread);
  const fields = operatorsIn(parts).flatMap(({ field }) => (field !== null && !unread.has(field) ? [field] : []));
  return new EnvoyLineReader(new TextReader(layout), new Set(fields), unread, layout.time);
}

function compileJson(json: JsonFormat, { omitEmptyValues = false }: EnvoyFormat): EnvoyLineReader {
  const { layout, fields, unread, time } = jsonPlanOf(json, omitEmptyValues);
  const must = (['response_code', 'response_flags'] as const).filter((field) => fields.has(field));
  return new EnvoyLineReader(new JsonReader(layout, must), fields, unread, time);
}
