import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes } from '../../src/parse/bytes.ts';
import { LEVELS, levelOf, messageStart } from '../../src/parse/nginx-prefix.ts';

function read(text: string): string | null {
  const line = bytes(text);
  const at = messageStart(line, 0, line.length);
  return at < 0 ? null : `${LEVELS[levelOf(line, 0)]} ${text.slice(at)}`;
}

for (const level of LEVELS) {
  test(level, () => assert.equal(read(`2026/11/21 03:03:03 [${level}] 31#0: *7 message`), `${level} message`));
}

test('without a connection', () => assert.equal(read('2026/11/21 03:03:03 [alert] 31#31: *x open'), 'alert *x open'));

for (const line of [
  '2026/11/21 03:03:03 [error] 31#31 message without colon',
  '2026/11/21 03:03:03 [errors] 31#31: message',
  '2026/11/21 03:03:03 [error]  31#31: message',
  '2026/11/21 03:03:03 [error] #: message of some length',
  '2026-11-21 03:03:03 [error] 31#31: message',
  '2026/11/21 03:03:03 [error] 31#31: ',
]) {
  test(`refused: ${line}`, () => assert.equal(read(line), null));
}
