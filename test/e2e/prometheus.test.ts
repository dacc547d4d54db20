import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Badgateway, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { findProgram, skipWithout } from '../support/programs.ts';
import { type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { openRefusing, openUpstream, type Upstream } from '../support/upstreams.ts';

const STAGED = { refused: 7, silent: 3, close: 5 } as const;
const FAILURES = 'badgateway_failures_total';
const SYMPTOMS = 'badgateway_symptoms_total';

/** Real nginx → the real program ← a real Prometheus that scrapes it every second. */
describe('real Prometheus [ci]', { skip: skipWithout('nginx', 'prometheus', 'promtool') }, () => {
  const upstreams: Upstream[] = [];
  let listen: number;
  let nginx: RunningNginx;
  let watcher: Badgateway;
  let prometheus: RunningPrometheus;

  before(async () => {
    upstreams.push(await openRefusing(), await openUpstream('silent'), await openUpstream('close'));
    const [refused, silent, close] = upstreams.map(({ port }) => port);
    listen = await freePort();
    nginx = await startNginx({
      listen,
      http: `server { listen 127.0.0.1:${listen}; proxy_read_timeout 200ms; location = /nginx-is-up { return 204; }
        location /refused { proxy_pass http://127.0.0.1:${refused}; }
        location /silent { proxy_pass http://127.0.0.1:${silent}; }
        location /close { proxy_pass http://127.0.0.1:${close}; } }`,
    });
    watcher = await Badgateway.create();
    const files = [{ path: nginx.errorLog, gateway: 'edge' }];
    await watcher.serve({ collectors: { nginx_error_log: { files } } });
    prometheus = await startPrometheus({
      global: { scrape_interval: '1s', scrape_timeout: '900ms' },
      scrape_configs: [
        {
          job_name: 'badgateway',
          honor_labels: true,
          static_configs: [{ targets: [`127.0.0.1:${watcher.ports.metrics}`] }],
        },
      ],
    });
    await prometheus.waitUntilUp();
  });

  after(async () => {
    await prometheus?.stop();
    await watcher?.dispose();
    await nginx?.stop();
    for (const upstream of upstreams) await upstream.close();
  });

  // Nobody else scrapes before this has ended: a second reader would hold new series at 0 until it comes back.
  it('stores each counter so that last minus first raw sample is what was staged', async () => {
    assert.equal((await prometheus.query('up == 1')).length, 1);
    for (const [fault, count] of Object.entries(STAGED)) await askRawTimes(count, listen, { target: `/${fault}` });
    const expected = STAGED.refused + STAGED.silent + STAGED.close;
    const stored = async (family: string) => {
      const [series] = await prometheus.query(`sum(${family}{gateway="edge"})`);
      return Number(series?.value?.[1]) === expected;
    };
    // Verdicts wait for the first look at sockets.
    const areStored = async () => (await stored(SYMPTOMS)) && (await stored(FAILURES));
    await watcher.until(areStored, 'Prometheus has scraped all failures');
    assert.equal(nginx.lines().length, expected);
    assert.deepEqual(await rises(FAILURES, 'cause'), {
      not_listening: STAGED.refused,
      response_timeout: STAGED.silent,
      premature_close: STAGED.close,
    });
    assert.deepEqual(await rises(SYMPTOMS, 'symptom'), {
      connect_refused: STAGED.refused,
      response_timeout: STAGED.silent,
      premature_close: STAGED.close,
    });
  });

  it('has a 0 before the first failure of a label set that did not exist, so that increase() sees it', async () => {
    const born = await prometheus.query(`${SYMPTOMS}{gateway="edge"}[5m]`);
    assert.equal(born.length, 3);
    for (const { metric, values } of born) {
      assert.equal(values?.[0]?.[1], '0', `${metric.symptom} starts at 0`);
      const [increase] = await prometheus.query(`increase(${SYMPTOMS}{symptom="${metric.symptom}"}[5m])`);
      assert.ok(Number(increase.value?.[1]) > 0, metric.symptom);
    }
  });

  it('agrees with the log: every line once', async () => {
    const samples = await watcher.scrape();
    assert.equal(sum(samples, 'badgateway_log_lines_total', 'result="failure"'), nginx.lines().length);
  });

  it('takes the configuration and both text formats without a complaint', async () => {
    const check = (args: readonly string[], input = '') => {
      const { status, stdout, stderr } = spawnSync(findProgram('promtool')!, args, { input, encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    const config = check(['check', 'config', prometheus.configFile]);
    assert.equal(config.status, 0, config.text);
    const { body } = await watcher.get('/metrics', { accept: 'text/plain' });
    assert.deepEqual(check(['check', 'metrics'], body), { status: 0, text: '' });
    const open = await watcher.get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' });
    assert.match(open.body, /# EOF\n$/);
  });

  /** Last minus first raw sample of every series that rose. */
  async function rises(family: string, label: string): Promise<Record<string, number>> {
    const result: Record<string, number> = {};
    for (const { metric, values = [] } of await prometheus.query(`${family}{gateway="edge"}[5m]`)) {
      const rise = Number(values.at(-1)?.[1]) - Number(values[0]?.[1]);
      if (rise !== 0) result[metric[label]] = rise;
    }
    return result;
  }
});
