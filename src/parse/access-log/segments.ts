import type { LogFormat } from './log-format.ts';
import { type Variable, variableOf } from './variables.ts';

/** What a place of a format holds: a text, or variables with nothing between them. */
export type Part =
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'value'; readonly variables: readonly Variable[] };

/** The parts between two anchors. Texts and values take turns. */
export type Segment = readonly Part[];

/** A quote that no value can hold; with escape=json those behind an odd number of backslashes are none. */
const ANCHOR = { default: /"/, json: /(?<=(?<!\\)(?:\\\\)*)"/, none: /(?!)/ } as const;

/**
 * Splits a format where a line can be split without a look at its values. With escape=default no value holds a quote, with
 * escape=json none without a backslash: every such quote of the line is one of the format. Without escaping the whole line is
 * one segment.
 */
export function segmentsOf({ escaping, tokens }: LogFormat, words: ReadonlySet<string>): Segment[] {
  const segments: Part[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'variable') addVariable(segments[segments.length - 1], variableOf(token.name, words));
    else addText(segments, token.text.split(ANCHOR[escaping]));
  }
  return segments;
}

function addVariable(segment: Part[], variable: Variable): void {
  const last = segment.at(-1);
  if (last?.kind === 'value') segment[segment.length - 1] = { kind: 'value', variables: [...last.variables, variable] };
  else segment.push({ kind: 'value', variables: [variable] });
}

function addText(segments: Part[][], pieces: readonly string[]): void {
  pieces.forEach((piece, index) => {
    if (index > 0) segments.push([]);
    if (piece !== '') segments[segments.length - 1].push({ kind: 'text', bytes: Buffer.from(piece) });
  });
}
