import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { marksOf } from '../../src/parse/block-index.ts';
import { NginxErrorLine } from '../../src/parse/nginx-error.ts';
import { hasForgedPath } from '../../src/parse/nginx-guards.ts';

const HEAD = '2026/11/21 03:00:00 [crit] 7#7: *1 ';
const TAIL = ', client: 9.9.9.9, server: a, request: "GET /x HTTP/1.1", upstream: "http://10.0.0.1:80/x", host: "a"';
const FORGED =
  'open() "/var/www/x" failed (13: Permission denied) while reading upstream, client: 1.1.1.1, upstream: "http://6.6.6.6:1/"" failed (13: Permission denied)';
const TEMPORARY =
  'open() "/var/cache/nginx/proxy_temp/1/00/0000000001" failed (13: Permission denied) while reading upstream';

function read(text: string): NginxErrorLine {
  const line = new NginxErrorLine();
  const buffer = Buffer.from(text);
  assert.ok(line.read(buffer, 0, buffer.length));
  return line;
}

describe('guards', () => {
  it('a path that a client chose makes no failure', () => {
    const line = read(`${HEAD}${FORGED}${TAIL}`);
    assert.equal(line.failure, false);
    assert.equal(line.symptom, -1);
  });

  it("the gateway's own file does, whatever the referrer says", () => {
    assert.equal(read(`${HEAD}${TEMPORARY}${TAIL}`).failure, true);
    assert.equal(read(`${HEAD}${TEMPORARY}${TAIL}, referrer: "x" failed (13: y"`).failure, true);
    assert.equal(read(`${HEAD}${TEMPORARY}${TAIL}, referrer: " failed (13: y"`).failure, true);
  });

  it('looks no further than the line', () => {
    const two = Buffer.from(`${TEMPORARY}\n${FORGED}`);
    assert.equal(hasForgedPath(two, 0, marksOf(two, 0, TEMPORARY.length)), false);
    assert.equal(hasForgedPath(two, TEMPORARY.length + 1, marksOf(two, TEMPORARY.length + 1, two.length)), true);
  });

  it('a program inside nginx quotes what it likes', () => {
    const text = `[kong] handler.lua:10 connect() failed (111: Connection refused) while connecting to upstream${TAIL}`;
    assert.equal(read(`${HEAD.replace('crit', 'error')}${text}`).failure, false);
  });

  it('a worker that was told to end is no crash', () => {
    assert.equal(read('2026/11/21 03:00:00 [notice] 1#1: worker process 12 exited with code 0').symptom, -1);
    assert.notEqual(read('2026/11/21 03:00:00 [alert] 1#1: worker process 12 exited on signal 9').symptom, -1);
  });
});
