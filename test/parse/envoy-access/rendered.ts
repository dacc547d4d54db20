import { ACCESS_FIELDS, type AccessField } from '../../../src/parse/envoy-access/access-fields.ts';
import { EnvoyAccessLine } from '../../../src/parse/envoy-access/access-line.ts';
import type { EnvoyLineReader } from '../../../src/parse/envoy-access/envoy-format.ts';
import { formatParts } from '../../../src/parse/envoy-access/format-parts.ts';
import { ENVOY_RESULTS } from '../../../src/parse/envoy-access/text-reader.ts';

/** Values by operator as the format writes it, without percent signs; `-` where none is given. */
export type Values = Readonly<Record<string, string>>;

/** A line as Envoy renders a text format: nothing is escaped. */
export function renderText(format: string, values: Values): string {
  return formatParts(format.replace(/\n$/, ''))
    .map((part) => (part.kind === 'literal' ? part.bytes.toString() : (values[part.operator.text] ?? '-')))
    .join('');
}

/** A line as Envoy 1.36 renders json_format: keys sorted, numbers typed, null for none. */
export function renderJson(format: Readonly<Record<string, unknown>>, values: Values): string {
  const render = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(render);
    if (typeof value === 'object' && value !== null) return sorted(value as Record<string, unknown>);
    if (typeof value !== 'string') return value;
    const parts = formatParts(value);
    if (parts.length !== 1 || parts[0].kind === 'literal') return renderText(value, values);
    const text = values[parts[0].operator.text];
    if (text === undefined || text === '-') return null;
    return ['number', 'code'].includes(parts[0].operator.kind) ? Number(text) : text;
  };
  const sorted = (object: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.keys(object)
        .sort()
        .map((key) => [key, render(object[key])]),
    );
  return JSON.stringify(sorted(format));
}

export interface Seen {
  readonly result: string;
  readonly values: Partial<Record<AccessField, string>>;
  readonly line: EnvoyAccessLine;
}

export function readWith(reader: EnvoyLineReader, text: string | Buffer, line = new EnvoyAccessLine()): Seen {
  const content = typeof text === 'string' ? Buffer.from(text) : text;
  // Not at the start of the buffer, and something behind it.
  const buffer = Buffer.concat([Buffer.from('before'), content, Buffer.from('"} 503 UF - -')]);
  const result = ENVOY_RESULTS[reader.read(buffer, 6, 6 + content.length, line)];
  const values = Object.fromEntries(
    ACCESS_FIELDS.filter((field) => line.has(field)).map((field) => [field, line.text(field)]),
  );
  return { result, values, line };
}
