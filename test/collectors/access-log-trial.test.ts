import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FormatTrial } from '../../src/collectors/access-log-trial.ts';
import type { AccessSource } from '../../src/parse/access-log/access-log-reader.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';

const PLAIN: AccessSource = { wrapping: 'none', stream: STREAM.none };
const COMBINED = '192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"';
const MAIN = `${COMBINED} "-"`;
const INGRESS = `${COMBINED} 80 0.001 [shop-cart-80] [] 10.0.0.1:8080 5 0.001 200 5b1c4c9e0f7d4b8f9a3e2d1c0b9a8f7e`;

function fieldsOf(texts: readonly string[], tried = 0): string[] | null {
  const block = Buffer.from(`${texts.join('\n')}\n`);
  const format = new FormatTrial().formatOf(block, 0, block.length, PLAIN, tried);
  return format === null ? null : [...format.fields];
}

it('tells the built-in formats apart by one line among others', () => {
  const noise = ['time=2026 level=INFO msg="x"', '2026/11/21 10:00:00 [notice] 1#1: start'];
  assert.ok(fieldsOf([...noise, INGRESS])?.includes('upstream_status'));
  for (const text of [COMBINED, MAIN]) {
    const fields = fieldsOf([...noise, text]);
    assert.ok(fields?.includes('body_bytes_sent') && !fields.includes('upstream_status'));
  }
});

it('each built-in format is known by a line of it', () => {
  const own =
    '1790000000.500 7 200 0.020 GET 100 250 "10.0.0.1:80, 10.0.0.2:80" "502, 200" "-, 0.001" "-, 0.010" "-, 0.010" "-"';
  const json =
    '{"time":1790000000.500,"connection":7,"status":200,"request_time":0.020,"method":"GET","request_length":1,"bytes_sent":1,"host":"a\\"b","upstream_addr":"","upstream_status":"","upstream_connect_time":"","upstream_header_time":"","upstream_response_time":"","upgrade":"","request_id":"0"}';
  assert.ok(fieldsOf([own])?.includes('connection'));
  assert.ok(fieldsOf([json])?.includes('request_id'));
});

it('a format that only looks like one is none, even where some lines fit', () => {
  const swapped = (bytes: number) => COMBINED.replace(' 200 5 ', ` ${bytes} 200 `);
  assert.equal(fieldsOf([swapped(250), swapped(5)]), null);
  assert.equal(fieldsOf([COMBINED, `${COMBINED} 0.001`]), null);
});

it('lines of none, and lines of two, prove nothing', () => {
  assert.equal(fieldsOf(['hello "world"']), null);
  assert.equal(fieldsOf([COMBINED, MAIN]), null);
});

it('of a log that never fits only the beginning of a block is looked at', () => {
  const texts = [...Array.from({ length: 2000 }, () => 'some other log line'), COMBINED];
  assert.notEqual(fieldsOf(texts, 1), null);
  assert.equal(fieldsOf(texts, 1000), null);
});
