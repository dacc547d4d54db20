/** A file of the configuration, as the proxy names it. */
export interface ConfFile {
  readonly path: string;
  readonly text: string;
}

/** Where a directive begins; lines count from 1. */
export interface ConfPlace {
  readonly file: string;
  readonly line: number;
}

/**
 * `limit` is ours: nginx would have gone on. All others are errors for nginx too. `host_not_found` stands for names that no
 * resolver can know; whether any other name resolves is not looked at.
 */
export type ConfProblemKind =
  | 'unexpected_character'
  | 'unexpected_end'
  | 'unterminated_quote'
  | 'unterminated_lua'
  | 'too_long_parameter'
  | 'include_failed'
  | 'invalid_directive'
  | 'invalid_address'
  | 'invalid_parameter'
  | 'host_not_found'
  | 'limit';

export interface ConfProblem extends ConfPlace {
  readonly kind: ConfProblemKind;
  /** nginx's own words where it has some. */
  readonly message: string;
}

/** How long a quoted part of the configuration may be in a message. */
const LONGEST_QUOTE = 80;

/** Part of the configuration for a message: short and on one line. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text;
  return `"${shown.replace(/[\x00-\x1f\x7f]/g, ' ')}"`;
}
