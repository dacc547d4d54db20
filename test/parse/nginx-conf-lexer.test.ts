import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NginxConfLexer } from '../../src/parse/nginx-conf-lexer.ts';

/** Words and ending of every statement, `line:` before the first word. */
function lex(text: string): string[] {
  const lexer = new NginxConfLexer(text);
  const all: string[] = [];
  for (;;) {
    const ending = lexer.next();
    if (ending === 'end') return all;
    if (ending === 'problem')
      return [...all, `${lexer.problem!.kind}:${lexer.problem!.line} ${lexer.problem!.message}`];
    all.push(lexer.words.length === 0 ? ending : `${lexer.wordLine}:${lexer.words.join('|')}${ending}`);
  }
}

const END = 'unexpected end of file, expecting ";" or "}"';
const CASES: readonly [name: string, text: string, expected: string[]][] = [
  ['directive', 'a b c;', ['1:a|b|c;']],
  ['block', 'a {b;}', ['1:a{', '1:b;', '}']],
  ['the line of the first word', '\n\na\nb\n;c;', ['3:a|b;', '5:c;']],
  ['CRLF and tabs', 'a\tb;\r\nc\r\nd;\r\n', ['1:a|b;', '2:c|d;']],
  ['quotes', `a "b c;{}#" 'd "e"' "";`, [`1:a|b c;{}#|d "e"|;`]],
  ['a quote inside a word is a character', `a b"c d'e;`, [`1:a|b"c|d'e;`]],
  ['escapes', `a "\\"\\'\\\\\\t\\r\\n\\x" \\"b;`, [`1:a|"'\\\t\r\n\\x|"b;`]],
  ['escaped blank, semicolon and brace stay one word with the backslash', 'a b\\ c\\;d\\{e;', ['1:a|b\\ c\\;d\\{e;']],
  ['escaped newline counts', 'a b\\\nc;d;', ['1:a|b\\\nc;', '2:d;']],
  ['newline in quotes counts', 'a "b\nc" d;e;', ['1:a|b\nc|d;', '2:e;']],
  ['# only where a word begins', 'a#b c#; # d ; }\ne;', ['1:a#b|c#;', '2:e;']],
  ['comment between words', 'a # b;\n c;', ['1:a|c;']],
  ['comment without end of line', 'a; # b', ['1:a;']],
  ['} inside a word', 'a b};', ['1:a|b};']],
  ['a variable in braces', `a \${b}c x\${d};e "\${f}";`, [`1:a|\${b}c|x\${d};`, `1:e|\${f};`]],
  ['{ behind $ only', 'a $b{', ['1:a|$b{']],
  ['several { behind $', 'a ${{b;', ['1:a|${{b;']],
  [') behind a quote begins a word', 'if ($a = "b") {', ['1:if|($a|=|b|){']],
  ['{ and ; right behind a quote', `a "b"{c 'd';`, ['1:a|b{', '1:c|d;']],
  ['character behind a quote', 'a\n"b"c;', ['unexpected_character:2 unexpected "c"']],
  ['} behind a quote', 'a "b"}', ['unexpected_character:1 unexpected "}"']],
  ['; without words', ' ;', ['unexpected_character:1 unexpected ";"']],
  ['{ without words', '{', ['unexpected_character:1 unexpected "{"']],
  ['} after words', 'a\nb }', ['unexpected_character:2 unexpected "}"']],
  ['end in a word', 'a;b', ['1:a;', `unexpected_end:1 ${END}`]],
  ['end after words', 'a \n', [`unexpected_end:2 ${END}`]],
  ['end after a quoted word', 'a "b"', [`unexpected_end:1 ${END}`]],
  ['end after a backslash', 'a \\', [`unexpected_end:1 ${END}`]],
  ['open quote', 'a\n"b;\nc;\n', [`unterminated_quote:4 ${END} (the quote of line 2 is open)`]],
  ['open quote, escaped at the end', 'a "b\\"', [`unterminated_quote:1 ${END} (the quote of line 1 is open)`]],
  ['byte order mark is part of the first word', '\uFEFFa;', ['1:\uFEFFa;']],
];
for (const [name, text, expected] of CASES) test(name, () => assert.deepEqual(lex(text), expected));

/** Measured with nginx 1.22: 4096 bytes fill the buffer, with the quote that ends a word. */
const LENGTHS: readonly [name: string, text: string, isTooLong: boolean][] = [
  ['4095 bytes', `a ${'b'.repeat(4095)};`, false],
  ['4096 bytes', `a ${'b'.repeat(4096)};`, true],
  ['4094 bytes in quotes', `a "${'b'.repeat(4094)}";`, false],
  ['4095 bytes in quotes', `a "${'b'.repeat(4095)}";`, true],
  ['bytes, not characters', `a ${'é'.repeat(2048)};`, true],
  ['characters of two bytes below it', `a ${'é'.repeat(2047)};`, false],
  ['comment of 5000 bytes', `a; #${'c'.repeat(5000)}\n`, true],
  ['comment of 4096 bytes at the end of the file', `a; #${'c'.repeat(4095)}`, false],
];
for (const [name, text, isTooLong] of LENGTHS) {
  test(`too long: ${name}`, () => assert.equal(/^too_long_parameter:1 /.test(lex(text).at(-1)!), isTooLong));
}

test('the words of a too long parameter are nginx’s', () => {
  assert.match(lex(`a ${'b'.repeat(5000)};`)[0], /too long parameter "bbbbbbbbbb\.\.\." started$/);
  assert.match(lex(`a "${'b'.repeat(5000)}`)[0], /too long parameter, probably missing terminating """ character$/);
});

test('words beyond the limit are counted and dropped', () => {
  const lexer = new NginxConfLexer('a b c d;e;', 2);
  assert.equal(lexer.next(), ';');
  assert.deepEqual([lexer.words, lexer.dropped], [['a', 'b'], 2]);
  lexer.next();
  assert.deepEqual([lexer.words, lexer.dropped], [['e'], 0]);
});

test('any text ends, with lines that exist', () => {
  const piece = fc.constantFrom('a', '"', "'", '\\', '#', '{', '}', ';', '$', '\n', '\r', ' ', ')', '\t', 'é', '\0');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const lines = text.split('\n').length;
        const lexer = new NginxConfLexer(text);
        for (let count = 0; ; count++) {
          const ending = lexer.next();
          assert.ok(count <= text.length && lexer.line <= lines && lexer.wordLine <= lines);
          if (ending === 'end' || ending === 'problem') return;
        }
      },
    ),
  );
});
