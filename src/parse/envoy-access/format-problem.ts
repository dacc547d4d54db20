/**
 * Why a format cannot be read:
 * - `bad_syntax`: Envoy would refuse it too;
 * - `no_code`: it says neither the code nor the flags of the answer;
 * - `nested`: it says them in a list, or too deep within objects;
 * - `multiline`: one request fills several lines, or several requests one line;
 * - `forgeable_lines`: a value may hold a newline, so that others can write whole lines;
 * - `adjacent`: nothing stands between a wanted value and the next one;
 * - `hidden`: a wanted value stands between values of clients or backends, which can look just like it.
 */
export const ENVOY_FORMAT_REASONS = [
  'bad_syntax',
  'no_code',
  'nested',
  'multiline',
  'forgeable_lines',
  'adjacent',
  'hidden',
] as const;
export type EnvoyFormatReason = (typeof ENVOY_FORMAT_REASONS)[number];

export interface EnvoyFormatProblem {
  readonly reason: EnvoyFormatReason;
  /** The operator that cannot be read; empty: nothing can. */
  readonly operator: string;
  /** The operator, or the text, that is to blame. */
  readonly text: string;
}

const SENTENCES: Readonly<Record<EnvoyFormatReason, (operator: string, text: string) => string>> = {
  bad_syntax: (_, text) => `Envoy knows no such format: ${text}`,
  no_code: () => 'the format has neither %RESPONSE_CODE% nor %RESPONSE_FLAGS%: add both',
  nested: (operator) =>
    `%${operator}% stands in a list, or more than four objects deep, where it is not looked for: give it a key of its own above`,
  multiline: (_, text) => `the format ${text}: end it with one newline and have none before`,
  forgeable_lines: (_, text) =>
    `%${text}% may print a newline, somebody else could write whole lines: use json_format, which escapes it, or leave it out`,
  adjacent: (operator, text) =>
    `nothing tells where %${operator}% ends and %${text}% begins: put a quote or a blank between them`,
  hidden: (operator, text) =>
    `%${text}% may hold anything, also what looks like %${operator}%: put %${operator}% before it, at the end of the line or between quotes, or use json_format`,
};

export class EnvoyFormatError extends Error implements EnvoyFormatProblem {
  readonly reason: EnvoyFormatReason;
  readonly operator: string;
  readonly text: string;

  /** The message says what is wrong and what to change. */
  constructor(reason: EnvoyFormatReason, text: string, operator = '') {
    super(SENTENCES[reason](operator, text));
    this.name = 'EnvoyFormatError';
    this.reason = reason;
    this.operator = operator;
    this.text = text;
  }
}
