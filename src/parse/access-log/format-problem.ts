/**
 * Why a format, or one variable of it, cannot be read:
 * - `unknown_escape`, `bad_variable`, `bad_syntax`: nginx would refuse it too;
 * - `no_status`: nothing says what the client got;
 * - `multiline`: a record has more than one line;
 * - `forgeable_lines`: a value may hold a newline, so that a client can write whole lines;
 * - `adjacent`: nothing stands between the variable and the next;
 * - `hidden`: another variable may hold the very text that should end it, so the variable may be anywhere.
 */
export const FORMAT_REASONS = [
  'unknown_escape',
  'bad_variable',
  'bad_syntax',
  'no_status',
  'multiline',
  'forgeable_lines',
  'adjacent',
  'hidden',
] as const;
export type FormatReason = (typeof FORMAT_REASONS)[number];

export interface FormatProblem {
  readonly reason: FormatReason;
  /** What cannot be read, without `$`; null: nothing can. */
  readonly variable: string | null;
  /** The other variable, or the text, that is to blame. */
  readonly text: string;
  /** What to change, as a sentence without a full stop. */
  readonly fix: string;
}

export function isProblem(value: object): value is FormatProblem {
  return 'reason' in value;
}

const SENTENCES: Readonly<Record<FormatReason, (name: string, text: string) => string>> = {
  unknown_escape: (_, text) => `nginx knows no escape=${text}`,
  bad_variable: (_, text) => `no variable name in "${text}"`,
  bad_syntax: (_, text) => text,
  no_status: () => 'the format has no $status',
  multiline: () => 'the format has a line break, a request would fill several lines',
  forgeable_lines: (_, text) => `with escape=none $${text} may hold a line break, a client could write whole lines`,
  adjacent: (name, text) => `nothing stands between $${name} and $${text}`,
  hidden: (name, text) => `$${text} may hold what stands between it and the next variable, so $${name} may be anywhere`,
};

/** `reason: fix` for a person. */
export function problemText({ reason, variable, text, fix }: FormatProblem): string {
  return `${SENTENCES[reason](variable ?? '', text)}: ${fix}`;
}
