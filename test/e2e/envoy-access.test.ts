import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { EnvoyAccessLine } from '../../src/parse/envoy-access/access-line.ts';
import { AccessVerdict } from '../../src/parse/envoy-access/access-verdict.ts';
import {
  compileEnvoyFormat,
  type EnvoyFormat,
  type EnvoyLineReader,
} from '../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { readReplyBody } from '../../src/parse/envoy-access/reply-text.ts';
import { ENVOY_RESULTS } from '../../src/parse/envoy-access/text-reader.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { openBlackhole } from '../support/envoy-blackhole.ts';
import { freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';

const FILE_LOG = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/** Nested, typed, several operators in one value, times of all sorts. */
const TYPED = {
  at: '%START_TIME(%s.%3f)%',
  request: '%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%',
  agent: '%REQ(USER-AGENT)%',
  http: { response: { status_code: '%RESPONSE_CODE%' } },
  long: '%RESPONSE_FLAGS_LONG%',
  details: '%RESPONSE_CODE_DETAILS%',
  took: '%DURATION%',
  bytes: ['%BYTES_SENT%'],
  upstream: {
    host: '%UPSTREAM_HOST%',
    cluster: '%UPSTREAM_CLUSTER%',
    reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
    attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
    took: '%RESPONSE_DURATION%',
  },
  stream: '%STREAM_ID%',
};
const FORMATS: Readonly<Record<string, EnvoyFormat>> = {
  envoy: ENVOY_FORMATS.envoy,
  istio: ENVOY_FORMATS.istio,
  'old-gateway': ENVOY_FORMATS['envoy-gateway-text'],
  gateway: ENVOY_FORMATS['envoy-gateway'],
  typed: { json: TYPED },
};

interface Ask {
  readonly path: string;
  readonly headers?: string;
  /** Gone before an answer. */
  readonly abort?: boolean;
}

interface Story extends Ask {
  readonly code: number;
  /** `!`: a failure; with errno. Null: nothing to say. */
  readonly verdict: string | null;
  /** With Envoy's default format, which says less. */
  readonly bare?: string;
  /** Name of the port of the upstream; null: none was asked. */
  readonly host: string | null;
  readonly cluster: string | null;
  /** What the body says, when it is Envoy's. */
  readonly body?: string;
}

describe('access lines of a real Envoy [ci]', { skip: skipWithoutEnvoy() }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-access-'));
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  const readers = Object.entries(FORMATS).map(([name, format]) => [name, compileEnvoyFormat(format)] as const);
  const line = new EnvoyAccessLine();
  const verdict = new AccessVerdict();
  let running: RunningEnvoy;
  let blackhole: Awaited<ReturnType<typeof openBlackhole>>;

  const onSocket = (react: (socket: Socket) => void) =>
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => react(socket));
    });
  const answer = (head: string, body = '') =>
    onSocket((socket) => socket.end(`HTTP/1.1 ${head}\r\nconnection: close\r\n\r\n${body}`));
  const pathOf = (name: string) => join(directory, `${name}.log`);

  before(async () => {
    const upstreams: Record<string, Server> = {
      ok: answer('200 OK\r\ncontent-length: 2', 'ok'),
      app: answer('503 No\r\ncontent-length: 0\r\nx-envoy-upstream-service-time: 1 "x'),
      close: onSocket((socket) => socket.destroy()),
      cut: onSocket((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhello');
        setTimeout(() => socket.destroy(), 20);
      }),
      garbage: onSocket((socket) => socket.write('GARBAGE NOT HTTP\r\n\r\n')),
      silent: onSocket(() => {}),
    };
    const names = ['admin', 'listen', 'closed', ...Object.keys(upstreams)];
    const free = await freePorts(names.length);
    for (const [index, name] of names.entries()) ports[name] = free[index];
    for (const [name, server] of Object.entries(upstreams)) servers.push(server.listen(ports[name], '127.0.0.1'));
    blackhole = await openBlackhole();
    ports.blackhole = blackhole.port;
    const on = (name: string) => [{ port: ports[name] }];
    const plain = ['ok', 'app', 'close', 'cut', 'garbage', 'silent', 'blackhole'];
    for (const [name] of readers) writeFileSync(pathOf(name), '');
    running = await startEnvoy(
      {
        listenPort: ports.listen,
        admin: { port: ports.admin },
        clusters: [
          ...plain.map((name) => ({ name, hosts: on(name) })),
          { name: 'outbound|80||refused.ns.svc.cluster.local', hosts: on('closed') },
          { name: 'empty', hosts: [] },
          {
            name: 'full',
            hosts: on('silent'),
            extra: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
          },
          {
            name: 'tls',
            hosts: on('garbage'),
            extra: { transport_socket: { name: 'tls', typed_config: { '@type': TLS } } },
          },
        ],
        routes: [
          ...[...plain, 'empty', 'full', 'tls'].map((name) => ({ prefix: `/${name}`, route: { cluster: name } })),
          {
            prefix: '/refused',
            route: {
              cluster: 'outbound|80||refused.ns.svc.cluster.local',
              retry_policy: { retry_on: 'connect-failure', num_retries: 1 },
            },
          },
          { prefix: '/slow', route: { cluster: 'silent', timeout: '0.1s' } },
          { prefix: '/unknown', route: { cluster_header: 'x-cluster' } },
        ],
        accessLogs: readers.map(([name]) => {
          const format = FORMATS[name];
          const log_format =
            'json' in format ? { json_format: format.json } : { text_format_source: { inline_string: format.text } };
          return { name, typed_config: { '@type': FILE_LOG, path: pathOf(name), log_format } };
        }),
      },
      ['--use-dynamic-base-id', '--file-flush-interval-msec', '20'],
    );
  });

  after(async () => {
    await running?.stop();
    await blackhole?.close();
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** One request on a connection of its own; the whole answer. */
  function ask({ path, headers = '', abort = false }: Ask): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect(ports.listen, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n${headers}\r\n`, 'latin1'));
    if (abort) setTimeout(() => socket.destroy(), 100);
    return promise;
  }

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

  const refused = 'outbound|80||refused.ns.svc.cluster.local';
  const STORIES: Readonly<Record<string, Story>> = {
    success: { path: '/ok', code: 200, verdict: null, host: 'ok', cluster: 'ok' },
    refused: {
      path: '/refused',
      code: 503,
      verdict: '!connect_refused(111)',
      bare: '!other',
      host: 'closed',
      cluster: refused,
      body: 'connect_refused',
    },
    'connect timeout': {
      path: '/blackhole',
      code: 503,
      verdict: '!connect_timeout',
      bare: '!other',
      host: 'blackhole',
      cluster: 'blackhole',
      body: 'connect_timeout',
    },
    'response timeout': {
      path: '/slow',
      code: 504,
      verdict: '!response_timeout',
      host: 'silent',
      cluster: 'silent',
      body: 'response_timeout',
    },
    'no route': { path: '/nothing-here', code: 404, verdict: 'route_not_found', host: null, cluster: null },
    'no cluster': {
      path: '/unknown',
      headers: 'x-cluster: nobody\r\n',
      code: 503,
      verdict: '!no_cluster',
      host: null,
      cluster: null,
    },
    'no endpoints': {
      path: '/empty',
      code: 503,
      verdict: '!no_healthy_upstream',
      host: null,
      cluster: 'empty',
      body: 'no_healthy_upstream',
    },
    overflow: { path: '/full', code: 503, verdict: '!circuit_open', host: null, cluster: 'full', body: 'circuit_open' },
    '503 by the application': { path: '/app', code: 503, verdict: '!upstream_5xx', host: 'app', cluster: 'app' },
    'client abort': {
      path: '/silent',
      abort: true,
      code: 0,
      verdict: 'client_abort',
      host: 'silent',
      cluster: 'silent',
    },
    'closed before an answer': {
      path: '/close',
      code: 503,
      verdict: '!premature_close',
      host: 'close',
      cluster: 'close',
      body: 'premature_close',
    },
    'closed in the body': { path: '/cut', code: 200, verdict: '!truncated_response', host: 'cut', cluster: 'cut' },
    'no HTTP': {
      path: '/garbage',
      code: 502,
      verdict: '!protocol_error',
      host: 'garbage',
      cluster: 'garbage',
      body: 'protocol_error',
    },
    'no TLS': {
      path: '/tls',
      code: 503,
      verdict: '!tls_handshake',
      bare: '!other',
      host: 'garbage',
      cluster: 'tls',
      body: 'tls_handshake',
    },
  };

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
