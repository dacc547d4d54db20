import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BUILTIN_FORMATS } from '../../src/parse/access-log/builtin-formats.ts';
import { Badgateway, moved, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { skipWithout } from '../support/programs.ts';
import { openRefusing, type Upstream } from '../support/upstreams.ts';

const FORMAT = BUILTIN_FORMATS.badgateway.map((word) => `'${word}'`).join(' ');
/** The same, and what the limits did. */
const PROVING = `${FORMAT} ' $limit_req_status $limit_conn_status'`;
const EACH = 4;
/** The first request is let through. */
const LIMITED = ['/limited', '/many', '/excused'];
/** Status by path. */
const PATHS: Readonly<Record<string, number>> = {
  '/limited': 503,
  '/many': 429,
  '/busy': 503,
  '/excused': 503,
  '/auth': 500,
  '/denied': 500,
  '/closed': 503,
};

describe('real nginx, what it answers itself [ci]', { skip: skipWithout('nginx') }, () => {
  let nginx: RunningNginx;
  let refusing: Upstream;
  let listen: number;

  before(async () => {
    refusing = await openRefusing();
    [listen] = [await freePort()];
    nginx = await startNginx({ http: httpBlock(listen, await freePort(), refusing.port), listen });
    for (const [path, status] of Object.entries(PATHS)) {
      const [first, ...others] = await askRawTimes(EACH + 1, listen, { target: path });
      assert.deepEqual(others, Array(EACH).fill(status), path);
      assert.equal(first, LIMITED.includes(path) ? 200 : status);
    }
  });
  after(async () => {
    await nginx?.stop();
    await refusing?.close();
  });

  async function causes(logs: 'both' | 'access', format: 'badgateway' | 'proving') {
    const watcher = await Badgateway.create();
    const access = { path: join(nginx.directory, `${format}.log`), gateway: 'edge', format };
    try {
      await watcher.serve({
        collectors: {
          nginx_error_log: {
            enabled: logs === 'both',
            ...{ files: [{ path: nginx.errorLog, gateway: 'edge' }], start_at: 'beginning' },
          },
          nginx_access_log: {
            ...{ files: [access], start_at: 'beginning' },
            formats: { proving: `log_format proving ${PROVING};` },
          },
          envoy: { enabled: false },
        },
      });
      await watcher.until(async () => {
        const samples = await watcher.scrape();
        const isRead = sum(samples, 'badgateway_requests_total', 'code="503"') >= EACH;
        return isRead && samples.get('badgateway_verdicts_pending') === 0;
      }, 'everything is counted and judged');
      const samples = await watcher.scrape();
      const [failures, symptoms] = ['failures', 'symptoms'].map((family, at) =>
        moved(new Map(), samples, `badgateway_${family}_total`, ['cause', 'symptom'][at]),
      );
      return { failures, symptoms };
    } finally {
      await watcher.dispose();
    }
  }

  it('with both logs: refused requests are rate_limited, a subrequest that failed is one failure, the rest is not known', async () => {
    for (const format of ['badgateway', 'proving'] as const) {
      const { failures, symptoms } = await causes('both', format);
      // /excused: the page for refused requests comes from an upstream. Without proof they are matched by number, with 503s of /closed.
      // /denied: the authentication service itself answered 404; /closed: return 503; /busy: what is refused there is an answer of its upstream before.
      assert.deepEqual(failures, {
        ...{ rate_limited: 2 * EACH + EACH + 1, app_error: EACH + 1, connection_refused: EACH + 1 },
        unidentified: 2 * (EACH + 1),
      });
      // The 429s are symptoms and no failures.
      assert.deepEqual(symptoms, {
        ...{ rate_limited: 3 * EACH, connection_limited: EACH + 1, upstream_5xx: EACH + 1 },
        ...{ connect_refused: EACH + 1, subrequest_failed: 2 * (EACH + 1), other: 2 * (EACH + 1) },
      });
    }
  });

  it('with the access log alone: nobody says why nginx answered so, and no upstream is blamed', async () => {
    const { failures } = await causes('access', 'badgateway');
    assert.deepEqual(failures, { app_error: EACH + 1, unidentified: 2 * EACH + 4 * (EACH + 1) });
  });

  it('with the access log alone, in a format that says what the limits did: what was refused is proved', async () => {
    const { failures, symptoms } = await causes('access', 'proving');
    assert.deepEqual(failures, {
      ...{ rate_limited: 2 * EACH + EACH + 1, app_error: EACH + 1, unidentified: 3 * (EACH + 1) },
    });
    assert.deepEqual(symptoms, {
      ...{ rate_limited: 3 * EACH, connection_limited: EACH + 1, upstream_5xx: EACH + 1, other: 3 * (EACH + 1) },
    });
  });
});

function httpBlock(listen: number, backend: number, refusing: number): string {
  return `
  log_format full ${FORMAT};
  log_format proving ${PROVING};
  limit_req_zone $server_port zone=excused:1m rate=1r/m;
  limit_conn_zone $server_port zone=one:1m;
  limit_req_zone $server_port zone=limited:1m rate=1r/m;
  limit_req_zone $server_port zone=many:1m rate=1r/m;
  server { listen 127.0.0.1:${backend}; location / { return 200 "hello"; } location /404 { return 404; } }
  server {
    listen 127.0.0.1:${listen};
    access_log $DIR/badgateway.log full;
    access_log $DIR/proving.log proving;
    location /limited { limit_req zone=limited; proxy_pass http://127.0.0.1:${backend}; }
    location /many { limit_req zone=many; limit_req_status 429; proxy_pass http://127.0.0.1:${backend}; }
    location /excused { limit_req zone=excused; error_page 503 @page; proxy_pass http://127.0.0.1:${backend}; }
    location @page { proxy_pass http://127.0.0.1:${backend}; }
    location /busy { limit_conn one 1; proxy_pass http://127.0.0.1:${listen}/again; }
    location /again { limit_conn one 1; proxy_pass http://127.0.0.1:${backend}; }
    location /auth { auth_request /refusing; proxy_pass http://127.0.0.1:${backend}; }
    location /denied { auth_request /missing; proxy_pass http://127.0.0.1:${backend}; }
    location = /refusing { internal; proxy_pass http://127.0.0.1:${refusing}; }
    location = /missing { internal; proxy_pass http://127.0.0.1:${backend}/404; }
    location /closed { return 503; }
  }`;
}
