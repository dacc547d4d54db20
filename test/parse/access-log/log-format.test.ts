import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFormatText, parseFormatWords } from '../../../src/parse/access-log/log-format.ts';

const literal = (text: string) => ({ kind: 'literal', text });
const variable = (name: string) => ({ kind: 'variable', name });

describe('parseFormatWords', () => {
  it('joins words without a blank, and ends a variable with its word', () => {
    assert.deepEqual(parseFormatWords(['a $b', 'c', '$d']), {
      escaping: 'default',
      tokens: [literal('a '), variable('b'), literal('c'), variable('d')],
    });
  });

  it('takes the way of escaping from the first word only', () => {
    assert.deepEqual(parseFormatWords(['escape=none', 'escape=json']), {
      escaping: 'none',
      tokens: [literal('escape=json')],
    });
    assert.deepEqual(parseFormatWords(['escape=xml']), {
      reason: 'unknown_escape',
      variable: null,
      text: 'xml',
      fix: 'escape= is default, json or none',
    });
  });

  it('reads names as nginx does', () => {
    assert.deepEqual(parseFormatWords(['\x24{a}b$c_1-$2']), {
      escaping: 'default',
      tokens: [variable('a'), literal('b'), variable('c_1'), literal('-'), variable('2')],
    });
  });

  for (const word of ['$', 'a$', '$-', '\x24{a', '\x24{}', '\x24{a-b}', '$$a']) {
    it(`refuses ${word}`, () => assert.equal('reason' in parseFormatWords([word]), true));
  }
});

describe('parseFormatText', () => {
  const expected = parseFormatWords(['escape=json', '{"s":$status,', '"t":"$request_time"}']);

  it('reads a directive, what is behind its name, or the bare text', () => {
    const quoted = `escape=json '{"s":$status,'\n  '"t":"$request_time"}'`;
    assert.deepEqual(parseFormatText(`log_format main ${quoted};`), expected);
    assert.deepEqual(parseFormatText(quoted), expected);
    assert.deepEqual(parseFormatText('{"s":$status}'), parseFormatWords(['{"s":$status}']));
    assert.deepEqual(parseFormatText('"$request" $status'), parseFormatWords(['"$request" $status']));
  });

  it('takes off the escapes of the configuration', () =>
    assert.deepEqual(parseFormatText(`log_format a '\\'$status\\t';`), parseFormatWords(["'$status\t"])));

  it('says when a quote is open', () => assert.equal('reason' in parseFormatText(`log_format a '$status`), true));
});
