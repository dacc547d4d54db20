import { assemble } from './assemble.ts';
import { placesOf } from './field-places.ts';
import { type FormatProblem, isProblem } from './format-problem.ts';
import { type LogFormat, parseFormatText, parseFormatWords } from './log-format.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { type Field, isCounted, TEXT_FIELDS, variableOf } from './variables.ts';
import { bytesIn } from './walk.ts';

const [ZERO, SLASH] = [48, 47];
const PIECES: ReadonlySet<Field> = new Set(TEXT_FIELDS);
const TIMES: ReadonlySet<Field> = new Set(['time_local', 'time_iso8601'] satisfies Field[]);

/** A format as a program for AccessLine. */
export interface AccessFormat {
  readonly escaping: LogFormat['escaping'];
  /** Reads numbers and lists. */
  readonly numbers: Int32Array;
  /** Finds the pieces that are asked for. */
  readonly pieces: Int32Array;
  /** Finds the time alone, which is asked for more often. */
  readonly times: Int32Array;
  /** Of all programs. */
  readonly texts: Uint8Array;
  /** Quotes in every line that no value can hold; null: nothing is escaped, quotes say nothing. */
  readonly quotes: number | null;
  /** What a line gives. */
  readonly fields: ReadonlySet<Field>;
  /** What the format has, but nobody can say where; never of what is counted. */
  readonly unread: readonly FormatProblem[];
  /** A client may make a line begin as an nginx error line: in a stream with both, such lines are nobody's. */
  readonly mayLookLikeError: boolean;
}

export interface FormatOptions {
  /** Variables of the operator's own that hold one word (letters, digits, `._:/+-`) and nothing that a client sends. */
  readonly words?: ReadonlySet<string>;
}

/**
 * Compiles a format, or says why it is refused. Text: see parseFormatText. Words: those of the directive behind its name,
 * without quotes.
 */
export function compileAccessFormat(
  source: string | readonly string[],
  options: FormatOptions = {},
): AccessFormat | FormatProblem {
  const words = options.words ?? new Set();
  const format = typeof source === 'string' ? parseFormatText(source) : parseFormatWords(source);
  if (isProblem(format)) return format;
  const segments = segmentsOf(format, words);
  const places = placesOf(segments, format.escaping);
  const problem = refusal(format, words) ?? places.hidden.find(({ variable }) => isCounted(variable!));
  if (problem !== undefined) return problem;
  const fields = new Set(places.fields.keys());
  const texts: number[] = [];
  const isPiece = (field: Field) => PIECES.has(field);
  const numbers = assemble(
    segments,
    places,
    [...fields].filter((field) => !isPiece(field)),
    texts,
  );
  const pieces = assemble(segments, places, [...fields].filter(isPiece), texts);
  const isTime = (field: Field) => TIMES.has(field);
  const times = assemble(segments, places, [...fields].filter(isTime), texts);
  return {
    escaping: format.escaping,
    numbers,
    pieces,
    times,
    texts: Uint8Array.from(texts),
    quotes: format.escaping === 'none' ? null : segments.length - 1,
    fields,
    unread: places.hidden,
    mayLookLikeError: mayLookLikeError(segments[0], format.escaping),
  };
}

function refusal({ escaping, tokens }: LogFormat, words: ReadonlySet<string>): FormatProblem | undefined {
  if (!tokens.some((token) => token.kind === 'variable' && token.name === 'status'))
    return { reason: 'no_status', variable: null, text: '', fix: 'add $status' };
  if (tokens.some((token) => token.kind === 'literal' && token.text.includes('\n')))
    return { reason: 'multiline', variable: null, text: '', fix: 'leave out the line break' };
  if (escaping !== 'none') return undefined;
  for (const token of tokens) {
    if (token.kind === 'variable' && variableOf(token.name, words).mayHoldNewline)
      return {
        reason: 'forgeable_lines',
        variable: null,
        text: token.name,
        fix: 'leave out escape=none, or use escape=json',
      };
  }
  return undefined;
}

/** Whether a line may begin with `YYYY/MM/DD `. */
function mayLookLikeError([first, second]: Segment, escaping: LogFormat['escaping']): boolean {
  if (first === undefined) return false;
  if (first.kind === 'text') return first.bytes[0] >= ZERO && first.bytes[0] <= ZERO + 9;
  const held = bytesIn(first.variables, escaping);
  return held[ZERO] === 1 && (held[SLASH] === 1 || (second?.kind === 'text' && second.bytes[0] === SLASH));
}
