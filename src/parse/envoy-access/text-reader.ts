import { find } from '../bytes.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import { FOUND_TWICE } from './island-finder.ts';
import type { Tail, TextLayout } from './text-layout.ts';

/**
 * What became of a line: `read`; `foreign`: not a line of this format; `ambiguous`: somebody wrote a value that looks like
 * a part of the line, so that it can be read in two ways. Such a line is one request of which nothing else is known.
 */
export const ENVOY_RESULTS = ['foreign', 'read', 'ambiguous'] as const;
export type EnvoyResult = (typeof ENVOY_RESULTS)[number];
export const ENVOY_RESULT = { foreign: 0, read: 1, ambiguous: 2 } as const;
const { foreign: FOREIGN, read: READ, ambiguous: AMBIGUOUS } = ENVOY_RESULT;

/** Longer ones are none that Envoy would write there. */
const LONGEST_TAIL = 64;

/** Reads lines of a text format. Envoy escapes nothing in them: a line counts only when it can be read in one way. */
export class TextReader {
  readonly layout: TextLayout;

  constructor(layout: TextLayout) {
    this.layout = layout;
  }

  /** Puts the values of [start, end), without a newline, into `line`. Returns an ENVOY_RESULT. */
  fill(buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number {
    const { first, floating, last, tailGap, isWhole } = this.layout;
    let from = start;
    let to = end;
    if (first !== null) {
      from = first.island.run(buffer, start, end, line);
      if (from < 0 || (isWhole && from !== end)) return FOREIGN;
      readTail(first.tail, buffer, from, end, line);
    }
    if (last !== null) {
      to = last.finder.findLast(buffer, from, end);
      if (to < 0) return to === FOUND_TWICE ? AMBIGUOUS : FOREIGN;
      last.island.run(buffer, to, end, line);
    }
    const begin = from;
    for (const place of floating) {
      // All of the line is searched: a second one anywhere may be the true one.
      const at = place.finder.find(buffer, begin, to);
      if (at < 0) return at === FOUND_TWICE ? AMBIGUOUS : FOREIGN;
      if (at < from) return AMBIGUOUS;
      if (!holdsInOrder(place.gap, buffer, from, at)) return FOREIGN;
      from = place.island.run(buffer, at, to, line);
      readTail(place.tail, buffer, from, end, line);
    }
    return holdsInOrder(last === null ? tailGap : last.gap, buffer, from, to) ? READ : FOREIGN;
  }
}

/** Whether the texts are there: a line that was cut lacks some. */
function holdsInOrder(texts: readonly Buffer[], buffer: Buffer, start: number, end: number): boolean {
  let from = start;
  for (const text of texts) {
    const at = find(buffer, from, end, text);
    if (at < 0) return false;
    from = at + text.length;
  }
  return true;
}

function readTail(tail: Tail | null, buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): void {
  if (tail === null) return;
  const most = Math.min(end, start + LONGEST_TAIL);
  const stop = tail.until === null ? end : find(buffer, start, most, tail.until);
  if (stop >= 0 && stop <= most) line.set(tail.field, start, stop);
}
