import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { EnvoyAccessLine } from '../../src/parse/envoy-access/access-line.ts';
import { AccessVerdict } from '../../src/parse/envoy-access/access-verdict.ts';
import { compileEnvoyFormat, type EnvoyLineReader } from '../../src/parse/envoy-access/envoy-format.ts';
import { readReplyBody } from '../../src/parse/envoy-access/reply-text.ts';
import { ENVOY_RESULTS } from '../../src/parse/envoy-access/text-reader.ts';
import { type Ask, FORMATS, LOGGED_ROUTES, loggedClusters, STORIES } from '../support/envoy-access-stories.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { fileLog, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import { exchange } from '../support/raw-exchange.ts';
import { openBlackhole, openRefusing, openUpstream, Upstreams } from '../support/upstreams.ts';

/** Of a backend that answers with a service time of its own. */
const APP = 'HTTP/1.1 503 No\r\ncontent-length: 0\r\nx-envoy-upstream-service-time: 1 "x\r\nconnection: close\r\n\r\n';

describe('access lines of a real Envoy [ci]', { skip: skipWithoutEnvoy() }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-access-'));
  const upstreams = new Upstreams();
  const { ports } = upstreams;
  const readers = Object.entries(FORMATS).map(([name, format]) => [name, compileEnvoyFormat(format)] as const);
  const line = new EnvoyAccessLine();
  const verdict = new AccessVerdict();
  let running: RunningEnvoy;

  const pathOf = (name: string) => join(directory, `${name}.log`);

  before(async () => {
    await upstreams.open({
      closed: openRefusing(),
      blackhole: openBlackhole(),
      ok: openUpstream('ok'),
      app: openUpstream((socket) => socket.end(APP)),
      close: openUpstream('close'),
      cut: openUpstream((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhello');
        setTimeout(() => socket.destroy(), 20);
      }),
      garbage: openUpstream('noHttp'),
      silent: openUpstream('silent'),
    });
    [ports.admin, ports.listen] = await freePorts(2);
    for (const [name] of readers) writeFileSync(pathOf(name), '');
    running = await startEnvoy(
      {
        listenPort: ports.listen,
        admin: { port: ports.admin },
        clusters: loggedClusters(ports),
        routes: LOGGED_ROUTES,
        accessLogs: readers.map(([name]) => fileLog(pathOf(name), FORMATS[name])),
      },
      ['--use-dynamic-base-id', '--file-flush-interval-msec', '20'],
    );
  });

  after(async () => {
    await running?.stop();
    await upstreams.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The whole answer. */
  const ask = ({ path, headers = '', abort = false }: Ask) =>
    exchange(
      ports.listen,
      `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n${headers}\r\n`,
      abort ? 100 : undefined,
    );

  /** The lines that the request added, by format. */
  async function linesOf(wanted: Ask): Promise<{ readonly lines: Buffer[]; readonly body: string }> {
    const sizes = readers.map(([name]) => readFileSync(pathOf(name)).length);
    const body = (await ask(wanted)).split('\r\n\r\n').slice(1).join('');
    const deadline = Date.now() + 20_000;
    for (;;) {
      const added = readers.map(([name], index) => readFileSync(pathOf(name)).subarray(sizes[index]));
      if (added.every((text) => text.includes('\n'))) return { lines: added, body };
      assert.ok(Date.now() < deadline, 'Envoy wrote no line');
      await delay(20);
    }
  }

  function read(reader: EnvoyLineReader, text: Buffer): string | null {
    assert.equal(text.indexOf('\n'), text.length - 1, 'one line');
    assert.equal(ENVOY_RESULTS[reader.read(text, 0, text.length - 1, line)], 'read', text.toString());
    verdict.judge(line);
    if (verdict.symptom < 0) return null;
    const errno = verdict.errno > 0 ? `(${verdict.errno})` : '';
    return `${verdict.failure ? '!' : ''}${SYMPTOMS[verdict.symptom]}${errno}`;
  }

  for (const [name, story] of Object.entries(STORIES))
    it(name, async () => {
      const since = Date.now();
      const { lines, body } = await linesOf(story);
      for (const [index, [format, reader]] of readers.entries()) {
        const expected = format === 'envoy' && story.bare !== undefined ? story.bare : story.verdict;
        assert.equal(read(reader, lines[index]), expected, `${format}: ${lines[index]}`);
        assert.equal(line.code, story.code, format);
        assert.equal(line.text('upstream_host'), story.host === null ? null : `127.0.0.1:${ports[story.host]}`, format);
        if (reader.fields.has('upstream_cluster')) assert.equal(line.text('upstream_cluster'), story.cluster, format);
        assert.equal(line.text('method'), 'GET', format);
        assert.equal(line.text('protocol'), 'HTTP/1.1', format);
        assert.ok(line.startMs >= since - 2000 && line.startMs <= Date.now() + 2000, format);
        assert.ok(line.number('duration') <= Date.now() - since + 100, format);
      }
      assert.equal(
        line.number('attempts'),
        name === 'refused' ? 2 : story.host === null && story.cluster === null ? 0 : 1,
      );
      assert.equal(story.abort ? undefined : readReplyBody(body)?.symptom, story.body);
    });

  it('what clients write moves nothing', async () => {
    const forged = '/ HTTP/1.1" 503 UF x - "-" 0 0 0 - "';
    const everywhere = `user-agent: a"b\\c\td" "10.6.6.6:1" 503 \xff\xc3\xa9 {"code":503}\r\nx-request-id: x" 503 "\r\n`;
    for (const headers of [everywhere, `${everywhere}x-envoy-original-path: ${forged}\r\n`]) {
      const { lines } = await linesOf({ path: '/ok"x"|\\<>{}', headers });
      for (const [index, [format, reader]] of readers.entries()) {
        const text = lines[index];
        const result = ENVOY_RESULTS[reader.read(text, 0, text.length - 1, line)];
        // Envoy escapes nothing in a text: what looks like a line in a line cannot be told from it.
        const isForged = headers.includes(forged) && format === 'istio';
        assert.equal(result, isForged ? 'ambiguous' : 'read', `${format}: ${text.toString('latin1')}`);
        assert.equal(line.code, isForged ? Number.NaN : 200, format);
        assert.equal(line.text('upstream_host'), isForged ? null : `127.0.0.1:${ports.ok}`, format);
      }
    }
  });

  it('a backend’s own service time moves nothing', async () => {
    const { lines } = await linesOf({ path: '/app' });
    for (const [index, [format, reader]] of readers.entries()) {
      assert.equal(read(reader, lines[index]), '!upstream_5xx', format);
      if (reader.fields.has('upstream_service_time')) assert.ok(line.number('upstream_service_time') >= 0);
    }
  });
});
