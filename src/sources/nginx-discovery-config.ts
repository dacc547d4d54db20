export interface ErrorLogDirective {
  readonly target: string;
  /** nginx' default is `error`. */
  readonly level: string;
  /** In the main context, where it replaces the compiled-in error log. */
  readonly main: boolean;
}

export interface ScannedConfig {
  readonly errorLogs: readonly ErrorLogDirective[];
  readonly includes: readonly { readonly pattern: string; readonly main: boolean }[];
}

/** Space, comment, quoted string, punctuation, bare word (ngx_conf_read_token, src/core/ngx_conf_file.c). */
const TOKEN =
  /(\s+|#[^\n]*)|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([;{}])|(?!["'])((?:\$\{|\\[\s\S]|[^\s;{\\])+)/y;
/** A string that does not end on its line still matches: every step moves on, so the time is linear in the text. */
const LUA = /--\[(=*)\[|--[^\n]*|\[(=*)\[|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|[{}]|[^-[{}"']+|[-[]/y;

/**
 * Finds `error_log` and `include` in nginx configuration text at any depth; everything else is skipped, so that unknown modules do
 * no harm. Lua blocks are passed over as Lua. Text that cannot be read further (an open quote) ends the scan.
 */
export function scanNginxConfig(text: string, main = true): ScannedConfig {
  const errorLogs: ErrorLogDirective[] = [];
  const includes: { pattern: string; main: boolean }[] = [];
  let words: string[] = [];
  let depth = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const [, blank, double, single, mark, bare] = token;
    if (blank !== undefined) continue;
    if (mark === undefined) {
      words.push((double ?? single ?? bare).replace(/\\(["'\\ ;{}])/g, '$1'));
      continue;
    }
    const [name, first, level = 'error'] = words;
    const inMain = main && depth === 0;
    if (mark === ';' && first !== undefined) {
      if (name === 'error_log') errorLogs.push({ target: first, level, main: inMain });
      if (name === 'include') includes.push({ pattern: first, main: inMain });
    }
    if (mark === '{' && name?.endsWith('_by_lua_block')) TOKEN.lastIndex = skipLua(text, TOKEN.lastIndex);
    else depth += mark === '{' ? 1 : mark === '}' ? -1 : 0;
    words = [];
  }
  return { errorLogs, includes };
}

/** Index after the `}` that closes the block that begins at `from`; braces in Lua strings and comments do not count. */
function skipLua(text: string, from: number): number {
  let depth = 1;
  LUA.lastIndex = from;
  for (let token = LUA.exec(text); token !== null; token = LUA.exec(text)) {
    const level = token[1] ?? token[2];
    if (level !== undefined) {
      const end = text.indexOf(`]${level}]`, LUA.lastIndex);
      if (end < 0) break;
      LUA.lastIndex = end + level.length + 2;
    }
    if (token[0] === '{') depth++;
    if (token[0] === '}' && --depth === 0) return LUA.lastIndex;
  }
  return text.length;
}
