import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EnvoyParseError, JsonStream, MAX_JSON_DEPTH, MAX_JSON_TOKEN_BYTES } from '../../src/parse/envoy-json.ts';
import { makeWordTable } from '../../src/parse/envoy-words.ts';

/** Events of a document cut into pieces of `size` bytes. */
function readEvents(text: string | Buffer, size = 1 << 30): string[] {
  const events: string[] = [];
  const stream = new JsonStream(makeWordTable(['a', 'b']), {
    open: (kind, key) => {
      events.push(`open ${kind} ${key}`);
      return key === 2 ? 0 : kind + 1;
    },
    close: (kind) => events.push(`close ${kind}`),
    scalar: (kind, key, slice) =>
      events.push(
        `${kind} ${key} ${slice.buffer.toString('utf8', slice.start, slice.end)} ${slice.isString} ${slice.escaped}`,
      ),
  });
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += size) stream.push(Buffer.from(bytes.subarray(i, i + size)));
  stream.end();
  return events;
}

describe('JsonStream', () => {
  it('names containers, keys and values, and skips a subtree', () => {
    assert.deepEqual(readEvents('{"a":[1,"x\\n",{"c":true}],"b":{"a":1},"c":null}'), [
      'open 0 0',
      'open 1 1',
      '2 0 1 false false',
      '2 0 x\\n true true',
      'open 2 0',
      '3 0 true false false',
      'close 3',
      'close 2',
      'open 1 2',
      '1 0 null false false',
      'close 1',
    ]);
  });

  it('says the same wherever the document is cut', () => {
    const text = '{ "a" : [ 12345 , -1.5e+3 , "ü\\"\\\\", [], {} ], "b": "skipped", "long key": false }\n';
    const whole = readEvents(text);
    for (let size = 1; size < 30; size++) assert.deepEqual(readEvents(text, size), whole, `pieces of ${size}`);
  });

  it('accepts and refuses exactly what JSON.parse does', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u0041"',
      '1',
      '-0',
      '01',
      '1.',
      'true',
      'nul',
      ' ',
      '\n',
      '"',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (parts, size) => {
        const text = `[${parts.join('')}]`;
        let isValid = true;
        try {
          JSON.parse(text);
        } catch {
          isValid = false;
        }
        let isRead = true;
        try {
          readEvents(text, size);
        } catch (error) {
          assert.ok(error instanceof EnvoyParseError, String(error));
          isRead = false;
        }
        assert.equal(isRead, isValid, text);
      }),
      { numRuns: 5000 },
    );
  });

  it('names the place of a fault', () => {
    assert.throws(() => readEvents('{"a":1,}'), /unexpected closing bracket at byte 7/);
    assert.throws(() => readEvents('{"a":1', 2), /document ends early inside 1 open containers/);
    assert.throws(() => readEvents('<html>'), /unexpected byte 0x3c at byte 0/);
    assert.throws(() => readEvents('{} {}'), /at byte 3/);
  });

  it('bounds depth and token size', () => {
    assert.throws(() => readEvents('['.repeat(MAX_JSON_DEPTH + 1)), /nesting over 32 levels/);
    readEvents('['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH));
    const long = `["${'x'.repeat(2 * MAX_JSON_TOKEN_BYTES)}`;
    assert.throws(() => readEvents(long, 1000), /token over 65536 bytes/);
  });

  it('throws nothing but its own error on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readEvents(Buffer.from(bytes), 7);
        } catch (error) {
          assert.ok(error instanceof EnvoyParseError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
