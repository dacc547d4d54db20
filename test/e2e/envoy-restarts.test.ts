import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { Badgateway, sum } from '../support/badgateway.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { fileLog, freePorts, startEnvoy } from '../support/envoy-rig.ts';
import { type Asking, keepAsking } from '../support/keep-asking.ts';

const ROUNDS = 3;
const TOGETHER = 2;
/** Nobody listens there. */
const REFUSES = 1;
const JSON_FORMAT = ENVOY_FORMATS['istio-json'].json;

describe('log and statistics of a real Envoy while the program ends and begins again [ci]', {
  skip: skipWithoutEnvoy(),
  concurrency: 2,
}, () => {
  for (const how of ['SIGTERM', 'SIGKILL', 'SIGHUP'] as const)
    for (const kind of ['full', 'bare'] as const)
      it(`each request that fails is one failure (${how}, ${kind} log)`, { timeout: 120_000 }, async (t) => {
        const directory = mkdtempSync(join(tmpdir(), 'envoy-restarts-'));
        const log = join(directory, 'access.log');
        writeFileSync(log, '');
        const [listen, admin] = await freePorts(2);
        const format = kind === 'full' ? { json: JSON_FORMAT } : undefined;
        const envoy = await startEnvoy(
          {
            listenPort: listen,
            admin: { port: admin },
            clusters: [{ name: 'cart', hosts: [{ port: REFUSES }] }],
            routes: [{ prefix: '/', route: { cluster: 'cart' } }],
            accessLogs: [fileLog(log, format)],
          },
          ['--use-dynamic-base-id', '--file-flush-interval-msec', '500'],
        );
        const program = await Badgateway.create();
        let asking: Asking | undefined;
        t.after(async () => {
          await asking?.end();
          await program.dispose();
          await envoy.stop();
          rmSync(directory, { recursive: true, force: true });
        });
        const off = { enabled: false };
        const configOf = (round: number) => ({
          collectors: {
            ...{ nginx_error_log: off, nginx_access_log: off, nginx_config: off, kubernetes: off },
            netstat: { enabled: round % 2 === 0 },
            envoy: {
              ...{ interval: '1s', discover: false },
              targets: [{ url: `http://127.0.0.1:${admin}`, gateway: 'edge' }],
            },
            envoy_access_log: { files: [{ path: log, gateway: 'edge', ...(format ? { format } : {}) }] },
          },
        });
        const isUp = async () => sum(await program.scrape(), 'badgateway_envoy_up') === 1;
        await program.serve(configOf(0));
        await program.until(isUp, 'Envoy is read');
        asking = keepAsking(listen, TOGETHER);
        for (let round = 1; round <= ROUNDS; round++) {
          await delay(1_500 + 330 * round);
          if (how === 'SIGHUP') {
            program.configure(configOf(round));
            program.signal(how);
          } else {
            await program.end(how);
            await program.serve(configOf(0));
          }
          await program.until(isUp, 'Envoy is read');
        }
        await asking.end();
        // What it writes comes half a second later.
        await delay(1_500);
        const failed = readFileSync(log, 'utf8').split('\n').length - 1;
        assert.ok(failed > 200, `${failed}`);
        // The statistics of the last ones are read, too.
        await delay(2_500);
        await program.until(async () => {
          const samples = await program.scrape();
          const isRead = sum(samples, 'badgateway_requests_total') >= failed;
          return isRead && samples.get('badgateway_verdicts_pending') === 0;
        }, `${failed} requests are counted and judged`);
        const samples = await program.scrape();
        assert.equal(sum(samples, 'badgateway_failures_total'), failed);
        assert.equal(samples.get('badgateway_verdicts_pending'), 0);
      });
});
