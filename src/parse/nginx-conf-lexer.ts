import { findLuaEnd } from './nginx-conf-lua.ts';
import { type ConfProblem, quoted } from './nginx-conf-problem.ts';

/** What ended the words: a directive, the start of a block, the end of a block, the end of the text, or a problem. */
export type Ending = ';' | '{' | '}' | 'end' | 'problem';

/** NGX_CONF_BUFFER: what a word, with its quotes, or a comment may not fill. */
const BUFFER_BYTES = 4096;
/** A character has at most so many bytes in UTF-8, per UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3;
const UNEXPECTED_END = 'unexpected end of file, expecting ";" or "}"';
const [TAB, NEWLINE, RETURN, SPACE, DOUBLE, DOLLAR, SINGLE] = [9, 10, 13, 32, 34, 36, 39];
const [HASH, CLOSING_PAREN, SEMICOLON, BACKSLASH, OPENING, CLOSING] = [35, 41, 59, 92, 123, 125];
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

function isBlank(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN;
}

/** Only these escapes are taken off; before anything else the backslash stays. */
function withoutEscapes(word: string): string {
  return word.replace(/\\(["'\\trn])/g, (_, character: string) => ESCAPES[character] ?? character);
}

/**
 * Words of nginx configuration, as ngx_conf_read_token makes them (src/core/ngx_conf_file.c): a quote, `#` and `}` mean
 * something only where a word can begin, `{` ends a word unless it stands behind `$`.
 */
export class NginxConfLexer {
  /** Of the last `next()`: the words before its ending, and the line of the first. */
  words: string[] = [];
  wordLine = 1;
  /** How many words more there were than `mostWords`. */
  dropped = 0;
  /** Line where the reading stands. */
  line = 1;
  /** After the ending `problem`, which is the last. */
  problem: Omit<ConfProblem, 'file'> | null = null;
  readonly #text: string;
  readonly #mostWords: number;
  #at = 0;

  constructor(text: string, mostWords = Number.POSITIVE_INFINITY) {
    this.#text = text;
    this.#mostWords = mostWords;
  }

  next(): Ending {
    this.words = [];
    this.dropped = 0;
    for (;;) {
      this.#skipBlanks();
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) return this.words.length === 0 ? 'end' : this.#fail('unexpected_end', UNEXPECTED_END);
      if (code === HASH) {
        if (!this.#skipComment()) return 'problem';
        continue;
      }
      if (code === SEMICOLON || code === OPENING || code === CLOSING) return this.#mark(code);
      if (this.words.length === 0) this.wordLine = this.line;
      const isRead = code === DOUBLE || code === SINGLE ? this.#readQuoted(code) : this.#readBare();
      if (!isRead) return 'problem';
    }
  }

  /** The text of the Lua block that begins here, or null and a problem when it has no end. */
  readLua(): string | null {
    const end = findLuaEnd(this.#text, this.#at);
    if (end < 0) {
      this.#fail('unterminated_lua', 'unexpected end of file, expecting terminating characters for lua code block');
      return null;
    }
    const lua = this.#text.slice(this.#at, end);
    this.#countLines(this.#at, end);
    this.#at = end + 1;
    return lua;
  }

  #fail(kind: ConfProblem['kind'], message: string, line = this.line): 'problem' {
    this.problem = { kind, message, line };
    return 'problem';
  }

  #push(word: string, isEscaped: boolean): void {
    if (this.words.length < this.#mostWords) this.words.push(isEscaped ? withoutEscapes(word) : word);
    else this.dropped++;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (!isBlank(code)) return;
      if (code === NEWLINE) this.line++;
      this.#at++;
    }
  }

  #mark(code: number): Ending {
    const isEnd = code === CLOSING;
    const mark = this.#text[this.#at] as ';' | '{' | '}';
    if (isEnd !== (this.words.length === 0)) return this.#fail('unexpected_character', `unexpected "${mark}"`);
    this.#at++;
    return mark;
  }

  /** nginx has the comment in the same buffer as a word, and gives up on one that fills it. */
  #skipComment(): boolean {
    const newline = this.#text.indexOf('\n', this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    if (this.#isTooLong(this.#at, end, this.line, null)) return false;
    this.#at = end;
    return true;
  }

  #readQuoted(quote: number): boolean {
    const [text, start, startLine] = [this.#text, this.#at + 1, this.line];
    let at = start;
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(++at)) {
      if (code === BACKSLASH) code = text.charCodeAt(++at);
      if (code === NEWLINE) this.line++;
      if (at >= text.length) {
        if (!this.#isTooLong(start, text.length, startLine, quote))
          this.#fail('unterminated_quote', `${UNEXPECTED_END} (the quote of line ${startLine} is open)`);
        return false;
      }
    }
    this.#at = at + 1;
    // The quote has to be followed by the end of the word, so it lies in the buffer too.
    if (this.#isTooLong(start, this.#at, startLine, quote)) return false;
    const word = text.slice(start, at);
    this.#push(word, word.includes('\\'));
    const code = text.charCodeAt(this.#at);
    if (isBlank(code) || code === SEMICOLON || code === OPENING || code === CLOSING_PAREN || Number.isNaN(code))
      return true;
    this.#fail('unexpected_character', `unexpected ${quoted(text[this.#at])}`);
    return false;
  }

  #readBare(): boolean {
    const [text, start, startLine] = [this.#text, this.#at, this.line];
    let [at, isEscaped, isVariable] = [start, false, false];
    for (;;) {
      const code = text.charCodeAt(at);
      if (at > start && (isBlank(code) || code === SEMICOLON || (code === OPENING && !isVariable))) break;
      if (Number.isNaN(code)) break;
      if (code === BACKSLASH) {
        isEscaped = true;
        if (text.charCodeAt(++at) === NEWLINE) this.line++;
      }
      isVariable = code === DOLLAR || (isVariable && code === OPENING);
      at++;
    }
    this.#at = Math.min(at, text.length);
    if (this.#isTooLong(start, this.#at, startLine, null)) return false;
    if (this.#at === text.length) {
      this.#fail('unexpected_end', UNEXPECTED_END);
      return false;
    }
    const word = text.slice(start, at);
    this.#push(word, isEscaped);
    return true;
  }

  /** At the end of the file nginx notices only when there is more than the buffer takes. */
  #isTooLong(start: number, end: number, line: number, quote: number | null): boolean {
    if ((end - start) * MOST_BYTES_PER_UNIT < BUFFER_BYTES) return false;
    const bytes = Buffer.byteLength(this.#text.slice(start, Math.min(end, start + BUFFER_BYTES + 1)));
    if (bytes < BUFFER_BYTES || (end === this.#text.length && bytes === BUFFER_BYTES)) return false;
    const isOpen = quote !== null && bytes > BUFFER_BYTES;
    const hint = isOpen
      ? `, probably missing terminating "${String.fromCharCode(quote)}" character`
      : ` ${quoted(this.#text.slice(start, start + 10)).slice(0, -1)}..." started`;
    this.#fail('too_long_parameter', `too long parameter${hint}`, line);
    return true;
  }

  #countLines(from: number, to: number): void {
    for (let at = this.#text.indexOf('\n', from); at >= 0 && at < to; at = this.#text.indexOf('\n', at + 1))
      this.line++;
  }
}
