import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { type PrometheusAccess, PrometheusClient } from '../../src/capacity/prometheus.ts';
import { freePort } from '../support/freeport.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-prometheus-client-'));
after(() => rmSync(directory, { recursive: true }));

describe('PrometheusClient', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server!.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const answer =
    (status: number, body: string, headers = {}): RequestListener =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);
  const ask = (access: PrometheusAccess) => new PrometheusClient(access).instant('up', 1);

  it('reads values, without those that are none, and counts them', async () => {
    const values = [
      [1, '5'],
      [2, 'NaN'],
      [3, '+Inf'],
      [4, '7'],
    ];
    const prometheus = await serve(
      answer(200, JSON.stringify({ status: 'success', data: { result: [{ metric: { gateway: 'a' }, values }] } })),
    );
    const client = new PrometheusClient({ prometheus });
    const [series] = await client.range('x', { startSeconds: 1, endSeconds: 4, stepSeconds: 1 });
    assert.deepEqual(
      [...series.points],
      [
        [1, 5],
        [4, 7],
      ],
    );
    assert.deepEqual([series.labels, client.points, client.queries], [{ gateway: 'a' }, 2, 1]);
  });

  it('keeps the path in front of /api/v1, and sends the query as it is', async () => {
    const asked: string[] = [];
    const prometheus = await serve((request, response) => {
      asked.push(request.url!);
      response.end(JSON.stringify({ status: 'success', data: { result: [] } }));
    });
    await new PrometheusClient({ prometheus: `${prometheus}/prom/` }).instant('max by (a) (x{b="c d&e"})', 7);
    const url = new URL(asked[0], prometheus);
    assert.equal(url.pathname, '/prom/api/v1/query');
    assert.deepEqual([url.searchParams.get('query'), url.searchParams.get('time')], ['max by (a) (x{b="c d&e"})', '7']);
  });

  it('sends a password or a token, from files only', async () => {
    const seen: (string | undefined)[] = [];
    const prometheus = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end(JSON.stringify({ status: 'success', data: { result: [] } }));
    });
    const [passwordFile, bearerFile] = [join(directory, 'password'), join(directory, 'token')];
    writeFileSync(passwordFile, 'geheim\n');
    writeFileSync(bearerFile, 'abc.def\n');
    await ask({ prometheus, user: 'ops', passwordFile });
    await ask({ prometheus, bearerFile });
    assert.deepEqual(seen, [`Basic ${Buffer.from('ops:geheim').toString('base64')}`, 'Bearer abc.def']);
  });

  const refusals: readonly (readonly [what: string, listener: RequestListener, words: RegExp])[] = [
    ['no Prometheus', answer(200, '<html>nginx</html>'), /this is not the answer of a Prometheus: <html>nginx/],
    ['another JSON', answer(200, '{"status":"ok"}'), /this is not the answer of a Prometheus/],
    ['a wrong path', answer(404, 'not found'), /it has no \/api\/v1\/query_range \(404\): is it a Prometheus/],
    [
      'no credentials',
      answer(401, ''),
      /asks for credentials \(401\): give --user and --password-file, or --bearer-file/,
    ],
    ['a login page', answer(302, '', { location: '/login' }), /it sends us elsewhere \(302\)/],
    [
      'an error of the query',
      answer(400, '{"status":"error","error":"parse error"}'),
      /it refused the query \(400\): parse error/,
    ],
    [
      'too much',
      answer(422, '{"status":"error","error":"query processing would load too many samples into memory"}'),
      /too much for it \(422.*--match, or a shorter --window/,
    ],
    ['a broken proxy', answer(502, 'bad gateway'), /cannot answer now \(502\): bad gateway/],
    ['text that would move the cursor', answer(500, '\u001b[2J'), /\\u001b\[2J/],
  ];
  for (const [what, listener, words] of refusals)
    it(`names the place and the way out: ${what}`, async () => {
      const prometheus = await serve(listener);
      await assert.rejects(ask({ prometheus }), (error: Error) => {
        assert.ok(error.message.startsWith(`${prometheus}: `), error.message);
        assert.match(error.message, words);
        return true;
      });
    });

  it('says that nobody listens', async () => {
    const prometheus = `http://127.0.0.1:${await freePort()}`;
    await assert.rejects(ask({ prometheus }), /nobody listens there: is Prometheus at port \d+ \(usually 9090\)/);
  });

  it('says so when it is refused in spite of credentials', async () => {
    const prometheus = await serve(answer(403, ''));
    const bearerFile = join(directory, 'old-token');
    writeFileSync(bearerFile, 'old');
    await assert.rejects(ask({ prometheus, bearerFile }), /does not take these credentials \(403\)/);
  });

  it('refuses addresses and files that cannot be meant', () => {
    const wrong = (access: PrometheusAccess, words: RegExp) => assert.throws(() => new PrometheusClient(access), words);
    wrong({ prometheus: 'prometheus:9090' }, /--prometheus "prometheus:9090": write its address/);
    wrong({ prometheus: 'http://ops:secret@prometheus' }, /others can read a password/);
    wrong({ prometheus: 'http://p/api/v1/query' }, /leave out \/api\/v1\/query/);
    wrong({ prometheus: 'http://p', user: 'ops' }, /given together/);
    wrong({ prometheus: 'http://p', user: 'ops', bearerFile: 'x' }, /not both/);
    wrong(
      { prometheus: 'http://p', caFile: join(directory, 'none') },
      /--ca-file ".*none": cannot be read \(ENOENT: there is no such file\)/,
    );
  });
});
