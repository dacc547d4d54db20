import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLuaEnd } from '../../src/parse/nginx-conf-lua.ts';

/** `@` stands where the block ends. */
const CASES: readonly [name: string, lua: string][] = [
  ['empty', '@}'],
  ['tables', ' x = { a = { } } @} }'],
  ['strings', ` x = "}" .. '}' @}`],
  ['escaped quotes', ` x = "\\"}" .. '\\'}' .. "\\\\" @}`],
  ['a string ends with its line', ` x = "abc\n @}`],
  ['backslash and newline', ` x = "abc\\\n}" @}`],
  ['comment', ' -- }\n @}'],
  ['comment with a quote', " -- don't\n @}"],
  ['long string', ' x = [[ } ]] @}'],
  ['long string of a level', ' x = [==[ } ]] ]=] } ]==] @}'],
  ['long comment', ' --[[ }\n } ]] @}'],
  ['long comment of a level', ' --[=[ } ]] } ]=] @}'],
  ['no long comment', ' --[= }\n @}'],
  ['index, minus', ' x = a[b[1]] - 1 @}'],
  ['quotes in a long string', ` x = [[ "' ]] @}`],
];
for (const [name, marked] of CASES) {
  test(name, () => {
    const at = marked.indexOf('@');
    assert.equal(findLuaEnd(marked.replace('@', ''), 0), at);
    assert.equal(findLuaEnd(`content_by_lua_block {${marked.replace('@', '')}`, 22), at + 22);
  });
}

for (const text of ['', '{', ' "', ' [[ }', ' --[[ }', ' -- }', ' x = "\\', '{}'])
  test(`no end: ${JSON.stringify(text)}`, () => assert.equal(findLuaEnd(text, 0), -1));

test('any text: -1 or the index of a brace', () => {
  const piece = fc.constantFrom('{', '}', '"', "'", '[', ']', '=', '-', '\\', '\n', 'a');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join('')),
      (text) => {
        const end = findLuaEnd(text, 0);
        assert.ok(end === -1 || text[end] === '}');
      },
    ),
  );
});
