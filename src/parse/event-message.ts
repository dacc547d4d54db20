/** More says nothing more. */
const LONGEST = 200;
/** Before anything is looked for in it. */
const MOST_READ = 1_000;
const HIDDEN = '…';

/** What stands behind it is hidden, each with what remains. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Commands of hooks and probes, and what they have printed.
  [/\((?:\[[^\]]*\]?)\)?/g, `(${HIDDEN})`],
  [/\b(command|exec:) ?(?:'[^']*'?|"(?:[^"\\]|\\.)*"?)/g, `$1 ${HIDDEN}`],
  [/\b((?:message|output|stdout|stderr)): ?"(?:[^"\\]|\\.)*"?/g, `$1: ${HIDDEN}`],
  [/(:\/\/)[^\s/@"']{1,200}@/g, `$1${HIDDEN}@`],
  [/\?[^\s"']*/g, `?${HIDDEN}`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${HIDDEN}`],
  [
    /((?:passw|pwd|secret|token|api[_-]?key|credential|authori[sz]ation|cookie)[\w.-]{0,40}["']?[=:]\s*)(?:"[^"]*"?|'[^']*'?|[^\s,;&]+)/gi,
    `$1${HIDDEN}`,
  ],
  [/[\w+/=]{24,}/g, HIDDEN],
];

/**
 * The message of an Event, fit to be shown and kept: one line of printable ASCII, 200 characters at most, without commands of hooks
 * and probes, their output as far as it is marked, and what looks like a credential. What else a probe prints stays.
 */
export function eventMessage(text: string): string {
  let plain = text.slice(0, MOST_READ).replace(/\s+/g, ' ').trim();
  for (const [pattern, rest] of SECRETS) plain = plain.replace(pattern, rest);
  plain = plain.replace(/[^\x20-\x7e…]/gu, escaped);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}${HIDDEN}` : plain;
}

function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
}
