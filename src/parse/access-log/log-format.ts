import { NginxConfLexer } from '../nginx-conf-lexer.ts';
import type { FormatProblem } from './format-problem.ts';

/** How nginx writes values that could break the line; see byte-set.ts for what is left of them. */
export const ESCAPES = ['default', 'json', 'none'] as const;
export type Escape = (typeof ESCAPES)[number];

export type Token =
  | { readonly kind: 'literal'; readonly text: string }
  /** Without `$` and braces. */
  | { readonly kind: 'variable'; readonly name: string };

export interface LogFormat {
  readonly escaping: Escape;
  /** Literals are joined; two variables may follow each other. */
  readonly tokens: readonly Token[];
}

const ESCAPE_WORD = /^escape=(.*)$/s;
const VARIABLE = /\$(?:\{([A-Za-z0-9_]*)\}|([A-Za-z0-9_]+))/y;

/**
 * The words behind the name of a `log_format` directive, without their quotes: `escape=…` first or not at all, the others
 * joined without a blank (nginx/nginx src/http/modules/ngx_http_log_module.c, ngx_http_log_compile_format).
 */
export function parseFormatWords(words: readonly string[]): LogFormat | FormatProblem {
  const named = ESCAPE_WORD.exec(words[0] ?? '')?.[1];
  const escaping = ESCAPES.find((name) => name === (named ?? 'default'));
  if (escaping === undefined)
    return { reason: 'unknown_escape', variable: null, fix: 'escape= is default, json or none', text: named ?? '' };
  const tokens: Token[] = [];
  // Each word by itself: a variable ends with its word.
  for (const word of named === undefined ? words : words.slice(1)) {
    const bad = addTokens(word, tokens);
    if (bad >= 0)
      return {
        reason: 'bad_variable',
        variable: null,
        fix: 'a name follows every dollar sign',
        text: word.slice(bad, bad + 20),
      };
  }
  return { escaping, tokens };
}

/**
 * A format as people write it down: the whole directive (`log_format main escape=json '…' '…';`), what stands behind its
 * name, or the bare text.
 */
export function parseFormatText(text: string): LogFormat | FormatProblem {
  const trimmed = text.trim();
  if (!/^(?:log_format\s|escape=\w+\s+['"]|')/.test(trimmed)) return parseFormatWords([text]);
  const lexer = new NginxConfLexer(trimmed.endsWith(';') ? trimmed : `${trimmed};`);
  if (lexer.next() === 'problem')
    return { reason: 'bad_syntax', variable: null, fix: 'close every quote', text: lexer.problem?.message ?? '' };
  const { words } = lexer;
  return parseFormatWords(words[0] === 'log_format' ? words.slice(2) : words);
}

/** Returns where the word is wrong, or -1. */
function addTokens(word: string, tokens: Token[]): number {
  let at = 0;
  while (at < word.length) {
    const dollar = word.indexOf('$', at);
    const literalEnd = dollar < 0 ? word.length : dollar;
    if (literalEnd > at) addLiteral(word.slice(at, literalEnd), tokens);
    if (dollar < 0) return -1;
    VARIABLE.lastIndex = dollar;
    const found = VARIABLE.exec(word);
    const name = found?.[1] ?? found?.[2] ?? '';
    if (name === '') return dollar;
    tokens.push({ kind: 'variable', name });
    at = VARIABLE.lastIndex;
  }
  return -1;
}

function addLiteral(text: string, tokens: Token[]): void {
  const last = tokens.at(-1);
  if (last?.kind === 'literal') tokens[tokens.length - 1] = { kind: 'literal', text: last.text + text };
  else tokens.push({ kind: 'literal', text });
}
