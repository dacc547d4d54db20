/** Where something begins that can hold or be a brace. */
const NEXT = /[{}"'[-]/g;
/** `[[`, `[=[`, … */
const LONG_BRACKET = /\[(=*)\[/y;

/**
 * Index of the `}` that ends the Lua block whose text begins at `from`, or -1. Braces in Lua's strings, long brackets and
 * comments do not count; a string ends with its line, unless a backslash stands before the newline (Lua 5.1 manual §2.1,
 * ngx_http_lua_conf_lua_block_parse in lua-nginx-module's src/ngx_http_lua_directive.c).
 */
export function findLuaEnd(text: string, from: number): number {
  let depth = 1;
  let at = from;
  for (;;) {
    NEXT.lastIndex = at;
    const found = NEXT.exec(text);
    if (found === null) return -1;
    const { index } = found;
    if (found[0] === '{') depth++;
    if (found[0] === '}' && --depth === 0) return index;
    at = found[0] === '{' || found[0] === '}' ? index + 1 : skipLiteral(text, index);
    if (at < 0) return -1;
  }
}

/** Index behind the string, long bracket or comment at `at`, or behind the character when it begins none; -1: no end. */
function skipLiteral(text: string, at: number): number {
  const mark = text[at];
  if (mark === '"' || mark === "'") return skipString(text, at);
  const isComment = mark === '-';
  if (isComment && text[at + 1] !== '-') return at + 1;
  LONG_BRACKET.lastIndex = isComment ? at + 2 : at;
  const bracket = LONG_BRACKET.exec(text);
  if (bracket !== null) {
    const end = text.indexOf(`]${bracket[1]}]`, LONG_BRACKET.lastIndex);
    return end < 0 ? -1 : end + bracket[0].length;
  }
  if (!isComment) return at + 1;
  const newline = text.indexOf('\n', at);
  return newline < 0 ? -1 : newline + 1;
}

function skipString(text: string, from: number): number {
  const quote = text[from];
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === quote || character === '\n') return at + 1;
  }
  return -1;
}
