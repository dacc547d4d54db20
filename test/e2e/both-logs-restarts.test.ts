import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Badgateway, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type Asking, keepAsking } from '../support/keep-asking.ts';
import { startNginx } from '../support/nginx.ts';
import { FORMAT } from '../support/nginx-logged.ts';
import { skipWithout } from '../support/programs.ts';

const ROUNDS = 4;
const TOGETHER = 2;
/** Nobody listens there, and it is no local port of an attempt, which would be connected with itself. */
const REFUSES = '127.0.0.1:1';

describe('both logs of a real nginx while the program ends and begins again [ci]', {
  skip: skipWithout('nginx'),
}, () => {
  for (const how of ['SIGTERM', 'SIGKILL', 'SIGHUP'] as const)
    it(`each attempt that fails is one failure (${how})`, { timeout: 120_000 }, async (t) => {
      const port = await freePort();
      const http = `log_format full ${FORMAT}; server { listen 127.0.0.1:${port}; access_log $DIR/access.log full; location / { proxy_pass http://${REFUSES}; } }`;
      const nginx = await startNginx({ http, name: 'edge-restarted', listen: port });
      const program = await Badgateway.create();
      let asking: Asking | undefined;
      t.after(async () => {
        await asking?.end();
        await program.dispose();
        await nginx.stop();
      });
      const files = (path: string, more = {}) => ({
        files: [{ path, gateway: 'edge', ...more }],
        start_at: 'beginning',
      });
      const collectors = {
        nginx_error_log: files(nginx.errorLog),
        nginx_access_log: files(join(nginx.directory, 'access.log'), { format: 'badgateway' }),
        envoy: { enabled: false },
      };
      await program.serve({ collectors });
      asking = keepAsking(port, TOGETHER);
      for (let round = 0; round < ROUNDS; round++) {
        await delay(500 + 330 * round);
        if (how === 'SIGHUP') {
          program.configure({ collectors: { ...collectors, netstat: { enabled: round % 2 === 0 } } });
          program.signal('SIGHUP');
          continue;
        }
        await program.end(how);
        await program.serve({ collectors });
      }
      await asking.end();
      const failed = nginx.lines().filter((line) => line.includes('connect() failed')).length;
      assert.ok(failed > 200, `${failed}`);
      await program.until(async () => {
        const samples = await program.scrape();
        const isRead = sum(samples, 'badgateway_requests_total') >= failed;
        return isRead && samples.get('badgateway_verdicts_pending') === 0;
      }, `${failed} requests are counted and judged`);
      const samples = await program.scrape();
      assert.equal(sum(samples, 'badgateway_failures_total'), failed);
      assert.equal(sum(samples, 'badgateway_symptoms_total', 'symptom="connect_refused"'), failed);
    });
});
