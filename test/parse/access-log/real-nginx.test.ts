import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { METHODS } from '../../../src/contract/traffic.ts';
import { type AccessFormat, compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { BUILTIN_FORMATS } from '../../../src/parse/access-log/builtin-formats.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { type Field, LIST_FIELDS } from '../../../src/parse/access-log/variables.ts';
import { freePort } from '../../support/freeport.ts';
import { type RunningNginx, startNginx } from '../../support/nginx.ts';
import { skipWithout } from '../../support/programs.ts';
import { portOf, type RawRequest, REQUESTS, send, serverText, startBackend } from './nginx-requests.ts';
import { READABLE } from './odd-formats.ts';
import { type ReadBack, readBack } from './read-back.ts';

/** nginx has no name for captures outside of regular expressions. */
const FORMATS = [...Object.values(BUILTIN_FORMATS), ...READABLE.map(({ words }) => words)].filter(
  (words) => !words.join('').includes('$1'),
);
const quoted = (word: string) => `"${word.replaceAll(/[\\"]/g, '\\$&')}"`;
const directiveOf = (words: readonly string[], name: string) =>
  `log_format ${name} ${words.map((word) => (word.startsWith('escape=') ? word : quoted(word))).join(' ')};`;

describe('real nginx', { skip: skipWithout('nginx') }, () => {
  let nginx: RunningNginx;
  const stops: (() => unknown)[] = [];
  const statuses: number[] = [];

  before(async () => {
    const [listen, dead] = [await freePort(), await freePort()];
    const backend = await startBackend(0);
    const logs = FORMATS.map((_, i) => `access_log $DIR/${i}.log f${i};`).join('\n');
    const formats = FORMATS.map((words, i) => directiveOf(words, `f${i}`)).join('\n');
    nginx = await startNginx({ listen, http: formats + serverText(listen, portOf(backend), dead, logs) });
    const socketBackend = await startBackend(join(nginx.directory, 'backend.sock'));
    stops.push(
      () => nginx.stop(),
      () => backend.close(),
      () => socketBackend.close(),
    );
    for (const { raw } of REQUESTS) statuses.push(Number((await send(listen, raw)).slice(9, 12)));
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  async function linesOf(format: number): Promise<Buffer[]> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const text = readFileSync(join(nginx.directory, `${format}.log`), 'latin1');
      const lines = text.split('\n').slice(0, -1);
      if (lines.length >= REQUESTS.length || Date.now() > deadline)
        return lines.map((line) => Buffer.from(line, 'latin1'));
      await delay(20);
    }
  }

  it('answers as the requests expect', () =>
    assert.deepEqual(
      statuses,
      REQUESTS.map(({ status }) => status),
    ));

  for (const [number, words] of FORMATS.entries()) {
    it(`writes what is read in ${words.join(' + ')}`, async () => {
      const [format, reference] = [compiled(words), compiled(BUILTIN_FORMATS.badgateway_json)];
      const lines = await linesOf(number);
      const others = await linesOf(Object.keys(BUILTIN_FORMATS).indexOf('badgateway_json'));
      assert.equal(lines.length, REQUESTS.length);
      lines.forEach((line, i) => {
        const all = readBack(reference, others[i]);
        assert.partialDeepStrictEqual(
          readBack(format, line),
          expected(format, REQUESTS[i], all),
          line.toString('latin1'),
        );
      });
    });
  }
});

function compiled(words: readonly string[]): AccessFormat {
  const format = compileAccessFormat(words);
  if (isProblem(format)) assert.fail(format.reason);
  return format;
}

/** What the client knows, and what another format of the same request says. */
function expected({ fields }: AccessFormat, request: RawRequest, all: ReadBack): Partial<ReadBack> {
  const has = (name: Field) => fields.has(name);
  return {
    fits: 'fits',
    status: request.status,
    ...(has('request_time') && { requestTime: all.requestTime }),
    ...(has('bytes_sent') && { bytesSent: all.bytesSent }),
    ...(has('request_length') && { requestLength: all.requestLength }),
    ...(has('connection') && { connection: all.connection }),
    ...(has('http_upgrade') && { wantsUpgrade: request.wantsUpgrade === true }),
    ...((has('request') || has('request_method')) && { method: METHODS.indexOf(request.method ?? 'GET') }),
    ...(has('host') && { host: all.host }),
    ...(has('msec') && { timeMs: all.timeMs }),
    ...((has('time_local') || has('time_iso8601')) && { timeMs: Math.floor(all.timeMs! / 1000) * 1000 }),
    ...(LIST_FIELDS.some(has) && { attempts: expectedAttempts(has, request, all) }),
  };
}

function expectedAttempts(has: (name: Field) => boolean, request: RawRequest, all: ReadBack): ReadBack['attempts'] {
  assert.equal(all.attempts.length, request.attempts.length);
  return request.attempts.map((status, i) => ({
    address: has('upstream_addr') ? all.attempts[i].address : '',
    status: has('upstream_status') ? status : -1,
    connect: has('upstream_connect_time') ? all.attempts[i].connect : -1,
    header: has('upstream_header_time') ? all.attempts[i].header : -1,
    response: has('upstream_response_time') ? all.attempts[i].response : -1,
    redirected: request.redirected?.[i] ?? false,
  }));
}
