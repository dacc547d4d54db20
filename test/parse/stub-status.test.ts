import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStubStatus } from '../../src/parse/stub-status.ts';

/** From nginx 1.22.1, byte for byte. */
const PAGE =
  'Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n';

test('the page of nginx', () => {
  assert.deepEqual(parseStubStatus(PAGE), {
    active: 291,
    accepted: 16630948,
    handled: 16630940,
    requests: 31070465,
    reading: 6,
    writing: 179,
    waiting: 106,
  });
});

test('a proxy in between may change line ends', () => {
  assert.equal(parseStubStatus(PAGE.replaceAll('\n', '\r\n')).active, 291);
});

test('another page, a cut page and a page with more are errors', () => {
  for (const text of ['<html>404</html>', '', PAGE.slice(0, 90), `${PAGE}x`, PAGE.replace('291', '-1')]) {
    assert.throws(() => parseStubStatus(text), /^Error: not a stub_status page: /, JSON.stringify(text));
  }
});
