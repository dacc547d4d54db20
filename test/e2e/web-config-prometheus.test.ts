import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import type { Servers } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { createAuthority } from '../support/certs.ts';
import { freePort } from '../support/freeport.ts';
import { createDoubles } from '../support/http-doubles.ts';
import { skipWithout } from '../support/programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-prometheus-'));
const file = (name: string): string => join(directory, name);
const doubles = createDoubles();
let servers: Servers;
let prometheus: ChildProcess;
let api: string;

function job(name: string, password: string, certificate: string | null): string {
  const shown =
    certificate === null ? '' : `, cert_file: ${file(`${certificate}.pem`)}, key_file: ${file(`${certificate}.key`)}`;
  return `  - job_name: ${name}
    scheme: https
    basic_auth: {username: prometheus, password: ${password}}
    tls_config: {ca_file: ${file('ca.pem')}${shown}}
    static_configs: [{targets: ["${servers.addresses().metrics}"]}]
`;
}

/** `up` by job once every job has been scraped, and one well: on a busy machine the first scrape may take too long. */
async function readUp(jobs: number): Promise<Record<string, string>> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    try {
      const answer = (await (await fetch(`${api}/api/v1/query?query=up`)).json()) as {
        data: { result: { metric: { job: string }; value: [number, string] }[] };
      };
      const { result } = answer.data;
      if (result.length === jobs && (result.some(({ value }) => value[1] === '1') || Date.now() > deadline - 1000))
        return Object.fromEntries(result.map(({ metric, value }) => [metric.job, value[1]]));
    } catch {
      // not started yet
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('Prometheus has not scraped every job within 30 s');
}

describe('a real Prometheus scrapes over TLS with client certificate and password [ci]', {
  skip: skipWithout('prometheus', 'promtool', 'openssl'),
}, () => {
  before(async () => {
    const authority = createAuthority(directory);
    authority.issue('server', 'IP:127.0.0.1');
    authority.issue('client', 'DNS:prometheus');
    authority.issue('late', 'DNS:prometheus', { expired: true });
    writeFileSync(
      file('web.yml'),
      `tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\nbasic_auth_users:\n  prometheus: ${bcrypt.hashSync('s3cret', 10)}\n`,
    );
    execFileSync('promtool', ['check', 'web-config', file('web.yml')]);
    doubles.metricsSource.body = Buffer.from('# TYPE badgateway_test gauge\nbadgateway_test 42\n# EOF\n');
    servers = createServers({
      ...doubles,
      listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' },
      webConfig: file('web.yml'),
    });
    await servers.start();
    const jobs =
      job('right', 's3cret', 'client') +
      job('wrong_password', 'nope', 'client') +
      job('no_certificate', 's3cret', null) +
      job('expired', 's3cret', 'late');
    writeFileSync(
      file('prometheus.yml'),
      `global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n${jobs}`,
    );
    execFileSync('promtool', ['check', 'config', file('prometheus.yml')]);
    const port = await freePort();
    api = `http://127.0.0.1:${port}`;
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${file('prometheus.yml')}`,
        `--storage.tsdb.path=${file('data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
  });
  after(async () => {
    if (prometheus !== undefined && prometheus.exitCode === null) {
      prometheus.kill();
      await once(prometheus, 'exit');
    }
    await servers?.stop();
    rmSync(directory, { recursive: true });
  });

  it('only the job with certificate and password is up', async () => {
    assert.deepEqual(await readUp(4), { right: '1', wrong_password: '0', no_certificate: '0', expired: '0' });
  });

  it('has read OpenMetrics and knows the scraper', async () => {
    const answer = await (await fetch(`${api}/api/v1/query?query=badgateway_test`)).text();
    assert.match(answer, /"42"/);
    assert.match(doubles.metricsSource.scrapers[0], /^127\.0\.0\.1 Prometheus\//);
  });

  it('each refusal is counted under its reason', () => {
    const count = (reason: string): number => doubles.value('badgateway_http_auth_failures_total', { reason }) ?? 0;
    assert.ok(count('wrong_password') >= 1, 'wrong_password');
    assert.ok(count('client_certificate') >= 2, 'client_certificate');
    assert.equal(count('missing') + count('unknown_user') + count('busy'), 0);
  });
});
