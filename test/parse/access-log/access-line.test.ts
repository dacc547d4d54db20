import assert from 'node:assert/strict';
import { it } from 'node:test';
import { METHODS } from '../../../src/contract/traffic.ts';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { readBack } from './read-back.ts';

function read(words: readonly string[], line: string) {
  const format = compileAccessFormat(words);
  if (isProblem(format)) assert.fail(format.reason);
  return readBack(format, Buffer.from(line));
}

it('has what the format has not', () => {
  const { status, requestTime, bytesSent, bodyBytesSent, requestLength, connection, connectionRequests, ...other } =
    read(['$status'], '200');
  assert.equal(status, 200);
  assert.deepEqual(
    [requestTime, bytesSent, bodyBytesSent, requestLength, connection, connectionRequests],
    [-1, -1, -1, -1, -1, -1],
  );
  assert.deepEqual(other, {
    fits: 'fits',
    attempts: [],
    method: METHODS.indexOf('other'),
    wantsUpgrade: false,
    host: '',
    requestId: null,
    refusedBy: null,
    timeMs: null,
  });
});

it('takes the method of a request line, unless there is one of its own', () => {
  assert.equal(METHODS[read(['"$request" $status'], '"POST / HTTP/1.1" 200').method], 'POST');
  assert.equal(METHODS[read(['"$request" $status $request_method'], '"POST / HTTP/1.1" 200 PUT').method], 'PUT');
});

it('takes $host, or else $server_name', () => {
  const format = ['"$host" "$server_name" $status'];
  assert.equal(read(format, '"a.example" "b" 200').host, 'a.example');
  assert.equal(read(format, '"-" "b" 200').host, 'b');
  assert.equal(read(format, '"" "" 200').host, '');
});

it('tells a time by $msec, or else by another', () => {
  assert.equal(
    read(['$status $msec $time_iso8601'], '200 1795255200.123 2026-11-21T10:00:00+00:00').timeMs,
    1_795_255_200_123,
  );
  assert.equal(read(['$status [$time_local]'], '200 [21/Nov/2026:11:00:00 +0100]').timeMs, Date.UTC(2026, 10, 21, 10));
});

it('knows who asks for an upgrade, and the id of a request', () => {
  const format = ['$status "$http_upgrade" $request_id'];
  assert.deepEqual(
    ['websocket', '-', ''].map((value) => read(format, `101 "${value}" 0123abcd`).wantsUpgrade),
    [true, false, false],
  );
  assert.equal(read(format, '101 "-" 0123abcd').requestId, '0123abcd');
});
